"""The log as it stood: positions a finding was computed from, and SQL bounded by them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from commonmode.detectors import Query
from commonmode.detectors.query import Parameter
from commonmode.events import BY_NAME

STORED = "seq"
"""Key of the store's own position among those of the log: `events.seq` up to and including."""

_PARTITION = re.compile(r"(?P<topic>.*)\[(?P<partition>\d+)\]", re.DOTALL)
_RELATIONS = ("events", *BY_NAME)


def as_of(query: Query, positions: Mapping[str, int]) -> Query:
    """Return a query that sees the events as they stood at some positions.

    `events` and the views of kinds are shadowed by bounded ones of the same name.
    An event of the Kafka log is bounded by its offset, which is the same in every store that is
    rebuilt from the log; an event from a file by the store's own position.

    Parameters
    ----------
    query : Query
        Any SELECT.
    positions : mapping of str to int
        ``topic[partition]`` → next offset, and ``seq`` → last position in the store.

    Examples
    --------
    >>> print(as_of(Query("SELECT count(*) FROM events"), {"seq": 7}).literal())
    WITH events AS NOT MATERIALIZED (SELECT * FROM main.events WHERE seq <= 7)
    SELECT count(*) FROM events
    """
    bound, parameters = _bound(positions)
    used = [name for name in _RELATIONS if re.search(rf"\b{name}\b", query.text)]
    shadows = ", ".join(
        f"{name} AS NOT MATERIALIZED (SELECT * FROM main.{name} WHERE {bound})"  # noqa: S608
        for name in used
    )
    text = query.text.strip().rstrip(";")
    if not shadows:
        return Query(text, query.parameters)
    # A query that brings its own WITH becomes a subquery; it sees the shadows all the same.
    inner = f"SELECT * FROM ({text})" if re.match(r"(?i)with\b", text) else text  # noqa: S608  the query is shown to be read-only by the store
    return Query(f"WITH {shadows}\n{inner}", {**query.parameters, **parameters})


def _bound(positions: Mapping[str, int]) -> tuple[str, dict[str, Parameter]]:
    parameters: dict[str, Parameter] = {}
    cases = []
    for number, (place, offset) in enumerate(sorted(positions.items())):
        match = _PARTITION.fullmatch(place)
        if match is None:
            continue
        parameters[f"as_of_topic_{number}"] = match["topic"]
        parameters[f"as_of_partition_{number}"] = int(match["partition"])
        parameters[f"as_of_offset_{number}"] = offset
        cases.append(
            f"WHEN topic = $as_of_topic_{number} AND partition = $as_of_partition_{number} "
            f'THEN "offset" < $as_of_offset_{number}'
        )
    # The live watch knows the log but not the store, so it names no position of the store.
    others = "true"
    if STORED in positions:
        others, parameters["as_of_seq"] = "seq <= $as_of_seq", positions[STORED]
    return (f"CASE {' '.join(cases)} ELSE {others} END" if cases else others), parameters
