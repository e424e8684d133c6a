"""Pairs of agents that began visits to one resource in the same bin of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.detectors.collusion.presence import Coded
from commonmode.statistics.ballots import Integers


@dataclass(frozen=True)
class Meetings:
    """All visits of a window, coded, and the pairs that met.

    Attributes
    ----------
    agents, resources : polars.Series
        Names; their places are the codes.
    visits : polars.DataFrame
        Columns ``who``, ``where``, ``bin``, ``task``, sorted by the first three; no crowds.
    joint : polars.DataFrame
        One row per meeting: ``first`` < ``second``, ``where``, ``bin``, ``same_task``.
    """

    agents: pl.Series
    resources: pl.Series
    visits: pl.DataFrame
    joint: pl.DataFrame

    def pairs(self, least: int) -> pl.DataFrame:
        """Return pairs that met in at least so many different bins: ``first, second, met``."""
        pair = ("first", "second")
        often = self.joint.group_by(pair).len().filter(pl.col("len") >= least)
        # Two places in one bin are one meeting; only of those who met often need it be counted.
        times = self.joint.join(often, on=pair, how="semi")
        met = times.group_by(pair).agg(met=pl.col("bin").n_unique())
        return met.filter(pl.col("met") >= least).sort(pair)


def meetings(coded: Coded, began: pl.DataFrame, most_agents: int) -> Meetings:
    """Find who met, in bins that no more than `most_agents` share."""
    order, spot = _by_spot(began)
    size = _runs(spot)
    crowd = np.empty_like(size)
    crowd[order] = size
    together = (size > 1) & (size <= most_agents)
    first, second = _neighbours(spot[together])
    shared = began.select("who", "where", "bin", "task")[order[together]]
    quiet = began if crowd.max(initial=0) <= most_agents else began.filter(crowd <= most_agents)
    return Meetings(coded.agents, coded.resources, quiet, _joint(shared[first], shared[second]))


def _by_spot(began: pl.DataFrame) -> tuple[Integers, Integers]:
    """Return the order of visits by place and bin, then agent; and one number for both, sorted."""
    when: Integers = (began["bin"] - began["bin"].min()).to_numpy()
    spot: Integers = began["where"].to_numpy().astype(np.int64) * (when.max(initial=0) + 1) + when
    # Visits are sorted by agent, and equal numbers keep their order.
    order = np.argsort(spot, kind="stable")
    return order, spot[order]


def _runs(values: Integers) -> Integers:
    """Return, of each of some sorted values, how many there are of it."""
    begin = np.flatnonzero(np.diff(values, prepend=-1))
    size = np.diff(begin, append=len(values))
    return np.repeat(size, size)


def _neighbours(spot: Integers) -> tuple[Integers, Integers]:
    """Return the places of every two equal values among sorted ones."""
    found = [np.zeros(0, np.int64)]
    for apart in range(1, len(spot)):
        here = np.flatnonzero(spot[apart:] == spot[:-apart])
        if not len(here):
            break
        found.append(here)
    first = np.concatenate(found)
    return first, first + np.repeat(np.arange(len(found)), list(map(len, found)))


def _joint(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    same = (one["task"] == other["task"]).fill_null(value=False)
    return one.select("where", "bin", first="who", second=other["who"], same_task=same)
