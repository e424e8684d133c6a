r"""Agent text is hostile: what it may look like before it reaches the screen.

Most of it goes through ``st.text``, `panel.grid`, ``st.code`` and chart labels, none of which
interpret it. Where a Streamlit label reads Markdown, `worded` leaves only words.
"""

from __future__ import annotations

import re
import unicodedata

import polars as pl

from commonmode.store import distinct

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_LONGEST = 48
_UNSEEN = r"[\p{Cc}\p{Cf}&&[^\n\t]]"


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


def readable(frame: pl.DataFrame) -> pl.DataFrame:
    r"""Return a frame whose texts are `visible`, in lists too, and whose names are.

    Examples
    --------
    >>> readable(pl.DataFrame({"a\x1b": ["x\u202ey"], "with": [["\x07"]]})).to_dicts()
    [{'a�': 'x�y', 'with': ['�']}]
    """
    lists = pl.col(pl.List(pl.String))
    shown = frame.with_columns(
        pl.col(pl.String).str.replace_all(_UNSEEN, "�"),
        lists.list.eval(pl.element().str.replace_all(_UNSEEN, "�")),
    )
    names = distinct(map(visible, frame.columns))
    return shown.rename(dict(zip(frame.columns, names, strict=True)))


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
