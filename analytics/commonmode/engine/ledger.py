"""The one door between the engine and the store: everything it asks, in named queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
import polars as pl
from msgspec import Struct

from commonmode.detectors import Detector, Query, Window
from commonmode.detectors.query import Parameter
from commonmode.engine.as_of import STORED
from commonmode.engine.reading import inside, queries_of, starting
from commonmode.engine.record import Recorded, findings_in, latest
from commonmode.engine.watermark import CREDIBLE, KEPT, WITNESSES
from commonmode.engine.windows import TICK, to_start, window_of
from commonmode.events import Event, from_fields
from commonmode.store import Reader


class Reached(Struct, frozen=True):
    """How far the store reaches at one moment: `until` is the first `seq` that is not read."""

    until: int
    positions: dict[str, int]


# One statement sees one state of the store: rows and offsets were committed together.
# What was found is no part of what findings are computed from.
_REACHED = """
    SELECT (SELECT coalesce(max(seq), 0) FROM events) AS seq, topic, partition, next_offset
    FROM (SELECT 1) LEFT JOIN offsets ON NOT ends_with(topic, '.findings')
    ORDER BY topic, partition
"""


def reached(source: Reader) -> Reached:
    """Return how far the store reaches now."""
    rows = source.query(_REACHED)
    last = int(rows["seq"][0])
    places = rows.drop_nulls("topic").select("topic", "partition", "next_offset").rows()
    positions = {f"{topic}[{partition}]": offset for topic, partition, offset in places}
    return Reached(last + 1, {STORED: last, **positions})


_PROGRESS = "SELECT next_seq, state FROM detector_progress WHERE detector_key = $key"


def progress(source: Reader, key: str) -> tuple[int, bytes]:
    """Return the next `seq` and the state stored under a key; the beginning where none is."""
    rows = source.query(_PROGRESS, {"key": key}).rows()
    return rows[0] if rows else (0, b"")


_READ = """
    SELECT agent, "at", ingested_at, epoch_us("at") - epoch_us(ingested_at) AS lead
    FROM events WHERE seq >= $first AND seq < $until AND kind <> 'truth_declared'
"""
_FURTHEST = f"""
    WITH read AS ({_READ})
    SELECT max(lead) AS lead, epoch_us(min(ingested_at)) AS since FROM read
"""  # noqa: S608  constants only
# None of that lead happened before the earliest arrival plus it, and what happened before a time
# is passed over unread: a filter on the lead alone would read every agent.
_FOREMOST = f"""
    WITH read AS ({_READ})
    SELECT agent, max(lead) AS lead FROM read
    WHERE lead >= $least AND "at" >= make_timestamptz($since + $least)
    GROUP BY agent ORDER BY lead DESC, agent LIMIT $most
"""  # noqa: S608  constants only
BEHIND = timedelta(hours=1)
"""How far behind the largest lead most logs have `KEPT` agents."""
# A log whose agents mostly live ahead of our clock is simulated, or our clock is wrong: then
# theirs counts. Otherwise what is ahead of its own arrival is one agent's error.
_LEADS = f"""
    WITH read AS ({_READ}), clock AS (
        SELECT agent, max(lead) FILTER (lead <= $credible) AS credible, max(lead) AS claimed
        FROM read GROUP BY agent
    ), all_clocks AS (
        SELECT count(*) >= $witnesses AND 2 * count(credible) < count(*) AS ahead FROM clock
    )
    SELECT agent, CASE WHEN ahead THEN claimed ELSE credible END AS lead
    FROM clock, all_clocks WHERE lead IS NOT NULL ORDER BY lead DESC, agent LIMIT $most
