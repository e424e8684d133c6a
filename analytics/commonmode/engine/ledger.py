"""The one door between the engine and the store: everything it asks, in named queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
import polars as pl
from msgspec import Struct

from commonmode.detectors import Detector, Narrowing, Window
from commonmode.detectors.coding import plain
from commonmode.detectors.query import Parameter
from commonmode.engine.as_of import STORED
from commonmode.engine.reading import queries_of
from commonmode.engine.record import Recorded, findings_in, latest
from commonmode.engine.shards import EMPTIED, parameters_hash
from commonmode.engine.watermark import CREDIBLE, KEPT, WITNESSES
from commonmode.engine.windows import TICK
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


# A log whose agents mostly live ahead of our clock is simulated, or our clock is wrong: then
# theirs counts. Otherwise what is ahead of its own arrival is one agent's error.
_LEADS = """
    WITH read AS (
        SELECT agent, epoch_us("at") - epoch_us(ingested_at) AS lead
        FROM events WHERE seq >= $first AND seq < $until AND kind <> 'truth_declared'
    ), clock AS (
        SELECT agent, max(lead) FILTER (lead <= $credible) AS credible, max(lead) AS claimed
        FROM read GROUP BY agent
    ), all_clocks AS (
        SELECT count(*) >= $witnesses AND 2 * count(credible) < count(*) AS ahead FROM clock
    )
    SELECT agent, CASE WHEN ahead THEN claimed ELSE credible END AS lead
    FROM clock, all_clocks WHERE lead IS NOT NULL ORDER BY lead DESC, agent LIMIT $most
"""


def leads(source: Reader, first: int, until: int) -> dict[str, int]:
    """Return the agents whose clocks stood furthest ahead, in microseconds; see `Watermark`."""
    span = {"first": first, "until": until, "credible": CREDIBLE // TICK}
    sizes = {"witnesses": WITNESSES, "most": KEPT}
    return dict(source.query(_LEADS, {**span, **sizes}).rows())


def new_events(
    source: Reader,
    detector: Detector,
    first: int,
    until: int,
    narrowed: Mapping[Window, Narrowing],
) -> list[pl.DataFrame]:
    """Return the events, kind by kind, of a span that can change what a detector counted."""
    span = {"first": first, "until": until}
    queries = queries_of(detector, "seq >= $first AND seq < $until", span, narrowed)
    return [source.query(query.text, query.parameters) for query in queries]


_OF = "detector = $detector AND version = $version AND parameters_hash = $hash"
_AT = "window_start IN (SELECT unnest($starts::VARCHAR[])::TIMESTAMPTZ)"


def _of(detector: Detector) -> dict[str, Parameter]:
    return {
        "detector": detector.name,
        "version": detector.version,
        "hash": parameters_hash(detector),
    }


def _texts(starts: Iterable[datetime]) -> list[str]:
    return [start.isoformat() for start in starts]


def slots(
    source: Reader, detector: Detector, starts: Iterable[datetime]
) -> dict[datetime, set[int]]:
    """Return the shards that windows have; a window without any was never counted."""
    sql = f"""
        SELECT DISTINCT window_start, shard::INTEGER AS slot FROM tallies
        WHERE {_OF} AND {_AT} AND octet_length(data) > 0
    """  # noqa: S608  constants only
    found: dict[datetime, set[int]] = defaultdict(set)
    for start, slot in source.query(sql, {**_of(detector), "starts": _texts(starts)}).rows():
        found[start].add(slot)
    return found


def parts(
    source: Reader, detector: Detector, starts: Iterable[datetime]
) -> dict[datetime, list[tuple[int, str, bytes]]]:
    """Return the stored parts of windows: slot, table and data of each."""
    sql = f"""
        SELECT window_start, shard::INTEGER AS slot, "table", data FROM tallies
        WHERE {_OF} AND {_AT} AND octet_length(data) > 0
    """  # noqa: S608  constants only
    found: dict[datetime, list[tuple[int, str, bytes]]] = defaultdict(list)
    rows = source.query(sql, {**_of(detector), "starts": _texts(starts)})
    for start, slot, table, data in rows.iter_rows():
        found[start].append((slot, table, data))
    return found


def carried_parts(source: Reader, detector: Detector) -> list[tuple[datetime, str, pl.DataFrame]]:
    """Return every stored part of a detector's carried tables, with its window's start."""
    tables = [name for name, table in detector.tables.items() if table.carried]
    if not tables:
        return []
    sql = f"""
        SELECT window_start, "table", data FROM tallies
        WHERE {_OF} AND list_contains($tables::VARCHAR[], "table")
    """  # noqa: S608  constants only
    rows = source.query(sql, {**_of(detector), "tables": tables})
    return [
        (start, table, plain(pl.read_ipc_stream(data)))
        for start, table, data in rows.iter_rows()
        if data != EMPTIED
    ]


def windows_after(source: Reader, detector: Detector, instant: datetime) -> list[datetime]:
    """Return the starts of the counted windows that end after an instant."""
    sql = f"SELECT DISTINCT window_start FROM tallies WHERE {_OF} AND window_end > $instant"  # noqa: S608
    rows = source.query(sql, {**_of(detector), "instant": instant})
    return rows["window_start"].to_list()


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
