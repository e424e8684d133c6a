"""How often two agents would meet by chance, given where, how often and at what hours they come."""

from __future__ import annotations

import numpy as np
import polars as pl
import scipy

from commonmode.detectors.collusion.meetings import Meetings
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
    """

    def __init__(self, met: Meetings, part_bins: int) -> None:
        who, when = met.visits["who"].to_numpy().astype(np.int64), met.visits["bin"].to_numpy()
        self._visits = _times(who, met)
        self._chance = self._chances(met, _base(when))
        self._hours = _hours(who, when, len(met.agents), part_bins)

    def _chances(self, met: Meetings, base: float) -> Floats:
        often = met.joint.group_by("first", "second", "where").agg(times=pl.len())
        casual = often.filter(pl.col("times") < _SUSPECT)["where"].to_numpy()
        suspect = often.filter(pl.col("times") >= _SUSPECT)
        one, other, hidden = (
            suspect[name].to_numpy().astype(np.int64) for name in ("first", "second", "where")
        )
        product = self._times_of(one, hidden) * self._times_of(other, hidden)
        places = len(met.resources)
        return chance_of_meeting(
            self._visits,
            np.bincount(casual, minlength=places).astype(float),
            left_out=np.bincount(hidden, product, minlength=places).astype(float),
            prior=_PRIOR_PAIRS,
            base=base,
        )

    def _times_of(self, who: Integers, where: Integers) -> Floats:
        # Of no places scipy returns a matrix.
        times = self._visits[who, where] if len(who) else np.zeros(0)
        return np.asarray(times, dtype=float).ravel()

    def of(self, first: Integers, second: Integers) -> Allowed:
        """Return what chance allows pairs of agents."""
        alike = np.einsum("ij,ij->i", self._hours[first], self._hours[second])
        allowed = chance_meetings(self._visits, self._chance, (first, second))
        return Allowed(allowed.expected * alike, allowed.most)


def _times(who: Integers, met: Meetings) -> scipy.sparse.csr_matrix:
    """Return how often each agent began a visit to each place, from visits sorted by both."""
    where = met.visits["where"].to_numpy().astype(np.int64)
    begin = np.flatnonzero(np.diff(who * len(met.resources) + where, prepend=-1))
    rows = np.searchsorted(who[begin], np.arange(len(met.agents) + 1))
    times = np.diff(begin, append=len(who)).astype(float)
    shape = (len(met.agents), len(met.resources))
    return scipy.sparse.csr_matrix((times, where[begin], rows), shape=shape)


def _base(when: Integers) -> float:
    if not len(when):
        return 0.0
    share = np.bincount(when - when.min()) / len(when)
    return float((share**2).sum())


def _hours(who: Integers, when: Integers, agents: int, part_bins: int) -> Floats:
    part = (when - when.min()) // part_bins if len(when) else when
    parts = int(part.max()) + 1 if len(part) else 1
    table = np.bincount(who * parts + part, minlength=agents * parts).reshape(agents, parts)
    return shared_hours(table.astype(float), _ORDINARY_VISITS)
