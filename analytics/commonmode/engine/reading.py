"""What a detector reads of the store: its kinds, its columns, and what can still matter to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from commonmode.detectors import Detector, Narrowing, Query, Window
from commonmode.detectors.query import Parameter
from commonmode.engine.windows import TICK
from commonmode.events import DIGESTS, digest


def queries_of(
    detector: Detector,
    kinds: Collection[str],
    where: Query,
    narrowed: Mapping[Window, Narrowing] | None = None,
    numbered: Collection[str] = (),
) -> list[Query]:
    """Return the query for the events of some kinds that meet a condition; none for no kinds.

    All kinds are read at once: DuckDB unpacks a column for all kinds that stand side by side.
    A column is null where it is not read of a kind.

    Parameters
    ----------
    detector : Detector
        Who reads.
    kinds : collection of str
        Of which kinds.
    where : Query
        A condition over `events`.
    narrowed : mapping of Window to Narrowing, optional
        Windows of which only some events can still change what was counted.
    numbered : collection of str
        Columns that are read as digests.

    Examples
    --------
    >>> from commonmode.detectors import Monoculture
    >>> query, = queries_of(Monoculture(), ["action_taken"], Query("seq < $until", {"until": 9}))
    >>> print(query.text.split(" FROM ")[1])
    events WHERE seq < $until AND (kind = 'action_taken' AND context_digest IS NOT NULL)
    """
    columns = _columns(detector, kinds, numbered)
    return [_of_kinds(detector, kinds, where, columns, narrowed or {})] if kinds else []


def inside(windows: Iterable[Window], name: str = "window") -> Query:
    """Return the condition that an event is of some windows.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> one, two, three = (datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in (1, 2, 3))
    >>> condition = inside([Window(one, two), Window(two, three)])
    >>> condition.text
    '("at" >= $window_0 AND "at" < $window_end_0)'
    >>> condition.parameters == {"window_0": one, "window_end_0": three}
    True
    """
    spans = list(enumerate(_joined(windows)))
    each = (f'"at" >= ${name}_{n} AND "at" < ${name}_end_{n}' for n, _ in spans)
    times: dict[str, Parameter] = {}
    for n, span in spans:
        times |= {f"{name}_{n}": span.start, f"{name}_end_{n}": span.end}
    return Query(f"({' OR '.join(each)})", times)


def starting(detector: Detector) -> Query:
    """Return the expression for the start of an event's window, in microseconds since 1970."""
    us = 'epoch_us("at")'
    start = f"{us} - {us} % $step - CASE WHEN {us} % $step < 0 THEN $step ELSE 0 END"
    return Query(start, {"step": detector.window // TICK})


def bounds_of(windows: Iterable[Window]) -> Query:
    """Return the query for the first and last position of windows' events, how many, what kinds.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> day = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    >>> bounds_of([day]).text.split(" WHERE ")[0]
    'SELECT min(seq), max(seq), count(*), list(DISTINCT kind) FROM events'
    """
    where = inside(windows)
    found = "min(seq), max(seq), count(*), list(DISTINCT kind)"
    sql = f"SELECT {found} FROM events WHERE {where.text}"  # noqa: S608  constants only
    return Query(sql, where.parameters)


def _joined(windows: Iterable[Window]) -> list[Window]:
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and joined[-1].end == window.start:
            joined[-1] = Window(joined[-1].start, window.end)
        else:
            joined.append(window)
    return joined


def of_agents(where: Query, agents: list[int]) -> Query:
    """Return the condition narrowed to the events of some agents, given by their digests."""
    text = f"{where.text} AND agent_digest IN (SELECT unnest($agents::UBIGINT[]))"
    return Query(text, {**where.parameters, "agents": agents})


def beside_of(detector: Detector, kinds: Collection[str], where: Query, agents: list[int]) -> Query:
    """Return the query for the values of the columns `beside` in the events of all but some agents.

    Each value once, with no agent, and the time of its first event.
    """
    columns = ", ".join(f'"{name}"' for name in detector.beside)
    text = f"""
        SELECT kind, min("at") AS "at", {columns} FROM events
        WHERE {where.text} AND kind IN (SELECT unnest($kinds::VARCHAR[]))
            AND agent_digest NOT IN (SELECT unnest($agents::UBIGINT[]))
        GROUP BY kind, {columns}
    """  # noqa: S608  columns are declared in code
    return Query(text, {**where.parameters, "kinds": list(kinds), "agents": agents})


def _columns(detector: Detector, kinds: Collection[str], numbered: Collection[str]) -> str:
    always = ("id", "kind", "at", "agent") if detector.reads_ids else ("kind", "at", "agent")
    reads = {kind: (*always, *detector.reads[kind]) for kind in kinds}
    names = dict.fromkeys(name for columns in reads.values() for name in columns)
    read = {name: [kind for kind in kinds if name in reads[kind]] for name in names}
    return ", ".join(
        _column(name, _number(name) if name in numbered else f'"{name}"', of, len(kinds))
        for name, of in read.items()
    )


def _column(name: str, read: str, kinds: Collection[str], of: int) -> str:
    if len(kinds) == of:
        return f'{read} AS "{name}"'
    some = ", ".join(f"'{kind}'" for kind in kinds)
    return f'CASE WHEN kind IN ({some}) THEN {read} END AS "{name}"'


def _is_needed(detector: Detector, kind: str) -> str:
    needed = f" AND {_held(detector.needs[kind])} IS NOT NULL" if kind in detector.needs else ""
    return f"kind = '{kind}'{needed}"


def _held(column: str) -> str:
    """Return what tells whether a column has anything: its digest where there is one."""
    return f"{column}_digest" if f"{column}_digest" in DIGESTS else f'"{column}"'


def _number(column: str) -> str:
    """Return the SQL for the digest of a column."""
    return f"{column}_digest" if f"{column}_digest" in DIGESTS else digest(f'"{column}"')


def _of_kinds(
    detector: Detector,
    kinds: Collection[str],
    where: Query,
    columns: str,
    narrowed: Mapping[Window, Narrowing],
) -> Query:
    base = f"{where.text} AND ({' OR '.join(_is_needed(detector, kind) for kind in kinds)})"
    parameters: dict[str, Parameter] = dict(where.parameters)
    if not narrowed:
        text = f"SELECT {columns} FROM events WHERE {base}"  # noqa: S608  columns are declared in code
        return Query(text, parameters)
    narrow = inside(narrowed, "narrowed")
    number = _number(next(iter(narrowed.values())).column)
    most = max(one.most for one in narrowed.values())
    # Either half has plain conditions alone, which DuckDB looks at before it unpacks a text.
    text = f"""
        SELECT {columns} FROM events WHERE {base} AND NOT {narrow.text} UNION ALL
        SELECT {columns} FROM events WHERE {base} AND {narrow.text} AND {number} <= $most
    """  # noqa: S608  columns are declared in code
    return Query(text, {**parameters, **narrow.parameters, "most": most})
