"""The economy: seeded, streamed in order of arrival, never held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from commonmode.economy import decisions
from commonmode.economy.acts import act
from commonmode.economy.arrivals import OPENING, Entrance, stewards
from commonmode.economy.clock import DAY, Span
from commonmode.economy.delegation import EVENTS_A_CHAIN, delegate
from commonmode.economy.planting import Plant
from commonmode.economy.rows import TRUTH, stack, widen
from commonmode.economy.talk import finish, observe, write
from commonmode.economy.transport import TWICE, deliver
from commonmode.economy.wire import to_lines
from commonmode.economy.world import World
from commonmode.events import Event, decode

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
"""When an economy starts unless told otherwise."""

FEWEST_AGENTS, MOST_AGENTS = 10, 1_000_000

SHORTEST, LONGEST = 0.01, 3660
"""Days that an economy can last."""

_A_CHUNK = 32_768
_DECISIONS, _ACTS, _DELEGATIONS, _MESSAGES, _ENDS = 0.44, 0.33, 0.06, 0.05, 0.04


class BadEconomyError(ValueError):
    """An economy was asked for that cannot be."""


@dataclass(frozen=True, kw_only=True)
class Economy:
    """A synthetic economy of agents: the same events for the same arguments, always.

    Everyday life: decisions in shared situations, acts on Zipf resources under grants, prices,
    delegations with narrowing grants, readings, messages; Pareto activity, a daily and a weekly
    cycle, 1 % of events late, 1 % sent twice, clocks that are a little off.
    Plants and innocents are laid over it. Labels come beside the events as ``truth_declared``.

    Parameters
    ----------
    seed : int
        Decides every draw.
    agents : int
        Size of the population, 10 to 1,000,000. Who acts rarely may not show up in a short log.
    events : int
        How many events arrive, exactly, labels aside.
    plants, innocents : sequence of Plant
        What is planted; see `PLANTS` and `INNOCENTS`.
    start : datetime
        First instant, aware; the stewards come first, everyday life five minutes later.
    days : float
        How long it lasts.

    Raises
    ------
    BadEconomyError
        When a number is out of range.

    Examples
    --------
    >>> economy = Economy(seed=1, agents=50, events=200)
    >>> first, *rest = economy
    >>> len(rest) + 1, first.agent
    (200, 'northwind/steward')
    """

    seed: int = 0
    agents: int = 300
    events: int = 30_000
    plants: Sequence[Plant] = ()
    innocents: Sequence[Plant] = ()
    start: datetime = MONDAY
    days: float = 1.0
    world: World = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be, then draw the world."""
        _check(self)
        begin = round(self.start.timestamp() * 1e6)
        span = Span(begin + OPENING, begin + round(self.days * DAY))
        object.__setattr__(self, "world", World(self.seed, self.agents, span, self.events))

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the events in columns of `events.EVENT_SCHEMA`, chunk by chunk, as they arrive."""
        return (widen(chunk) for chunk in _Stream(self).chunks())

    def lines(self) -> Iterator[list[bytes]]:
        """Yield the events as wire lines, chunk by chunk, as they arrive."""
        return (to_lines(chunk) for chunk in _Stream(self).chunks())

    def __iter__(self) -> Iterator[Event]:
        """Yield the events one by one, as they arrive."""
        return (decode(line) for lines in self.lines() for line in lines)

    @property
    def end(self) -> datetime:
        """The instant it ends."""
        return self.start + timedelta(days=self.days)


def _check(economy: Economy) -> None:
    if not FEWEST_AGENTS <= economy.agents <= MOST_AGENTS:
        msg = f"needed {FEWEST_AGENTS} to {MOST_AGENTS:,} agents; found {economy.agents:,}."
        raise BadEconomyError(msg)
    if economy.events < 1:
        msg = f"needed at least one event; found {economy.events:,}."
        raise BadEconomyError(msg)
    if not SHORTEST <= economy.days <= LONGEST:
        msg = f"`days` must be from {SHORTEST} to {LONGEST}; found {economy.days:g}."
        raise BadEconomyError(msg)
    if economy.start.tzinfo is None:
        msg = f"`start` must say its offset from UTC; found {economy.start.isoformat()}."
        raise BadEconomyError(msg)
    if economy.seed < 0:
        msg = f"`seed` must not be negative; found {economy.seed}."
        raise BadEconomyError(msg)


class _Stream:
    """One pass over an economy: who has entered, what is still under way, how much is left."""

    def __init__(self, economy: Economy) -> None:
        self.economy, self.world = economy, economy.world
        self.plants = [*economy.innocents, *economy.plants]
        self.plans = [
            plant.plan(self.world, self.world.rng(f"plan/{n}/{plant.name}"))
            for n, plant in enumerate(self.plants)
        ]
        self.spans = self.world.span.cut(-(-economy.events // _A_CHUNK))
        self.entrance = Entrance(self.world)
        self.under_way: list[pl.DataFrame] = []
        self.left = economy.events

    def chunks(self) -> Iterator[pl.DataFrame]:
        """Yield rows in order of arrival, stopping after as many as were asked for."""
        out = 0
        masses = np.array([span.mass() for span in self.spans])
        for shard, span in enumerate(self.spans):
            share = masses[shard] / masses[shard:].sum()
            last = shard == len(self.spans) - 1
            self.under_way.append(self._chunk(shard, span, share))
            while last and self.left > 0:
                self.under_way.append(self._filled(span))
            chunk = self._arrived(None if last else span.end)
            counted = out + (chunk["kind"] != TRUTH).cum_sum()
            chunk = chunk.filter(counted <= self.economy.events)
            out = int(counted[-1]) if len(counted) else out
            yield chunk

    def _arrived(self, until: int | None) -> pl.DataFrame:
        rows = stack(self.under_way).sort("arrives", "id", maintain_order=True)
        if until is None:
            return rows
        self.under_way = [rows.filter(pl.col("arrives") >= until)]
        return rows.filter(pl.col("arrives") < until)

    def _chunk(self, shard: int, span: Span, share: float) -> pl.DataFrame:
        rng = self.world.rng("everyday", shard)
        frames = self._planted(shard, span)
        if shard == 0:
            frames += self._opening()
        planted = sum(int((frame["kind"] != TRUTH).sum()) for frame in frames)
        wanted = self.entrance.fit(self.left * share / (1 + TWICE) - planted)
        return self._delivered(span, frames + self._everyday(shard, span, wanted, rng), rng)

    def _filled(self, span: Span) -> pl.DataFrame:
        """Return readings in place of events that were expected and did not come."""
        rng = self.world.rng("filled", self.left)
        return self._delivered(span, [observe(self.world, self.left, span, rng)], rng)

    def _delivered(
        self, span: Span, frames: list[pl.DataFrame], rng: np.random.Generator
    ) -> pl.DataFrame:
        happened = stack(frames)
        arrived = self.entrance.admit(happened, span.end, rng)
        delivered = deliver(self.world, stack([happened, arrived]), rng)
        self.left -= int((delivered["kind"] != TRUTH).sum())
        return delivered

    def _opening(self) -> list[pl.DataFrame]:
        rng = self.world.rng("opening")
        begin = self.world.span.start
        labels = [
            plant.declare(plan.truths, np.full(len(plan.truths), begin), rng)
            for plant, plan in zip(self.plants, self.plans, strict=True)
        ]
        return [stewards(self.world, rng), *labels]

    def _planted(self, shard: int, span: Span) -> list[pl.DataFrame]:
        return [frame for act, rng in self._each("act", shard) for frame in act(span, rng)]

    def _each(
        self, part: str, shard: int
    ) -> Iterator[tuple[Callable[..., Any], np.random.Generator]]:
        for n, (plant, plan) in enumerate(zip(self.plants, self.plans, strict=True)):
            hook = getattr(plan, part)
            if hook is not None:
                yield hook, self.world.rng(f"{part}/{n}/{plant.name}", shard)

    def _everyday(
        self, shard: int, span: Span, wanted: int, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        world = self.world
        frames = [
            *self._decided(shard, span, round(wanted * _DECISIONS / decisions.VOTERS), rng),
            *act(world, round(wanted * _ACTS), span, rng),
            *delegate(world, round(wanted * _DELEGATIONS / EVENTS_A_CHAIN), span, rng),
            write(world, round(wanted * _MESSAGES), span, rng),
            finish(world, round(wanted * _ENDS), span, rng),
        ]
        rest = wanted - sum(frame.height for frame in frames)
        return [*frames, observe(world, max(0, rest), span, rng)]

    def _decided(
        self, shard: int, span: Span, count: int, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        contexts = decisions.situate(self.world, count, span, rng)
        for situate, own in self._each("situate", shard):
            situate(contexts, own)
        votes = decisions.decide(self.world, contexts, rng)
        beside = [
            frame for vote, own in self._each("vote", shard) for frame in vote(contexts, votes, own)
        ]
        return [decisions.record(self.world, contexts, votes, shard, rng), *beside]
