"""Evidence: the events that a score names, fetched by the score's own query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from commonmode.detectors import Query
from commonmode.engine.as_of import as_of
from commonmode.store import Reader

MOST = 1000
"""Event ids kept with a finding; the query fetches them all."""


class Evidence(NamedTuple):
    """The first events that prove a finding, in the order of the query, and how many there are."""

    ids: tuple[str, ...]
    total: int


def gather(
    source: Reader, query: Query, positions: Mapping[str, int], most: int = MOST
) -> Evidence:
    """Run an evidence query as of some positions and count what it selects."""
    ids = _ask(source, f"SELECT id FROM ({_text(query)}) LIMIT {int(most)}", query, positions)  # noqa: S608  a detector wrote it
    if ids.height < most:
        return Evidence(tuple(ids["id"]), ids.height)
    total = _ask(source, f"SELECT count(*) AS n FROM ({_text(query)})", query, positions)  # noqa: S608  a detector wrote it
    return Evidence(tuple(ids["id"]), total.item())


def _text(query: Query) -> str:
    return query.text.strip().rstrip(";")


def _ask(source: Reader, text: str, query: Query, positions: Mapping[str, int]) -> pl.DataFrame:
    bounded = as_of(Query(text, query.parameters), positions)
    return source.query(bounded.text, bounded.parameters)
