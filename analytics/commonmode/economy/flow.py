"""The flow of events: everyday life and what is planted, shard by shard of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from commonmode.economy import decisions
from commonmode.economy.acts import act
from commonmode.economy.arrivals import Forecast, Newcomers, acting, arrive, stewards
from commonmode.economy.clock import Span
from commonmode.economy.delegation import EVENTS_A_CHAIN, delegate
from commonmode.economy.planting import Plan, Plant
from commonmode.economy.rows import TRUTH, stack
from commonmode.economy.talk import finish, observe, write
from commonmode.economy.transport import TWICE, deliver
from commonmode.economy.world import World

_A_SHARD = 32_768
_DECISIONS, _ACTS, _DELEGATIONS, _MESSAGES, _ENDS = 0.44, 0.33, 0.06, 0.05, 0.04


class Room(NamedTuple):
    """What a shard is drawn for.

    Attributes
    ----------
    before, own : float
        Events that shards under way will take, and those that this one may.
    forecast : Forecast
        Who had yet to enter when the first of those began.
    """

    before: float
    own: float
    forecast: Forecast


class Drawn(NamedTuple):
    """What happened in a shard, who acted in it, and the generator that draws on."""

    happened: pl.DataFrame
    acting: Newcomers
    rng: np.random.Generator


class Flow:
    """Every shard of an economy, each of which can be drawn by itself, in any process.

    Parameters
    ----------
    world : World
        Where it happens.
    plants : sequence of Plant
        What is planted, each laid over those before it.
    """

    def __init__(self, world: World, plants: Sequence[Plant]) -> None:
        self.world, self.plants = world, plants
        self.plans: list[Plan] = [
            plant.plan(self.world, self.world.rng(f"plan/{n}/{plant.name}"))
            for n, plant in enumerate(self.plants)
        ]
        self.spans = self.world.span.cut(-(-world.events // _A_SHARD))

    def draw(self, shard: int, room: Room) -> Drawn:
        """Return what happens in a shard, before anyone who comes new to it has entered."""
        rng, span = self.world.rng("everyday", shard), self.spans[shard]
        frames = self._planted(shard, span)
        if shard == 0:
            frames += self._opening()
        planted = sum(int((frame["kind"] != TRUTH).sum()) for frame in frames)
        fit, own = room.forecast.fit, room.own / (1 + TWICE) - planted
        before = room.before / (1 + TWICE)
        wanted = max(0, round(fit(before + own) - fit(before)))
        happened = stack(frames + self._everyday(shard, span, wanted, rng))
        return Drawn(happened, acting(happened), rng)

    def fill(self, events: int) -> Drawn:
        """Return readings in place of events that were expected and did not come."""
        rng = self.world.rng("filled", events)
        happened = stack([observe(self.world, events, self.spans[-1], rng)])
        return Drawn(happened, acting(happened), rng)

    def deliver(self, shard: int, drawn: Drawn, new: Newcomers) -> pl.DataFrame:
        """Return the rows of a shard as they arrive, the entering of newcomers among them."""
        first = new.first.clip(max=self.spans[shard].end)
        arrived = arrive(self.world, new.who, first, drawn.rng)
        return deliver(self.world, stack([drawn.happened, arrived]), drawn.rng)

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
