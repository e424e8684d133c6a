"""What a detector reads of the store: its kinds, its columns, and what can still matter to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from commonmode.detectors import Detector, Narrowing, Query, Window
from commonmode.detectors.query import Parameter


def queries_of(
    detector: Detector,
    where: str,
    values: Mapping[str, Parameter],
    narrowed: Mapping[Window, Narrowing],
) -> list[Query]:
    """Return the queries for the events that a detector reads, of those that meet a condition.

    There is one for each kind, as columns that a kind does not have cost time all the same.

    Parameters
    ----------
    detector : Detector
        Who reads.
    where : str
        A condition over `events`.
    values : mapping of str to parameter
        Values of the condition's parameters.
    narrowed : mapping of Window to Narrowing
        Windows of which only some events can still change what was counted.

    Examples
    --------
    >>> from commonmode.detectors import Monoculture
    >>> query, = queries_of(Monoculture(), "seq < $until", {"until": 9}, {})
    >>> query.text.split(" FROM ")[1]
    'events WHERE seq < $until AND kind = $kind'
    """
    return [_of_kind(detector, kind, where, values, narrowed) for kind in detector.reads]


def _of_kind(
    detector: Detector,
    kind: str,
    where: str,
    values: Mapping[str, Parameter],
    narrowed: Mapping[Window, Narrowing],
) -> Query:
    always = ("id", "kind", "at", "agent") if detector.reads_ids else ("kind", "at", "agent")
    names = dict.fromkeys((*always, *detector.reads[kind]))
    columns = ", ".join(f'"{name}"' for name in names)
    base = f"{where} AND kind = $kind"
    parameters: dict[str, Parameter] = {**values, "kind": kind}
    if not narrowed:
        text = f"SELECT {columns} FROM events WHERE {base}"  # noqa: S608  columns are declared in code
        return Query(text, parameters)
    inside, times = _inside(narrowed)
    column = next(iter(narrowed.values())).column
    # Texts are hashed once each: DuckDB would push the condition below a plain DISTINCT, and an
    # aggregate it cannot. Hashing every row takes thrice the time of the group-by of all.
    some = f"""
        SELECT name FROM (
            SELECT "{column}" AS name, any_value("{column}") AS hashed
            FROM events WHERE {base} AND {inside} GROUP BY ALL
        ) WHERE md5_number_lower(hashed) <= $most
    """  # noqa: S608  columns are declared in code
    text = f"""
        SELECT {columns} FROM events WHERE {base} AND NOT {inside} UNION ALL
        SELECT {columns} FROM events SEMI JOIN ({some}) AS kept ON "{column}" = kept.name
        WHERE {base} AND {inside}
    """  # noqa: S608  columns are declared in code
    most = max(one.most for one in narrowed.values())
    return Query(text, {**parameters, **times, "most": most})


def together(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Put the events of all kinds together; a column that a kind does not have is null.

    Examples
    --------
    >>> together([pl.DataFrame({"kind": ["a"]}), pl.DataFrame({"kind": ["b"], "n": [1]})]).rows()
    [('a', None), ('b', 1)]
    """
    return pl.concat(parts, how="diagonal")


def _inside(narrowed: Mapping[Window, Narrowing]) -> tuple[str, dict[str, Parameter]]:
    times: dict[str, Parameter] = {}
    for number, window in enumerate(narrowed):
        times |= {f"from_{number}": window.start, f"to_{number}": window.end}
    spans = (f'"at" >= $from_{number} AND "at" < $to_{number}' for number, _ in enumerate(narrowed))
    return f"({' OR '.join(spans)})", times
