"""How events reach the log: skewed clocks, some late, some twice, in order of arrival."""

from __future__ import annotations

import numpy as np
import polars as pl

from commonmode.economy.clock import MINUTE, SECOND
from commonmode.economy.rows import TRUTH, Ints
from commonmode.economy.world import World

LATE, TWICE = 0.01, 0.01
"""Shares of events that arrive late and that are sent twice."""

LATE_AFTER = MINUTE
"""An event that took longer than this to be recorded is late."""

_LATEST = 120 * MINUTE
_SERVER_SIDE = ("agent_registered", "permission_granted", "permission_revoked", TRUTH)


def deliver(world: World, frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Stamp rows with who, when recorded and when they arrive (`arrives`), some of them twice.

    Rows marked `prompt` are never late; those with a `delay` (µs) are recorded after exactly it.
    What the permission server writes keeps the server's clock.
    """
    frame = _identified(world, frame)
    true = frame["at"].to_numpy()
    label = (frame["kind"] == TRUTH).to_numpy()
    recorded = true + _delays(frame, rng)
    frame = frame.with_columns(
        at=true + _skew(world, frame),
        recorded_at=pl.Series(recorded).set(pl.Series(label), None),
        arrives=recorded,
    )
    again = frame.filter(pl.Series(~label & (rng.random(frame.height) < TWICE)))
    resent = again["arrives"] + pl.Series(rng.integers(0, MINUTE, again.height))
    return pl.concat([frame, again.with_columns(arrives=resent)])


def _identified(world: World, frame: pl.DataFrame) -> pl.DataFrame:
    member = frame.filter(pl.col("who") >= 0)
    agents, place = np.unique(member["who"].to_numpy(), return_inverse=True)
    who = world.population.identities(agents)[place.astype(np.uint32)]
    others = frame.filter(pl.col("who") < 0)
    named = member.drop(set(who.columns) & set(member.columns)).hstack(who.get_columns())
    return pl.concat([named, others], how="diagonal_relaxed")


def _skew(world: World, frame: pl.DataFrame) -> Ints:
    who = frame["who"].to_numpy()
    own_clock = ~frame["kind"].is_in(_SERVER_SIDE).to_numpy() & (who >= 0)
    return np.where(own_clock, world.population.skew[who.clip(0)], 0)


def _column(frame: pl.DataFrame, name: str) -> pl.Series:
    return frame[name] if name in frame.columns else pl.Series([None] * frame.height)


def _delays(frame: pl.DataFrame, rng: np.random.Generator) -> Ints:
    usual = rng.lognormal(-1.2, 0.6, frame.height) * SECOND
    late = rng.uniform(2 * LATE_AFTER, _LATEST, frame.height)
    prompt = _column(frame, "prompt").cast(pl.Boolean).fill_null(value=False).to_numpy()
    drawn = np.where(~prompt & (rng.random(frame.height) < LATE), late, usual)
    asked = _column(frame, "delay").cast(pl.Float64).to_numpy()
    return np.where(np.isnan(asked), drawn, asked).astype(np.int64)
