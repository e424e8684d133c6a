"""How often two agents would meet by chance, given where, how often and at what hours they come."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy

from commonmode.detectors.collusion.meetings import Meetings
from commonmode.detectors.collusion.packing import Packing
from commonmode.detectors.collusion.presence import changes
from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.coincidence import Meetings as Allowed
from commonmode.statistics.coincidence import chance_meetings, chance_of_meeting, shared_hours

_PRIOR_PAIRS = 200.0
_ORDINARY_VISITS = 5.0
_SUSPECT = 3
_AT_ONCE = 1 << 23
"""Visits that are counted at once: what is laid out for them is several times as long."""


class Chance:
    """The null: visits keep their agent, their place and their part of the day.

    Within that, when one agent comes says nothing about when another does.

    Parameters
    ----------
    met : Meetings
        The window.
    part_bins : int
        Bins in one part of the day.
    pairs : polars.DataFrame
        Chance is asked for agents of these: ``first``, ``second``.
    """

    def __init__(self, met: Meetings, part_bins: int, pairs: pl.DataFrame) -> None:
        often = met.joint.group_by("first", "second", "where").agg(times=pl.len())
        suspect = often.filter(pl.col("times") >= _SUSPECT)
        ends = [one.select("first", "second") for one in (suspect, pairs)]
        self._asked = np.unique(pl.concat(ends).to_numpy())
        of_bins = np.bincount(met.packing.bin_of(met.visits))
        since = np.trim_zeros(of_bins, "f")
        self._hours = _hours(met, self._asked, of_bins, part_bins)
        counted = _Counted.of(met)
        self._visits = counted.by(self._asked)
        casual = often.filter(pl.col("times") < _SUSPECT)["where"].to_numpy()
        self._chance = chance_of_meeting(
            counted.pairs(),
            np.bincount(casual, minlength=counted.places).astype(float),
            left_out=self._left_out(suspect, counted.places),
            prior=_PRIOR_PAIRS,
            base=float(((since / max(since.sum(), 1)) ** 2).sum()),
        )

    def _left_out(self, suspect: pl.DataFrame, places: int) -> Floats:
        one, other, hidden = (suspect[name].to_numpy() for name in ("first", "second", "where"))
        product = self._times_of(one, hidden) * self._times_of(other, hidden)
        return np.bincount(hidden, product, minlength=places).astype(float)

    def _times_of(self, who: Integers, where: Integers) -> Floats:
        # Of no places scipy returns a matrix.
        times = self._visits[self._row(who), where] if len(who) else np.zeros(0)
        return np.asarray(times, dtype=float).ravel()

    def _row(self, who: Integers) -> Integers:
        return np.searchsorted(self._asked, who)

    def of(self, first: Integers, second: Integers) -> Allowed:
        """Return what chance allows pairs of agents, each of whom is of one asked for."""
        pairs = (self._row(first), self._row(second))
        alike = np.einsum("ij,ij->i", *(self._hours[rows] for rows in pairs))
        allowed = chance_meetings(self._visits, self._chance, pairs)
        return Allowed(allowed.expected * alike, allowed.most)


class _Counted(NamedTuple):
    """How often each agent began a visit to each place, by agent, then place.

    `first` is the first of these visits, packed.
    """

    packing: Packing
    first: Integers
    times: npt.NDArray[np.int32]
    places: int

    @classmethod
    def of(cls, met: Meetings) -> _Counted:
        begin = np.flatnonzero(changes(met.visits >> met.packing.bin))
        times = np.diff(begin, append=len(met.visits)).astype(np.int32)
        return cls(met.packing, met.visits[begin], times, len(met.resources))

    def pairs(self) -> Floats:
        """Return, of each place, the pairs of visits to it by two agents."""
        total, own = np.zeros(self.places), np.zeros(self.places)
        for start in range(0, len(self.first), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            where, times = self.packing.where_of(self.first[some]), self.times[some].astype(float)
            total += np.bincount(where, times, minlength=self.places)
            own += np.bincount(where, times**2, minlength=self.places)
        return (total**2 - own) / 2

    def by(self, agents: Integers) -> scipy.sparse.csr_matrix:
        """Return some agents' visits, a row for each agent and a column for each place."""
        theirs, rows = self.packing.of_agents(self.first, agents)
        where = self.packing.where_of(self.first[theirs])
        shape = (len(agents), self.places)
        return scipy.sparse.csr_matrix((self.times[theirs].astype(float), where, rows), shape=shape)


def _hours(met: Meetings, asked: Integers, of_bins: Integers, part_bins: int) -> Floats:
    """Return how far some agents keep to each part of the day; parts count from the first visit."""
    since = np.trim_zeros(of_bins, "f")
    padded = np.append(since, np.zeros(-len(since) % part_bins, np.int64))
    of_all = padded.reshape(-1, part_bins).sum(axis=1)
    theirs, rows = met.packing.of_agents(met.visits, asked)
    when = met.packing.bin_of(met.visits[theirs]) - (len(of_bins) - len(since))
    spot = np.repeat(np.arange(len(asked)), np.diff(rows)) * len(of_all) + when // part_bins
    table = np.bincount(spot, minlength=len(asked) * len(of_all)).reshape(len(asked), len(of_all))
    return shared_hours(table.astype(float), of_all.astype(float), _ORDINARY_VISITS)
