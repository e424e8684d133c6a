"""Pairs of agents that began visits to one resource in the same bin, and what chance expects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy

from commonmode.detectors.collusion.presence import Coded
from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.coincidence import Meetings as Allowed
from commonmode.statistics.coincidence import chance_meetings, chance_of_meeting, shared_hours

_PRIOR_PAIRS = 200.0
_ORDINARY_VISITS = 5.0
_SUSPECT = 3


@dataclass(frozen=True)
class Meetings:
    """All visits of a window, coded, and the pairs that met.

    Attributes
    ----------
    agents, resources : polars.Series
        Names; their places are the codes.
    visits : polars.DataFrame
        Columns ``who``, ``where``, ``bin``, ``crowd`` (agents that began a visit with it).
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
    crowds = began.group_by("where", "bin").agg(crowd=pl.len().cast(pl.Int64))
    quiet = began.join(crowds, on=("where", "bin")).filter(pl.col("crowd") <= most_agents)
    shared = quiet.filter(pl.col("crowd") > 1).select("who", "where", "bin", "task")
    joint = (
        shared.join(shared, on=("where", "bin"), suffix="_2")
        .filter(pl.col("who") < pl.col("who_2"))
        .select(
            "where",
            "bin",
            first="who",
            second="who_2",
            same_task=(pl.col("task") == pl.col("task_2")).fill_null(value=False),
        )
    )
    return Meetings(coded.agents, coded.resources, quiet, joint)


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
        who, where = met.visits["who"].to_numpy(), met.visits["where"].to_numpy()
        when = met.visits["bin"].to_numpy()
        shape = (len(met.agents), len(met.resources))
        self._visits = scipy.sparse.csr_matrix((np.ones(len(who)), (who, where)), shape=shape)
        self._chance = self._chances(met, _base(when))
        self._hours = _hours(who, when, len(met.agents), part_bins)

    def _chances(self, met: Meetings, base: float) -> Floats:
        often = met.joint.group_by("first", "second", "where").agg(times=pl.len())
        casual = often.filter(pl.col("times") < _SUSPECT)["where"].to_numpy()
        times = met.visits.group_by("who", "where").agg(k=pl.len().cast(pl.Float64))
        suspect = often.filter(pl.col("times") >= _SUSPECT)
        for end in ("first", "second"):
            own = times.rename({"who": end, "k": f"k_{end}"})
            suspect = suspect.join(own, on=(end, "where"), how="left")
        hidden = suspect.select("where", product=pl.col("k_first") * pl.col("k_second"))
        places = len(met.resources)
        return chance_of_meeting(
            self._visits,
            np.bincount(casual, minlength=places).astype(float),
            left_out=np.bincount(
                hidden["where"].to_numpy(), hidden["product"].to_numpy(), minlength=places
            ).astype(float),
            prior=_PRIOR_PAIRS,
            base=base,
        )

    def of(self, first: Integers, second: Integers) -> Allowed:
        """Return what chance allows pairs of agents."""
        alike = np.einsum("ij,ij->i", self._hours[first], self._hours[second])
        allowed = chance_meetings(self._visits, self._chance, (first, second))
        return Allowed(allowed.expected * alike, allowed.most)


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
