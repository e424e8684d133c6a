"""What agents do to resources, under which grant, and the prices they leave behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.economy.clock import MINUTE, SECOND, Span
from commonmode.economy.markets import task_ids
from commonmode.economy.rows import Floats, Ints, gather, join, rows
from commonmode.economy.world import World

READ, ORDER, CANCEL, PRICE = range(4)
"""What the tools of a role do, in their order."""

_MIX = (0.35, 0.35, 0.10, 0.20)
_EFFECT = ["read", "write", "write", "write"]
_OUTCOMES = (["ok", "error", "timeout"], (0.96, 0.03, 0.01))
_SCATTER = 0.02


@dataclass
class Acts:
    """Acts on resources, one per entry.

    Attributes
    ----------
    who, role, resource, tool, at : array of int
        Which agent, whose resources and tools, which resource, which tool, when.
    price : array of float, optional
        By default the reference price with 2 % scatter.
    grant : Series, optional
        The grant relied on; by default the agent's own.
    """

    who: Ints
    role: Ints
    resource: Ints
    tool: Ints
    at: Ints
    price: Floats | None = None
    grant: pl.Series | None = None

    def priced(self, world: World, rng: np.random.Generator) -> Floats:
        """Return the price of each."""
        if self.price is not None:
            return self.price
        scatter = np.exp(rng.normal(0, _SCATTER, len(self.who)))
        return world.markets.reference(self.role, self.resource, self.at) * scatter


def do(world: World, acts: Acts, rng: np.random.Generator) -> list[pl.DataFrame]:
    """Write acts down, and the prices that those which set one left in the shared world."""
    words, shares = _OUTCOMES
    desk = world.markets.desks(acts.role)
    done = rows(
        "action_taken",
        acts.who,
        acts.at,
        rng,
        action=world.markets.tools(acts.role, acts.tool),
        resource=world.markets.paths(acts.role, acts.resource),
        market=world.markets.plot_paths(acts.role, world.markets.plot(acts.resource)),
        task_type=desk,
        task=task_ids(desk, acts.who, acts.at),
        outcome=gather(words, rng.choice(len(words), len(acts.who), p=shares)),
        side_effect=gather(_EFFECT, acts.tool),
        price=acts.priced(world, rng).round(2),
        quantity=rng.integers(1, 40, len(acts.who)).astype(float),
        duration_ms=rng.gamma(2, 120, len(acts.who)).round(1),
        grant=world.population.grants(acts.who) if acts.grant is None else acts.grant,
    )
    was = world.markets.reference(acts.role, acts.resource, acts.at - 10 * MINUTE)
    before = was * np.exp(rng.normal(0, _SCATTER, len(acts.who)))
    left = (done["outcome"] == "ok") & pl.Series(acts.tool == PRICE)
    return [done, _footprints(done.filter(left), before[left.to_numpy()], rng)]


def _footprints(setting: pl.DataFrame, before: Floats, rng: np.random.Generator) -> pl.DataFrame:
    at = setting["at"].to_numpy() + rng.integers(SECOND // 10, SECOND, setting.height)
    same = ("resource", "market", "task", "task_type", "price", "quantity")
    return rows(
        "state_changed",
        setting["who"].to_numpy(),
        at,
        rng,
        parent=setting["id"],
        before=join('{"price":', pl.Series(before.round(2)), "}"),
        after=join('{"price":', setting["price"], "}"),
        **{name: setting[name] for name in same},
    )


def act(world: World, count: int, span: Span, rng: np.random.Generator) -> list[pl.DataFrame]:
    """Return about `count` everyday events on resources: a fifth of the acts set a price."""
    acts = round(count / (1 + _MIX[PRICE]))
    role = world.population.draw_roles(acts, rng)
    everyday = Acts(
        who=world.population.draw(role, rng),
        role=role,
        resource=world.markets.draw(role, rng),
        tool=rng.choice(len(_MIX), acts, p=_MIX),
        at=span.draw(acts, rng),
    )
    return do(world, everyday, rng)
