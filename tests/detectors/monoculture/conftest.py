"""Small voting economies: families crossed imperfectly with operators, persistent tastes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from commonmode.detectors import Monoculture, Window

DAY = Window(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))


@dataclass(kw_only=True)
class Voting:
    """An economy of agents that choose among options in contexts.

    `copying` is the chance that an agent plays its family's draw (a number, or one per family);
    `prompted` the chance that it plays its operator's; `shocked` the share of contexts in which
    all lean to one option; `sensible` the chance that an agent takes the one sensible action;
    `cached` the chance that it follows the tool answer that its cache served.
    """

    seed: int = 0
    agents: int = 60
    contexts: int = 120
    families: int = 4
    operators: int = 6
    options: int = 4
    turnout: float = 0.5
    taste: float = 2.0
    copying: float | tuple[float, ...] = 0.0
    prompted: float = 0.0
    shocked: float = 0.0
    sensible: float = 0.0
    wrong_mode: bool = False
    loyalty: float = 0.5
    dissent: float = 0.0
    shifts: bool = False
    with_operators: bool = True
    events: pl.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        house = rng.integers(0, self.families, self.operators)
        operator = rng.integers(0, self.operators, self.agents)
        dealt = rng.integers(0, self.families, self.agents)
        family = np.where(rng.random(self.agents) < self.loyalty, house[operator], dealt)
        voted = np.argwhere(rng.random((self.contexts, self.agents)) < self.turnout)
        context, agent = voted[:, 0], voted[:, 1]
        count = len(agent)
        # Tastes are persistent: the same agent leans to the same options in every context.
        lean = rng.gumbel(size=(count, self.options))
        lean += self.taste * rng.gumbel(size=(self.agents, self.options))[agent]
        shock = rng.random(self.contexts) < self.shocked
        lean[:, 0] += 2.0 * shock[context]
        hours = None
        if self.shifts:
            starts = family[agent] / self.families * 86_400
            hours = (starts + rng.normal(0, 10_000, count)) % 86_400
            late = 0.5 - 0.5 * np.cos(2 * np.pi * hours / 86_400)
            early, later = rng.normal(0, 2, (2, self.contexts, self.options))
            lean += (1 - late)[:, None] * early[context] + late[:, None] * later[context]
        if self.dissent:
            lean += rng.normal(0, 2, (self.contexts, self.options))[context]
        choice = lean.argmax(axis=1)
        if self.dissent:
            random = (rng.random(count) < self.dissent) & (family[agent] == 0)
            choice = np.where(random, rng.integers(0, self.options, count), choice)
        right = rng.integers(0, self.options, self.contexts)
        choice = np.where(rng.random(count) < self.sensible, 0, choice)
        prompts = rng.integers(0, self.options, (self.contexts, self.operators))
        follows = rng.random(count) < self.prompted
        choice = np.where(follows, prompts[context, operator[agent]], choice)
        draws = rng.integers(0, self.options, (self.contexts, self.families))
        if self.wrong_mode:
            draws = (right[:, None] + 1 + draws % (self.options - 1)) % self.options
        copies = rng.random(count) < np.broadcast_to(self.copying, self.families)[family[agent]]
        choice = np.where(copies, draws[context, family[agent]], choice)
        seconds = hours if hours is not None else rng.uniform(0, 86_400, count)
        self.events = _frame(
            id=[f"e{i}" for i in range(count)],
            kind=["action_taken"] * count,
            at=[DAY.start + timedelta(seconds=float(s)) for s in seconds],
            agent=[f"agent-{i}" for i in agent],
            context=[f"context-{x}" for x in context],
            choice=[f"option-{c}" for c in choice],
            family=[f"family-{f}" for f in family[agent]],
            operator=[f"operator-{o}" for o in operator[agent]] if self.with_operators else None,
            correct=[f"option-{c}" for c in right[context]],
        )


def _frame(**columns: Any) -> pl.DataFrame:
    wide = dict.fromkeys(Monoculture.columns(), pl.String) | {"at": pl.Datetime("us", "UTC")}
    given = pl.DataFrame({k: v for k, v in columns.items() if v is not None})
    absent = [pl.lit(None, pl.String).alias(name) for name in wide if name not in given.columns]
    return given.with_columns(absent).select(pl.col(n).cast(t) for n, t in wide.items())


@pytest.fixture
def voting() -> type[Voting]:
    """The economy's builder."""
    return Voting


@pytest.fixture
def day() -> Window:
    """The day in which it votes."""
    return DAY
