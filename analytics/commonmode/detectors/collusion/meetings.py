"""Pairs of agents that began visits to one resource in the same bin, and what chance expects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

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
    agents, resources : list of str
        Names; their places are the codes.
    visits : polars.DataFrame
        Columns ``who``, ``where``, ``bin``, ``crowd`` (agents that began a visit with it).
    joint : polars.DataFrame
        One row per meeting: ``first`` < ``second``, ``where``, ``bin``, ``same_task``.
    """

    agents: list[str]
    resources: list[str]
    visits: pl.DataFrame
    joint: pl.DataFrame

    def pairs(self, least: int) -> pl.DataFrame:
        """Return pairs that met in at least so many different bins: ``first, second, met``."""
        met = self.joint.group_by("first", "second").agg(met=pl.col("bin").n_unique())
        return met.filter(pl.col("met") >= least).sort("first", "second")


def meetings(visits: pl.DataFrame, most_agents: int) -> Meetings:
    """Code the visits and find who met, in bins that no more than `most_agents` share."""
    coded = visits.select(
        who=pl.col("agent").rank("dense").cast(pl.Int64) - 1,
        where=pl.col("resource").rank("dense").cast(pl.Int64) - 1,
        bin="bin",
        task="task",
    ).with_columns(crowd=pl.len().over("where", "bin").cast(pl.Int64))
    quiet = coded.filter(pl.col("crowd") <= most_agents)
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
    names = visits["agent"].unique().sort().to_list()
    return Meetings(names, visits["resource"].unique().sort().to_list(), quiet, joint)


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
        self._visits = csr_matrix((np.ones(len(who)), (who, where)), shape=shape)
        self._chance = self._chances(met, _base(when))
        self._hours = _hours(who, when, len(met.agents), part_bins)

    def _chances(self, met: Meetings, base: float) -> Floats:
        often = met.joint.group_by("first", "second", "where").agg(times=pl.col("bin").n_unique())
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
    share = np.unique(when, return_counts=True)[1] / max(len(when), 1)
    return float((share**2).sum())


def _hours(who: Integers, when: Integers, agents: int, part_bins: int) -> Floats:
    part = (when - when.min()) // part_bins if len(when) else when
    parts = int(part.max()) + 1 if len(part) else 1
    table = np.bincount(who * parts + part, minlength=agents * parts).reshape(agents, parts)
    return shared_hours(table.astype(float), _ORDINARY_VISITS)
