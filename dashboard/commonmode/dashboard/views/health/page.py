"""Health: what arrives, how late, what was refused and why, and what detectors can do with it."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import streamlit as st

from commonmode.dashboard.panel import NO_EVENTS, chart, empty, footing, grid, panel, rows_high
from commonmode.dashboard.period import Period, choose_period
from commonmode.dashboard.pulse import ago
from commonmode.dashboard.source import pace, reachable
from commonmode.dashboard.theme import look
from commonmode.dashboard.views.health import charts, data
from commonmode.detectors import ALL


def show() -> None:
    """Arrange the health page."""
    st.title("Health", anchor=False)
    period = choose_period()
    if period is None:
        empty(*NO_EVENTS)
        rejected()
        return
    tiles(period)
    left, right = st.columns(2)
    with left:
        sources(period)
    with right:
        waiting()
    coverage(period)
    redacted()
    rejected()


@st.fragment(run_every=pace())
def tiles(period: Period) -> None:
    """Count what came and what became of it; ticks on its own."""
    with reachable():
        counts, arrival = data.counts(), data.arrival(period)
        last = data.sources(period)["last_arrival"].max()
        with st.grid(min_column_width=190, border=True):
            st.metric("Stored", f"{counts['stored'].sum():,}")
            st.metric(
                "Duplicates dropped",
                f"{counts['duplicates'].sum():,}",
                help="re-sent events, recognised by their id",
            )
            st.metric(
                "Rejected",
                f"{counts['rejected'].sum():,}",
                help="kept with their bytes, reason and position",
            )
            st.metric(
                "Last arrival", ago(last if isinstance(last, datetime) else None, datetime.now(UTC))
            )
            st.metric(
                "From event to store",
                _seconds(arrival["median"]),
                help=f"median of the newest {arrival['n']:,} events; 95 % within "
                f"{_seconds(arrival['p95'])}. Large for logs loaded long after the fact.",
            )


def _seconds(value: float | None) -> str:
    if value is None:
        return "—"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if abs(value) >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value:.2f} s"


def sources(period: Period) -> None:
    """List the last event of each source."""
    with panel("Sources", "Topics and files that events came from."):
        frame = data.sources(period)
        grid(frame, height=rows_high(frame.height, 6), column_config=_TIMES)
        footing(frame.height, "source(s)", period)
        counts = data.counts()
        grid(counts, height=rows_high(counts.height, 4))
        footing(
            int(counts.select("stored", "duplicates", "rejected").to_numpy().sum()),
            "record(s) came in all",
        )


_TIMES = {
    "last_event": st.column_config.DatetimeColumn(
        "last event", format="D MMM YYYY HH:mm:ss", timezone="UTC"
    ),
    "last_arrival": st.column_config.DatetimeColumn(
        "last arrival", format="D MMM HH:mm:ss", timezone="UTC"
    ),
    "rejected_at": st.column_config.DatetimeColumn(
        "rejected at", format="D MMM HH:mm:ss", timezone="UTC"
    ),
}


def waiting() -> None:
    """List how far each detector is behind the store."""
    with panel("Detectors", "Events that are stored and that a detector has yet to count."):
        frame = data.progress()
        if frame.is_empty():
            empty(
                "No detector has run on this store yet:",
                "commonmode detect --once --final",
                "commonmode detect --follow",
            )
            return
        grid(frame)
        footing(
            int(frame["waiting"].sum()), "event(s) (waits|wait) to be counted, over all detectors"
        )


def coverage(period: Period) -> None:
    """Draw which fields are filled, and say which detectors that lets run."""
    with panel(
        "Field coverage",
        "The share of events of each kind that fill each field. An absent field is never guessed, "
        "so coverage decides which detectors can say something.",
    ):
        frame = data.coverage(period)
        kinds = frame["kind"].n_unique()
        chart(
            charts.coverage(frame),
            key="coverage",
            height=150 + 28 * kinds,
            alt="Share of events that fill each field, per kind",
        )
        able = data.runnable(frame, {detector.name: detector.reads for detector in ALL})
        grid(
            able.with_columns(
                pl.Series("detector", [look(d).name for d in able["detector"]], pl.String)
            ),
            column_config={
                "kinds_missing": "kinds that do not occur",
                "never_filled": "fields never filled",
            },
        )
        footing(int(frame.unique("kind")["events"].sum()), "event(s)", period)


def redacted() -> None:
    """List what was taken out before it was stored, where anything was."""
    frame = data.redacted()
    if frame.is_empty():
        return
    with panel(
        "Redacted", "Taken out before it was stored, by field and rule; a keyed hash is left."
    ):
        grid(frame, height=rows_high(frame.height, 6))
        footing(int(frame["parts"].sum()), "part(s) taken out")


def rejected() -> None:
    """List what was refused, why, and where it stood."""
    with panel(
        "Rejected records",
        "Nothing is lost: each is kept with its bytes, the reason, and its position.",
    ):
        reasons = data.reasons()
        if reasons.is_empty():
            st.caption(":material/check: No record was rejected.")
            return
        chart(
            charts.reasons(reasons),
            key="reasons",
            height=60 + 30 * min(reasons.height, 12),
            alt="Rejected records per reason",
        )
        grid(data.rejected(), height=280, column_config=_TIMES)
        footing(
            int(reasons["records"].sum()), "record(s) rejected", None, "the newest 500 are listed"
        )


if __name__ == "__main__":
    show()
