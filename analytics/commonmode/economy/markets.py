"""What there is to act on: Zipf resources with paths and prices."""

from __future__ import annotations

import numpy as np
import polars as pl

from commonmode.economy.clock import DAY, HOUR, MINUTE
from commonmode.economy.population import Population
from commonmode.economy.rows import Floats, Ints, gather, join

_ZIPF = 0.75
_A_RESOURCE_AGENTS = 10
_SWELL, _RIPPLE = 0.05, 0.02


class Markets:
    """Resources of every role, ``sector/area/zone/lot``, wanted by Zipf's law.

    A role has about ten resources per agent, between 384 and 19,200.
    Each has a reference price that swells over the day and ripples over 97 minutes; it is public
    and depends on nothing that any agent does.

    Parameters
    ----------
    population : Population
        Its roles say what there is.
    rng : numpy.random.Generator
        Deals popularity, price level and phase.
    """

    def __init__(self, population: Population, rng: np.random.Generator) -> None:
        self.roles = population.roles
        plots = len(self.roles[0].areas) * len(self.roles[0].zones)
        wanted = _A_RESOURCE_AGENTS * population.size // len(self.roles)
        self.lots = int(np.clip(wanted // plots, 8, 400))
        self.size = plots * self.lots
        self.rank = np.stack([rng.permutation(self.size) for _ in self.roles])
        self.level = np.exp(rng.normal(4, 0.6, (len(self.roles), self.size)))
        self.phase = rng.uniform(0, 2 * np.pi, (len(self.roles), self.size))
        self._reach = np.cumsum((1.0 + np.arange(self.size)) ** -_ZIPF)

    def draw(self, role: Ints, rng: np.random.Generator) -> Ints:
        """Return a resource of each role asked for, by popularity."""
        places = np.searchsorted(self._reach, rng.uniform(0, self._reach[-1], len(role)), "right")
        return np.asarray(self.rank[role, places.clip(0, self.size - 1)])

    def draw_plain(self, role: Ints, rng: np.random.Generator) -> Ints:
        """Return a resource of each role that is neither in fashion nor forgotten."""
        return np.asarray(self.rank[role, rng.integers(self.size // 8, self.size, len(role))])

    def plot(self, resource: Ints) -> Ints:
        """Return the number of the ``area/zone`` a resource lies in."""
        return resource // self.lots

    def plot_paths(self, role: Ints, plot: Ints) -> pl.Series:
        """Return ``sector/area/zone`` of plots."""
        paths = [
            f"{role.sector}/{area}/{zone}"
            for role in self.roles
            for area in role.areas
            for zone in role.zones
        ]
        return gather(paths, role * (self.size // self.lots) + plot)

    def paths(self, role: Ints, resource: Ints) -> pl.Series:
        """Return the full path of resources."""
        lot = pl.Series(resource % self.lots).cast(pl.String).str.zfill(2)
        return join(self.plot_paths(role, self.plot(resource)), "/", lot)

    def reference(self, role: Ints, resource: Ints, at: Ints) -> Floats:
        """Return the public reference price of resources at instants."""
        phase = self.phase[role, resource]
        swell = _SWELL * np.sin(2 * np.pi * (at % DAY) / DAY + phase)
        ripple = _RIPPLE * np.sin(2 * np.pi * at / (97 * MINUTE) + 7 * phase)
        return np.asarray(self.level[role, resource] * (1 + swell + ripple))

    def tools(self, role: Ints, tool: Ints) -> pl.Series:
        """Return the tool of each role: 0 reads, 1 orders, 2 cancels, 3 sets the price."""
        return gather([tool for role in self.roles for tool in role.tools], 4 * role + tool)

    def desks(self, role: Ints) -> pl.Series:
        """Return the task type of each role's everyday acts."""
        return gather([role.desk for role in self.roles], role)


def task_ids(task_type: pl.Series, who: Ints, at: Ints) -> pl.Series:
    """Return one task per agent, task type and hour."""
    return join(task_type, "/", pl.Series(who), "-", pl.Series(at // HOUR % 100_000))
