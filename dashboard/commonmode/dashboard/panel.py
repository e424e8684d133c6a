"""A panel: a titled box that states its range and n, or what to do when it is empty."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import polars as pl
import streamlit as st

from commonmode.dashboard.period import Period
from commonmode.dashboard.plain_text import readable, visible


@contextmanager
def panel(title: str, about: str | None = None) -> Iterator[None]:
    """Open a bordered box with a heading; `about` stands behind the question mark."""
    with st.container(border=True):
        st.subheader(title, anchor=False, help=about)
        yield


def footing(n: int, unit: str, period: Period | None = None, note: str = "") -> None:
    """State what a picture rests on: how many of what, in which span of event time.

    `unit` is written as for `counted`.
    """
    words = [f"n = {counted(n, unit)}"]
    if period is not None:
        words.append(period.words())
    if note:
        words.append(note)
    st.caption(" · ".join(words))


def counted(n: int, unit: str) -> str:
    """Return how many of what: in round brackets stands what one has not, or has otherwise.

    Examples
    --------
    >>> counted(1, "famil(y|ies)"), counted(1200, "row(s)"), counted(1, "event(s) (waits|wait)")
    ('1 family', '1,200 rows', '1 event waits')
    """
    chosen = r"\1" if n == 1 else r"\2"
    return f"{n:,} {_NUMBERED.sub(chosen, unit)}"


_NUMBERED = re.compile(r"\((?:(\w+)\|)?(\w+)\)")


def empty(sentence: str, *commands: str) -> None:
    """Say that there is nothing to show, why, and which commands change that."""
    st.caption(f":material/inbox: {sentence}")
    if commands:
        st.code("\n".join(commands), language="bash")


NO_EVENTS = (
    "No events yet. Plant an economy, load logs from disk, or pipe them through Kafka:",
    "commonmode demo",
    "commonmode load agents.jsonl",
    "tail -f agents.jsonl | commonmode pipe -",
)
"""What every view says of an empty store."""


def claim(text: object, *, key: str) -> None:
    """Show a sentence that may hold agent text: large, and letter by letter."""
    with st.container(key=f"claim-{key}"):
        st.text(visible(text))


def chart(spec: dict[str, Any], *, key: str, height: int = 300, alt: str = "") -> None:
    """Draw an ECharts option object that is not selected in."""
    st.echarts_chart(spec, key=key, height=height, alt=alt or None)


def grid(frame: pl.DataFrame, *, missing: str = "—", **options: Any) -> Any:
    """Show rows as a table: `st.dataframe`, with every text and name as it is `visible`."""
    return st.dataframe(readable(frame), hide_index=True, placeholder=missing, **options)


def claims(
    frame: pl.DataFrame,
    *,
    lines: int = 6,
    column_config: Mapping[str, Any] | None = None,
    **more: Any,
) -> Any:
    """Show rows that each make a claim: it stands first and in lines, so a telephone shows it.

    A claim that takes more than `lines` ends in dots: who opens the finding reads all of it.
    """
    told = [shortened(str(claim or ""), CLAIM_LINE * lines) for claim in frame["claim"]]
    high = 6 + 18 * max(2, *(-(-len(claim) // CLAIM_LINE) for claim in (*told, "")))
    return grid(
        frame.select(pl.Series("claim", told, pl.String), pl.exclude("claim")),
        row_height=high,
        height=rows_high(frame.height, 640 // high, high),
        column_config={
            "claim": st.column_config.TextColumn("claim", width=CLAIM_WIDE),
            **(column_config or {}),
        },
        **more,
    )


CLAIM_WIDE, CLAIM_LINE = 285, 28
"""Pixels of a claim in a table, what a telephone of 390 leaves, and letters that fit a line."""


def shortened(claim: str, most: int) -> str:
    """Return the words of a claim that fit.

    Examples
    --------
    >>> shortened("They meet.", 10), shortened("They meet.", 9), shortened("meetings", 5)
    ('They meet.', 'They …', 'meet…')
    """
    if len(claim) <= most:
        return claim
    words, space, _ = claim[: most - 1].rpartition(" ")
    return f"{words if space else claim[: most - 1]}{space}…"


def rows_high(rows: int, most: int = 10, each: int = 35) -> int:
    """Return the height of a table that shows its rows, `most` of them at once, and no void.

    Examples
    --------
    >>> rows_high(2), rows_high(1000)
    (107, 387)
    """
    return 37 + each * max(1, min(rows, most))
