r"""Agent text is hostile: what it may look like before it reaches the screen.

Most of it goes through ``st.text``, ``st.dataframe``, ``st.code`` and chart labels, none of which
interpret it. Where a Streamlit label reads Markdown, `escaped` takes its meaning away.
"""

from __future__ import annotations

import re
import unicodedata

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@&=^\"'/])")
_LONGEST = 48


def visible(text: object) -> str:
    r"""Return text in which nothing is hidden: control and direction characters become ``�``.

    Examples
    --------
    >>> visible("pay\u202efdp.exe\x00")
    'pay�fdp.exe�'
    """
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf") else "�" for c in str(text)
    )


def escaped(text: object) -> str:
    r"""Return text that Markdown shows letter by letter: no image, link, directive or formula.

    A word joiner splits addresses, because a bare one becomes a link even when escaped.

    Examples
    --------
    >>> print(escaped("![x](y) :red[a]"))
    \!\[x\]\(y\) \:red\[a\]
    """
    flat = visible(text).replace("\n", " ").replace("\t", " ")
    split = re.sub(r"(://|@|www(?=\.))", lambda m: m[1][0] + "\u2060" + m[1][1:], flat)
    return _MARKDOWN.sub(r"\\\1", split)


def short(text: object, longest: int = _LONGEST) -> str:
    """Return visible text of at most `longest` characters, cut in the middle.

    Examples
    --------
    >>> short("abcdefgh", 5)
    'ab…gh'
    """
    seen = visible(text).replace("\n", " ")
    if len(seen) <= longest:
        return seen
    head = (longest - 1 + 1) // 2
    tail = longest - 1 - head
    return f"{seen[:head]}…{seen[len(seen) - tail :]}"
