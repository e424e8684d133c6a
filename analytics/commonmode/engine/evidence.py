"""Evidence: the events that a score names, fetched by the score's own query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from commonmode.detectors import Query
from commonmode.detectors.query import Parameter
from commonmode.engine.as_of import as_of
from commonmode.store import Reader

MOST = 1000
"""Event ids kept with a finding; the query fetches them all."""
AT_ONCE = 1000
"""Findings whose evidence one query fetches, so that its answer stays small."""


class Evidence(NamedTuple):
    """The first events that prove a finding, in the order of the query, and how many there are."""

    ids: tuple[str, ...]
    total: int


def gather(
    source: Reader,
    queries: Sequence[Query],
    positions: Mapping[str, int],
    apart: Mapping[str, str],
    most: int = MOST,
) -> list[Evidence]:
    """Run evidence queries as of some positions and count what each selects.

    Parameters
    ----------
    source : Reader
        The store.
    queries : sequence of Query
        One per finding.
    positions : mapping of str to int
        As `as_of` has them.
    apart : mapping of str to str
        As `Detector.asked_at_once`: queries that differ in the one value of such a list are asked
        as one, and its events are told apart by the column.
    most : int, optional
        Event ids kept of each.
    """
    found: dict[int, Evidence] = {}
    for parameter, places in _alike(queries, apart):
        some = [queries[place] for place in places]
        if parameter and len(some) > 1:
            each = _together(source, some, positions, (parameter, apart[parameter]), most)
        else:
            each = [_alone(source, query, positions, most) for query in some]
        found |= zip(places, each, strict=True)
    return [found[place] for place in range(len(queries))]


def _alike(
    queries: Sequence[Query], apart: Mapping[str, str]
) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield the places of queries that can be asked as one, and the list they differ in."""
    alike = defaultdict[tuple[str, str, str], list[int]](list)
    for place, query in enumerate(queries):
        name = next((name for name in apart if _is_of_one(query.parameters.get(name))), "")
        others = sorted((key, value) for key, value in query.parameters.items() if key != name)
        alike[name, query.text, repr(others)].append(place)
    for (name, *_), places in alike.items():
        for start in range(0, len(places), AT_ONCE):
            yield name, places[start : start + AT_ONCE]


def _is_of_one(value: Parameter) -> bool:
    return isinstance(value, list) and len(value) == 1


def _alone(source: Reader, query: Query, positions: Mapping[str, int], most: int) -> Evidence:
    text = f"""
        SELECT arg_min(id, place, {int(most)}) AS ids, count(*) AS n
        FROM (SELECT id, row_number() OVER () AS place FROM ({_text(query)}))
    """  # noqa: S608  a detector wrote it
    ids, total = _ask(source, text, query, positions).row(0)
    return Evidence(tuple(ids or ()), total)


def _together(
    source: Reader,
    queries: Sequence[Query],
    positions: Mapping[str, int],
    apart: tuple[str, str],
    most: int,
) -> list[Evidence]:
    parameter, column = apart
    values = [value for query in queries for value in _values(query, parameter)]
    one = queries[0]
    asked = Query(one.text, {**one.parameters, parameter: values})
    text = f"""
        SELECT "{column}" AS whose, list(id ORDER BY "at", id)[:{int(most)}] AS ids, count(*) AS n
        FROM ({_text(asked)}) GROUP BY whose
    """  # noqa: S608  a detector wrote it
    rows = _ask(source, text, asked, positions).iter_rows()
    found = {whose: Evidence(tuple(ids), n) for whose, ids, n in rows}
    return [found.get(value, Evidence((), 0)) for value in values]


def _values(query: Query, parameter: str) -> list[str]:
    value = query.parameters[parameter]
    return list(map(str, value)) if isinstance(value, list) else []


def _text(query: Query) -> str:
    return query.text.strip().rstrip(";")


def _ask(source: Reader, text: str, query: Query, positions: Mapping[str, int]) -> pl.DataFrame:
    bounded = as_of(Query(text, query.parameters), positions)
    return source.query(bounded.text, bounded.parameters)
