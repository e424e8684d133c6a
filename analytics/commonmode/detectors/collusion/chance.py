"""How often two agents would meet by chance, given where, how often and at what hours they come."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
import scipy

from commonmode.detectors.collusion.meetings import Meetings
from commonmode.detectors.collusion.presence import apart
from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.coincidence import Meetings as Allowed
from commonmode.statistics.coincidence import chance_meetings, chance_of_meeting, shared_hours

_PRIOR_PAIRS = 200.0
_ORDINARY_VISITS = 5.0
_SUSPECT = 3


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
        self._hours = _hours(met, self._asked, part_bins)
        counted = _Counted.of(met)
        self._visits = counted.by(self._asked)
        casual = often.filter(pl.col("times") < _SUSPECT)["where"].to_numpy()
        self._chance = chance_of_meeting(
            counted.pairs(),
            np.bincount(casual, minlength=counted.places).astype(float),
            left_out=self._left_out(suspect, counted.places),
            prior=_PRIOR_PAIRS,
            base=_base(met.packing.bin_of(met.visits)),
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
    """How often each agent began a visit to each place, by agent, then place."""

    who: Integers
    where: Integers
    times: Integers
    places: int

    @classmethod
    def of(cls, met: Meetings) -> _Counted:
        begin = np.flatnonzero(apart(met.visits >> met.packing.bin, 0))
        first = met.visits[begin]
        return cls(
            met.packing.who_of(first),
            met.packing.where_of(first),
            np.diff(begin, append=len(met.visits)),
            len(met.resources),
        )

    def pairs(self) -> Floats:
        """Return, of each place, the pairs of visits to it by two agents."""
        total = np.bincount(self.where, self.times, minlength=self.places)
        own = np.bincount(self.where, self.times**2, minlength=self.places)
        return np.asarray((total**2 - own) / 2, dtype=float)

    def by(self, agents: Integers) -> scipy.sparse.csr_matrix:
        """Return some agents' visits, a row for each agent and a column for each place."""
        ends = np.searchsorted(self.who, [agents, agents + 1])
        rows = np.concatenate([[0], np.cumsum(ends[1] - ends[0])])
        theirs = np.arange(rows[-1]) + np.repeat(ends[0] - rows[:-1], ends[1] - ends[0])
        shape = (len(agents), self.places)
        return scipy.sparse.csr_matrix(
            (self.times[theirs].astype(float), self.where[theirs], rows), shape=shape
        )


def _base(when: Integers) -> float:
    if not len(when):
        return 0.0
    share = np.bincount(when - when.min()) / len(when)
    return float((share**2).sum())


def _hours(met: Meetings, asked: Integers, part_bins: int) -> Floats:
    when = met.packing.bin_of(met.visits)
    part = (when - when.min()) // part_bins if len(when) else when
    of_all = np.bincount(part, minlength=1).astype(float)
    rows = np.full(len(met.agents), -1)
    rows[asked] = np.arange(len(asked))
    row = rows[met.packing.who_of(met.visits)]
    theirs = row >= 0
    spot = row[theirs] * len(of_all) + part[theirs]
    table = np.bincount(spot, minlength=len(asked) * len(of_all)).reshape(len(asked), len(of_all))
    return shared_hours(table.astype(float), of_all, _ORDINARY_VISITS)