"""  # noqa: S608  constants only


def leads(source: Reader, first: int, until: int) -> dict[str, int]:
    """Return the agents whose clocks stood furthest ahead, in microseconds; see `Watermark`."""
    span: dict[str, Parameter] = {"first": first, "until": until}
    largest, since = source.query(_FURTHEST, span).row(0)
    if largest is None:
        return {}
    most, credible = {**span, "most": KEPT}, CREDIBLE // TICK
    if largest <= credible:
        # Grouping every event by its agent takes as long as a detector.
        near = {"since": since, "least": largest - BEHIND // TICK}
        foremost = source.query(_FOREMOST, {**most, **near}).rows()
        if len(foremost) == KEPT:
            return dict(foremost)
    known = {**most, "credible": credible, "witnesses": WITNESSES}
    return dict(source.query(_LEADS, known).rows())


class Span(NamedTuple):
    """Positions of the store: the first, and the first that is not of it."""

    first: int
    until: int

    def where(self) -> Query:
        """Return the condition that an event is of this span."""
        return Query("seq >= $first AND seq < $until", {"first": self.first, "until": self.until})


def touched(source: Reader, detector: Detector, span: Span) -> dict[datetime, int]:
    """Return how many events of a span each window has, by its start, in order of time."""
    where = span.where()
    return dict(_starts(source, detector, where.text, where.parameters).iter_rows())


def handed_events(source: Reader, detector: Detector, span: Span) -> list[pl.DataFrame]:
    """Return the events of a span, kind by kind, that hand something on to other windows."""
    queries = queries_of(detector, detector.hands_on, span.where())
    return [source.query(query.text, query.parameters) for query in queries]


def seen_before(
    source: Reader, detector: Detector, starts: Iterable[datetime], until: int
) -> set[datetime]:
    """Return those of some windows that have events before a position of the store."""
    of = inside(window_of(start, detector.window) for start in starts)
    where = f"{of.text} AND seq < $until"
    return set(_starts(source, detector, where, {**of.parameters, "until": until})["start"])


def windows_from(
    source: Reader, detector: Detector, start: datetime, until: int
) -> dict[datetime, int]:
    """Return how many events before a position each window has, from one window on."""
    where = '"at" >= $start AND seq < $until'
    return dict(_starts(source, detector, where, {"start": start, "until": until}).iter_rows())


def _starts(
    source: Reader, detector: Detector, where: str, values: Mapping[str, Parameter]
) -> pl.DataFrame:
    """Return the windows of the events that meet a condition: `start`, and `n` of them."""
    of = starting(detector)
    sql = f"""
        SELECT {of.text} AS start, count(*)::BIGINT AS n FROM events
        WHERE {where} AND kind IN (SELECT unnest($kinds::VARCHAR[])) GROUP BY ALL ORDER BY ALL
    """  # noqa: S608  constants only
    rows = source.query(sql, {**values, **of.parameters, "kinds": list(detector.reads)})
    return rows.with_columns(to_start(pl.col("start")))


_RECORDED = """
    SELECT finding::VARCHAR AS finding FROM finding_events
    WHERE "at" >= $start AND "at" <= $end AND finding ->> '$.detector' = $detector
        AND TRY_CAST(finding ->> '$.version' AS BIGINT) = $version
    ORDER BY seq
"""


def recorded(
    source: Reader, detector: Detector, windows: Sequence[Window]
) -> dict[datetime, list[Recorded]]:
    """Return the findings of windows as they stand, of this version and these parameters."""
    span = {
        "start": min(window.start for window in windows),
        "end": max(window.end for window in windows),
        "detector": detector.name,
        "version": detector.version,
    }
    texts = source.query(_RECORDED, span)["finding"]
    found: dict[datetime, list[Recorded]] = defaultdict(list)
    for one in latest(findings_in(texts), detector):
        found[one.window.start].append(one)
    return found


_HEARD = """
    SELECT seq, finding::VARCHAR AS finding FROM finding_events
    WHERE seq > $heard AND finding ->> '$.detector' = $detector
        AND TRY_CAST(finding ->> '$.provisional' AS BOOLEAN)
"""


def heard(source: Reader, detector: Detector, after: int) -> tuple[int, set[datetime]]:
    """Return the windows of the findings that the live watch raised, and how far was read."""
    rows = source.query(_HEARD, {"heard": after, "detector": detector.name})
    found = latest(findings_in(rows["finding"]), detector)
    last = rows["seq"].max()
    return (last if isinstance(last, int) else after), {one.window.start for one in found}


_UNPUBLISHED = """
    SELECT seq, id, kind, "at", agent, finding::VARCHAR AS finding FROM finding_events
    WHERE seq >= $first AND topic IS NULL ORDER BY seq LIMIT $most
"""


def unpublished(source: Reader, first: int, most: int) -> Iterator[tuple[int, Event]]:
    """Yield the findings' events that this store recorded and no log has brought."""
    for row in source.query(_UNPUBLISHED, {"first": first, "most": most}).iter_rows(named=True):
        seq = row.pop("seq")
        finding = msgspec.json.decode(row.pop("finding"))
        yield seq, from_fields({**row, "at": row["at"].isoformat(), "finding": finding})
