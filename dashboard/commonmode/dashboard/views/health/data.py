"""What the health view reads: what came, what was refused, what is filled, what waits."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from commonmode.dashboard.period import Period
from commonmode.dashboard.source import read
from commonmode.events import FIELDS

COUNTS = "SELECT topic, stored, duplicates, rejected FROM ingest_counts ORDER BY topic"

REASONS = """
SELECT reason, any_value(hint) AS hint, count(*) AS records, min(topic) AS source,
       min(rejected_at) AS first, max(rejected_at) AS last
FROM rejected WHERE retried_at IS NULL GROUP BY reason ORDER BY records DESC LIMIT 200
"""

REJECTED = """
SELECT rejected_at, topic, partition, "offset", reason, hint,
       left(replace(coalesce(TRY(decode(payload)), CAST(payload AS VARCHAR)), chr(10), ' '), 400)
           AS payload
FROM rejected WHERE retried_at IS NULL ORDER BY seq DESC LIMIT 500
"""

REDACTED = """
SELECT field, rule, sum(records)::BIGINT AS records, sum(parts)::BIGINT AS parts
FROM redactions GROUP BY field, rule ORDER BY parts DESC, field, rule LIMIT 200
"""

SOURCES = """
SELECT coalesce(topic, '(no position)') AS source, partition, count(*) AS events,
       max("at") AS last_event, max(ingested_at) AS last_arrival, max("offset") AS last_offset
FROM events WHERE "at" >= $start AND "at" < $end
GROUP BY topic, partition ORDER BY last_arrival DESC LIMIT 200
"""

ARRIVAL = """
WITH newest AS (
    SELECT epoch(ingested_at) - epoch("at") AS lag FROM events
    WHERE "at" >= $start AND "at" < $end
    ORDER BY seq DESC LIMIT 2000
)
SELECT quantile_cont(lag, 0.5) AS median, quantile_cont(lag, 0.95) AS p95, count(*) AS n FROM newest
"""

PROGRESS = """
SELECT detector_key, next_seq,
       greatest((SELECT coalesce(max(seq), 0) FROM events) - next_seq + 1, 0) AS waiting
FROM detector_progress ORDER BY detector_key
"""

_SKIPPED = frozenset({"id", "at", "agent", "schema", "finding", "extra"})
FILLED = tuple(name for name in FIELDS if name not in _SKIPPED)
"""Fields whose coverage says something: all but those every event must have."""

COVERAGE = (
    "SELECT kind, count(*) AS events, "
    + ", ".join(f'count("{name}") / count(*) AS "{name}"' for name in FILLED)
    + '\nFROM events WHERE "at" >= $start AND "at" < $end GROUP BY kind ORDER BY kind'
)


def counts() -> pl.DataFrame:
    """Return per source what was stored, dropped as known, and refused."""
    return read(COUNTS)


def reasons() -> pl.DataFrame:
    """Count rejected records by reason."""
    return read(REASONS)


def rejected() -> pl.DataFrame:
    """List the newest rejected records with where they stood."""
    return read(REJECTED)


def redacted() -> pl.DataFrame:
    """Count what was taken out before storing, by field and rule."""
    return read(REDACTED)


def sources(period: Period) -> pl.DataFrame:
    """Return the last event of each source."""
    return read(SOURCES, start=period.start, end=period.end)


def arrival(period: Period) -> dict[str, float | None]:
    """Return how long the newest events took from happening to being stored."""
    return read(ARRIVAL, start=period.start, end=period.end).row(0, named=True)


def progress() -> pl.DataFrame:
    """Return how many stored events each detector has yet to count."""
    return read(PROGRESS)


def coverage(period: Period) -> pl.DataFrame:
    """Return the share of events that fill each field: ``kind, events, field, share``."""
    wide = read(COVERAGE, start=period.start, end=period.end)
    return wide.unpivot(
        on=list(FILLED), index=["kind", "events"], variable_name="field", value_name="share"
    )


def runnable(
    coverage: pl.DataFrame, reads: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> pl.DataFrame:
    """Say of each detector whether what it reads is there.

    Parameters
    ----------
    coverage : polars.DataFrame
        As `coverage` returns it.
    reads : mapping
        Detector → kind → columns that it reads.

    Returns
    -------
    polars.DataFrame
        ``detector, verdict, kinds_missing, never_filled, thinnest``: kinds that never occur,
        fields that are never filled, and the smallest share among those that are.
    """
    share = {(k, f): s for k, f, s in coverage.select("kind", "field", "share").iter_rows()}
    kinds = set(coverage["kind"])
    return pl.DataFrame(
        [_judged(detector, wanted, share, kinds) for detector, wanted in reads.items()],
        schema={
            "detector": pl.String,
            "verdict": pl.String,
            "kinds_missing": pl.List(pl.String),
            "never_filled": pl.List(pl.String),
        },
    )


def _judged(
    detector: str,
    wanted: Mapping[str, tuple[str, ...]],
    share: Mapping[tuple[str, str], float],
    kinds: set[str],
) -> dict[str, object]:
    missing = [kind for kind in wanted if kind not in kinds]
    unfilled = [
        f"{kind}.{field}"
        for kind, fields in wanted.items()
        if kind in kinds
        for field in fields
        if share.get((kind, field), 1.0) == 0
    ]
    if len(missing) == len(wanted):
        verdict = "cannot run: none of its kinds occurs"
    elif missing or unfilled:
        verdict = "runs on what is there"
    else:
        verdict = "can run"
    return {
        "detector": detector,
        "verdict": verdict,
        "kinds_missing": missing,
        "never_filled": unfilled,
    }
