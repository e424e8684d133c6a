"""Pairs of agents that began visits to one resource in the same bin of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.detectors.collusion.packing import Packing
from commonmode.detectors.collusion.presence import Coded, changes
from commonmode.detectors.numbering import Order
from commonmode.statistics.ballots import Integers


@dataclass(frozen=True)
class Meetings:
    """All visits of a window, coded, and the pairs that met.

    Attributes
    ----------
    agents, resources : Order
        Names; their ranks are the codes.
    packing : Packing
        How codes and bins share a number.
    visits : ndarray of int
        Packed and sorted; no crowds.
    joint : polars.DataFrame
        One row per meeting: ``first`` < ``second``, ``where``, ``bin``.
    """

    agents: Order
    resources: Order
    packing: Packing
    visits: Integers
    joint: pl.DataFrame

    def pairs(self, least: int) -> pl.DataFrame:
        """Return pairs that met in at least so many different bins: ``first, second, met``."""
        pair = ("first", "second")
        often = self.joint.group_by(pair).len().filter(pl.col("len") >= least)
        # Two places in one bin are one meeting; only of those who met often need it be counted.
        times = self.joint.join(often, on=pair, how="semi")
        met = times.group_by(pair).agg(met=pl.col("bin").n_unique())
        return met.filter(pl.col("met") >= least).sort(pair)

    def of(self, agent: int) -> tuple[Integers, Integers]:
        """Return place and bin of each visit of one agent."""
        own = self.visits[self.packing.of_agents(self.visits, np.array([agent]))[0]]
        return self.packing.where_of(own), self.packing.bin_of(own)


def meetings(coded: Coded, began: Integers, most_agents: int) -> Meetings:
    """Find who met, in bins that no more than `most_agents` share."""
    packing = coded.packing
    by_spot = packing.by_spot(began)
    by_spot.sort()
    met = _shared(packing, by_spot)
    del by_spot
    spot = met >> packing.who
    size = _runs(spot)
    crowds = np.unique(spot[size > most_agents])
    few = size <= most_agents
    joint = _joint(packing, met[few], *_neighbours(spot[few]))
    quiet = _outside(packing, began, crowds) if len(crowds) else began
    return Meetings(coded.agents, coded.resources, packing, quiet, joint)


def _shared(packing: Packing, by_spot: Integers) -> Integers:
    """Return the visits of which another is at the same place in the same bin."""
    alone = changes(by_spot >> packing.who)
    alone[:-1] &= alone[1:]
    return by_spot[~alone]


def _outside(packing: Packing, began: Integers, crowds: Integers) -> Integers:
    """Return the visits to no crowd; few places ever have one."""
    crowded = np.zeros(1 << packing.where, dtype=bool)
    crowded[crowds >> packing.bin] = True
    doubted = np.flatnonzero(crowded[packing.where_of(began)])
    return np.delete(began, doubted[np.isin(packing.spot_of(began[doubted]), crowds)])


def _runs(values: Integers) -> Integers:
    """Return, of each of some sorted values, how many there are of it."""
    begin = np.flatnonzero(changes(values))
    size = np.diff(begin, append=len(values))
    return np.repeat(size, size)


def _neighbours(spot: Integers) -> tuple[Integers, Integers]:
    """Return the places of every two equal values among sorted ones."""
    found = [np.zeros(0, np.int64)]
    for further in range(1, len(spot)):
        here = np.flatnonzero(spot[further:] == spot[:-further])
        if not len(here):
            break
        found.append(here)
    first = np.concatenate(found)
    return first, first + np.repeat(np.arange(len(found)), list(map(len, found)))


def _joint(packing: Packing, met: Integers, first: Integers, second: Integers) -> pl.DataFrame:
    agent, spot = met & (1 << packing.who) - 1, met >> packing.who
    return pl.DataFrame(
        {
            "where": packing.where_of(spot[first]),
            "bin": packing.bin_of(spot[first]),
            "first": agent[first],
            "second": agent[second],
        }
    )
