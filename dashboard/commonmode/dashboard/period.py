"""The span of event time a view looks at: bounded, chosen once, kept in the URL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import streamlit as st

from commonmode.dashboard.source import read


class Period(NamedTuple):
    """A span of event time, `start` included and `end` not, and how it was chosen."""

    start: datetime
    end: datetime
    events: int

    def words(self) -> str:
        """Return the span as people read it.

        Examples
        --------
        >>> Period(datetime(2026, 1, 1), datetime(2026, 1, 1, 6), 5).words()
        '1 Jan 2026 00:00 to 06:00 UTC'
        """
        start, end = self.start, self.end
        first = f"{start.day} {start:%b %Y %H:%M}"
        last = f"{end:%H:%M}" if start.date() == end.date() else f"{end.day} {end:%b %Y %H:%M}"
        return f"{first} to {last} UTC"

    @property
    def grain(self) -> int:
        """Return the seconds of a row of `activity` that suits the span: a minute, or an hour.

        Examples
        --------
        >>> Period(datetime(2026, 1, 1), datetime(2026, 1, 9), 5).grain
        3600
        """
        return _grain(self.end - self.start)

    def bucket_seconds(self, buckets: int = 96) -> int:
        """Return the width of a bucket that cuts the span into about `buckets`.

        Examples
        --------
        >>> Period(datetime(2026, 1, 1), datetime(2026, 1, 2), 5).bucket_seconds()
        900
        """
        wanted = max((self.end - self.start).total_seconds() / buckets, 1.0)
        return next((s for s in _WIDTHS if s >= wanted), 86_400 * round(wanted / 86_400 + 0.5))


_WIDTHS = (1, 5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400)


def _grain(span: timedelta) -> int:
    return 60 if span <= timedelta(days=2) else 3_600


def _begun(at: datetime, grain: int) -> datetime:
    """Return the start of the minute or hour."""
    return at.replace(minute=at.minute if grain == 60 else 0, second=0, microsecond=0)  # noqa: PLR2004


SPANS: dict[str, timedelta | None] = {
    "last hour": timedelta(hours=1),
    "last 6 hours": timedelta(hours=6),
    "last day": timedelta(days=1),
    "last 7 days": timedelta(days=7),
    "last 30 days": timedelta(days=30),
    "all of it": None,
}
"""How far back from the newest event a view may look."""

USUAL = "last 30 days"

# The smallest and the largest of all are not known of what was not checkpointed yet: asked of the
# events alone, this would read them all.
EXTENT = """
SELECT min(first) AS first, max(last) AS last, coalesce(sum(n), 0)::BIGINT AS n
FROM (SELECT min(first_at) AS first, max(last_at) AS last, sum(events) AS n FROM folded_presence
      UNION ALL SELECT min("at"), max("at"), count(*) FROM events
      WHERE seq >= (SELECT coalesce(max(next_seq), 0) FROM folds))
"""


def extent() -> Period | None:
    """Return the whole span of the store, or None when it holds no events."""
    first, last, n = read(EXTENT).row(0)
    return None if n == 0 else Period(first, last + timedelta(seconds=1), n)


def choose_period() -> Period | None:
    """Let the reader bound the view; None when there is nothing to bound."""
    whole = extent()
    if whole is None:
        return None
    chosen = st.sidebar.selectbox(
        "Event time, back from the newest event",
        list(SPANS),
        index=list(SPANS).index(USUAL),
        key="span",
        bind="query-params",
    )
    span = SPANS[chosen]
    start = whole.start if span is None else max(whole.start, whole.end - span)
    # Whole minutes and hours are counted already.
    start = _begun(start, _grain(whole.end - start))
    st.sidebar.caption(Period(start, whole.end, 0).words())
    return Period(start, whole.end, whole.events)
