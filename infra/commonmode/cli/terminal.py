"""Text for a terminal: what agents wrote may be shown there, never obeyed."""

from __future__ import annotations

import re
import unicodedata

from rich.console import Console

errors = Console(stderr=True, highlight=False)
"""Where everything goes that is not data."""

_ESCAPES = re.compile(
    r"""\x1b(?:\[[0-?]*[ -/]*[@-~]             # control sequences
    | \][^\x07\x1b]*(?:\x07|\x1b\\)?         # operating system commands
    | [PX^_][^\x1b]*(?:\x1b\\)?               # strings
    | [ -/]*[0-~])                            # the rest""",
    re.VERBOSE,
)


def plain(text: str) -> str:
    r"""Return text that a terminal only prints: no control, escape or direction characters.

    Agents write the text we show; a terminal obeys what it is sent.

    Examples
    --------
    >>> plain("agent\x1b[2J\x1b]0;title\x07 one\u202e\x00")
    'agent one'
    """
    text = _ESCAPES.sub("", text)
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf"))


def escaped(content: bytes) -> str:
    r"""Return bytes as text in which whatever does not print stands as an escape.

    Examples
    --------
    >>> print(escaped("é\x1b[2J\u202e".encode() + b"\xff\x00"))
    é\x1b[2J\u202e\xff\x00
    """
    text = content.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
