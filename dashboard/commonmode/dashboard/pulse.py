"""The pulse in the sidebar: what is stored, how fresh, and what waits; it alone ticks."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from commonmode.dashboard.panel import counted
from commonmode.dashboard.source import pace, read
from commonmode.store import StoreUnreachableError

# The newest is not folded yet, or the last that is: the largest of all would read them all.
PULSE = """
SELECT (SELECT count(*) FROM events) AS events,
       (SELECT count(*) FROM rejected WHERE retried_at IS NULL) AS rejected,
       (SELECT max(ingested_at) FROM events
        WHERE seq >= (SELECT coalesce(max(next_seq), 0) - 1 FROM folds)) AS newest,
       (SELECT count(*) FROM findings WHERE status <> 'withdrawn') AS findings
"""


def ago(then: datetime | None, now: datetime) -> str:
    """Say how long ago something was.

    Examples
    --------
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> ago(noon, noon), ago(datetime(2026, 1, 1, 9, tzinfo=UTC), noon), ago(None, noon)
    ('now', '3 h ago', 'never')
    """
    if then is None:
        return "never"
    seconds = (now - then).total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return "now"


@st.fragment(run_every=pace())
def pulse() -> None:
    """Show the store's pulse, again and again, without touching the page beside it."""
    try:
        events, rejected, newest, findings = read(PULSE).row(0)
    except StoreUnreachableError:
        st.caption(":material/database_off: no store reachable")
        return
    st.caption(
        f":material/database: {counted(events, 'event(s)')}  \n"
        f":material/flag: {counted(findings, 'finding(s)')} standing  \n"
        f":material/block: {rejected:,} rejected  \n"
        f":material/schedule: last arrival {ago(newest, datetime.now(UTC))}"
    )
