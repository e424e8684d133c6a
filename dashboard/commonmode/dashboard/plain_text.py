r"""Agent text is hostile: what it may look like before it reaches the screen.

Most of it goes through ``st.text``, ``st.dataframe``, ``st.code`` and chart labels, none of which
interpret it. Where a Streamlit label reads Markdown, `worded` leaves only words.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
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


def worded(text: object) -> str:
    """Return what a Streamlit label may hold of a foreign name: letters, digits, blanks, hyphens.

    Labels are Markdown, where even an escaped address becomes a link; so nothing is escaped here,
    it is left out.

    Examples
    --------
    >>> worded("n_eff"), worded("![x](http://a.b) :red[!]")
    ('n eff', 'x http a b red')
    """
    return " ".join(_WORD.findall(str(text)))[:_LONGEST]


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
