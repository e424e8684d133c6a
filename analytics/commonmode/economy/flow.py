"""The flow of events: everyday life and what is planted, chunk by chunk, as it arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from commonmode.economy import decisions
from commonmode.economy.acts import act
from commonmode.economy.arrivals import Entrance, stewards
from commonmode.economy.clock import Span
from commonmode.economy.delegation import EVENTS_A_CHAIN, delegate
from commonmode.economy.planting import Plan, Plant
from commonmode.economy.rows import TRUTH, stack
from commonmode.economy.talk import finish, observe, write
from commonmode.economy.transport import TWICE, deliver
from commonmode.economy.world import World

_A_CHUNK = 32_768
_DECISIONS, _ACTS, _DELEGATIONS, _MESSAGES, _ENDS = 0.44, 0.33, 0.06, 0.05, 0.04


class Flow:
    """One pass over an economy: who has entered, what is still under way, how much is left.

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
        self.spans = self.world.span.cut(-(-world.events // _A_CHUNK))
        self.entrance = Entrance(self.world)
        self.under_way: list[pl.DataFrame] = []
        self.left = world.events

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
            chunk = chunk.filter(counted <= self.world.events)
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
