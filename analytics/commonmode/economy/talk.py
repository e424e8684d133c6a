"""What agents read, write to one another, and finish."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from zlib import crc32

import numpy as np
import polars as pl

from commonmode.economy.clock import HOUR, Span
from commonmode.economy.markets import task_ids
from commonmode.economy.rows import Ints, gather, join, rows
from commonmode.economy.world import World

_REPORTS = (
    "Demand forecast revised slightly upwards for the afternoon.",
    "Maintenance window confirmed; no change to capacity expected.",
    "Weekly bulletin: volumes in line with the season.",
    "Service notice: response times back to normal.",
    "Inventory count completed, differences below one per cent.",
)
_NOTES = (
    "Handing over the morning checklist, nothing open on my side.",
    "Please confirm the delivery window for tomorrow.",
    "Thanks, the figures match my own.",
    "Moving my slot by half an hour, the dock is busy.",
    "Quota is fine until Friday, no need to extend.",
)

_FAILED = 0.04

INTERNAL, PUBLIC = "internal", "public-web"
"""Labels of where data came from."""


def sources(labels: Iterable[list[str] | None]) -> pl.Series:
    """Return labels of data as a column."""
    return pl.Series(list(labels), dtype=pl.List(pl.String))


def observe(world: World, count: int, span: Span, rng: np.random.Generator) -> pl.DataFrame:
    """Return readings of public pages."""
    role = world.population.draw_roles(count, rng)
    who, at = world.population.draw(role, rng), span.draw(count, rng)
    page = world.markets.plot_paths(role, world.markets.plot(world.markets.draw(role, rng)))
    return read(who, at, rng, page=join("news/", page, "/bulletin"))


def read(
    who: Ints,
    at: Ints,
    rng: np.random.Generator,
    *,
    page: pl.Series,
    edition: pl.Series | None = None,
) -> pl.DataFrame:
    """Return readings of pages; the same edition, by default of the hour, is the same content."""
    edition = join(page, "@", pl.Series(at // HOUR)) if edition is None else edition
    known = edition.unique(maintain_order=True)
    texts = [f"{_REPORTS[crc32(e.encode()) % len(_REPORTS)]} ({e})" for e in known]
    content = edition.replace_strict(known, texts, return_dtype=pl.String)
    hashes = [sha256(text.encode()).hexdigest() for text in texts]
    return rows(
        "content_observed",
        who,
        at,
        rng,
        action="read_page",
        resource=page,
        content=content,
        content_hash=content.replace_strict(texts, hashes, return_dtype=pl.String),
        outcome="ok",
    )


def write(world: World, count: int, span: Span, rng: np.random.Generator) -> pl.DataFrame:
    """Return messages between colleagues."""
    who = world.population.draw(world.population.draw_roles(count, rng), rng)
    to = world.population.colleague(who, rng)
    who, to = who[who != to], to[who != to]
    note = rng.integers(0, len(_NOTES), len(who))
    return rows(
        "message_sent",
        who,
        span.draw(len(who), rng),
        rng,
        recipient=world.population.names(to),
        content=gather(_NOTES, note),
        content_hash=gather([sha256(text.encode()).hexdigest() for text in _NOTES], note),
    )


def finish(world: World, count: int, span: Span, rng: np.random.Generator) -> pl.DataFrame:
    """Return ends of tasks."""
    who = world.population.draw(world.population.draw_roles(count, rng), rng)
    at = span.draw(count, rng)
    task_type = world.markets.desks(world.population.role[who].astype(np.int64))
    return rows(
        "task_ended",
        who,
        at,
        rng,
        task_type=task_type,
        task=task_ids(task_type, who, at),
        outcome=gather(["ok", "error"], (rng.random(count) < _FAILED).astype(np.int64)),
        duration_ms=rng.gamma(2, 400_000, count).round(1),
        payoff=rng.normal(12, 8, count).round(2),
    )
