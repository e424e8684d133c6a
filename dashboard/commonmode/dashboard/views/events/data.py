"""What the events view reads: one page of events at a time, and one event whole."""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

from commonmode.dashboard.period import Period
from commonmode.dashboard.source import Parameter, read

PAGE = 100


class Asked(NamedTuple):
    """Which events are asked for; None asks for all."""

    kind: str | None = None
    family: str | None = None
    outcome: str | None = None
    agent: str | None = None
    resource: str | None = None
    context: str | None = None


_WHERE = """
WHERE "at" >= $start AND "at" < $end
  AND ($kind IS NULL OR kind = $kind)
  AND ($family IS NULL OR family = $family)
  AND ($outcome IS NULL OR outcome = $outcome)
  AND ($agent IS NULL OR contains(lower(agent), lower($agent)))
  AND ($resource IS NULL OR contains(lower(resource), lower($resource)))
  AND ($context IS NULL OR contains(lower(context), lower($context)))
"""

COUNTED = "SELECT count(*) AS n FROM events" + _WHERE  # noqa: S608  two constants

PAGED = (
    """
SELECT "at", kind, agent, family, action, choice, resource, outcome, context, task, run, recipient,
       price, id, seq
FROM events"""
    + _WHERE
    + 'ORDER BY "at" DESC, seq DESC LIMIT $page OFFSET $skip'
)

ONE = "SELECT * FROM events WHERE id = $id LIMIT 1"

CHOICES = """
SELECT list_sort(list(DISTINCT kind)) AS kinds,
       list_sort(list(DISTINCT family) FILTER (family IS NOT NULL))[:200] AS families,
       list_sort(list(DISTINCT outcome) FILTER (outcome IS NOT NULL)) AS outcomes
FROM (SELECT kind, family, outcome FROM folded_activity
      WHERE seconds = $grain AND start >= $start
      UNION ALL
      SELECT kind, family, outcome FROM events
      WHERE seq >= (SELECT coalesce(max(next_seq), 0) FROM folds) AND "at" >= $start)
"""


def counted(period: Period, asked: Asked) -> int:
    """Count the events asked for."""
    return int(read(COUNTED, **_parameters(period, asked)).item())


def paged(period: Period, asked: Asked, page: int) -> pl.DataFrame:
    """Return one page of the events asked for, the newest first."""
    skip = (page - 1) * PAGE
    return read(PAGED, **_parameters(period, asked), page=PAGE, skip=skip)


def one(identifier: str) -> dict[str, Any] | None:
    """Return an event, with the fields that it has."""
    rows = read(ONE, id=identifier)
    if rows.is_empty():
        return None
    return {name: value for name, value in rows.row(0, named=True).items() if value is not None}


def choices(period: Period) -> dict[str, list[str]]:
    """Return the kinds, families and outcomes that occur."""
    row = read(CHOICES, start=period.start, grain=period.grain).row(0, named=True)
    return {name: values or [] for name, values in row.items()}


def _parameters(period: Period, asked: Asked) -> dict[str, Parameter]:
    return {"start": period.start, "end": period.end, **asked._asdict()}
