"""Who was where, when: agents on shared resources in bins of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from commonmode.detectors.collusion.packing import Codes, Packing
from commonmode.detectors.numbering import Naming, Numbering, Order
from commonmode.detectors.tally import TallyTable
from commonmode.statistics.ballots import Integers

KINDS = ("action_taken", "bid_placed", "state_changed")
"""The kinds of event that put an agent on a resource."""
NAMED = ("agent", "resource")
"""Columns that presence holds no text of."""

PRESENCE = TallyTable(
    schema={
        "agent": pl.String,
        "resource": pl.String,
        "bin": pl.Int64,
        "operator": pl.String,
        "task": pl.UInt32,
    },
    keys=("agent", "resource", "bin"),
    minima=("operator", "task"),
)
"""Which agents were on which resources in which bins, for whom and for what task.

Of a task only its digest is kept: nothing but whether two are the same is asked of it, and most
acts have one of their own. Of several the smallest digest stays, so that two sets of tasks are
taken for the same as often as they overlap (MinHash).
"""

MESSAGES = TallyTable(
    schema={"agent": pl.String, "recipient": pl.String, "messages": pl.Int64},
    keys=("agent", "recipient"),
    sums=("messages",),
)
"""Who wrote to whom directly."""


def presence(events: pl.LazyFrame, width: timedelta) -> pl.DataFrame:
    """Say which agents acted on which resources in bins of `width`, from 1970 on.

    One row per act: merging makes those of one bin one.
    """
    bin_us = width // timedelta(microseconds=1)
    acted = events.filter(
        pl.col("kind").is_in(KINDS) & pl.col("resource").is_not_null() & ~called()
    )
    return acted.select(
        "agent",
        "resource",
        bin=pl.col("at").dt.epoch("us") // bin_us,
        operator="operator",
        task=pl.when(pl.col("task").is_not_null()).then(_digest("task")),
    ).collect()


def _digest(column: str) -> pl.Expr:
    return (pl.col(column).hash() // 2**32).cast(pl.UInt32)


def called() -> pl.Expr:
    """Whether an event is a bid in an auction: that calls its bidders together, all at once."""
    return (pl.col("kind") == "bid_placed") & pl.col("context").is_not_null()


def messages(events: pl.LazyFrame) -> pl.DataFrame:
    """Say who wrote to whom; one row per message: merging counts them."""
    sent = events.filter((pl.col("kind") == "message_sent") & pl.col("recipient").is_not_null())
    return sent.select("agent", "recipient", messages=pl.lit(1, pl.Int64)).collect()


class Presences:
    """The tally of presence, part by part as it comes: as long as the log, and never merged.

    Texts, or their digests, are numbered as they come, as grouping them is most of what judging
    would take.
    """

    def __init__(self) -> None:
        self._names = {name: Numbering() for name in (*NAMED, "operator")}
        self._parts = [PRESENCE.empty().with_columns(pl.col(pl.String).cast(pl.UInt32))]

    def add(self, part: pl.DataFrame) -> None:
        """Take in some more acts."""
        numbered = part.with_columns(of.of(part[name]) for name, of in self._names.items())
        self._parts.append(numbered.select(list(PRESENCE.schema)))

    def coded(self, names: Callable[[str], Naming] | None = None) -> Coded:
        """Return all of it; nothing is left here.

        Parameters
        ----------
        names : callable, optional
            Returns what gives the texts of digests of a column, where these have come.
        """
        whose, where = (names and names(name) for name in NAMED)
        agents = self._names.pop("agent").by_text(whose)
        operators = self._names.pop("operator").by_text()
        places = self._names.pop("resource").by_hash(where)
        rows = pl.concat(self._parts)
        self._parts.clear()
        who = agents.ranks[rows["agent"].to_numpy()]
        runs = _operators(who, rows["operator"], agents, operators)
        when = rows["bin"].to_numpy()
        bins = (int(when.min()), int(when.max())) if len(when) else (0, 0)
        packing = Packing.of(len(agents), len(places), bins)
        act = packing.pack(who, places.ranks[rows["resource"].to_numpy()], when)
        told = rows.select("task", act=pl.Series(act))
        return Coded(agents, places, packing, _distinct(np.sort(act)), told, runs)


@dataclass(frozen=True)
class Coded:
    """Presence with numbers for names: what is looked at again and again.

    Attributes
    ----------
    agents, resources : Order
        Names; their ranks are the codes.
    packing : Packing
        How codes and bins share a number.
    acts : ndarray of int
        Agent, place and bin of each act, packed and sorted; none twice.
    told : polars.DataFrame
        Columns ``act``, packed, and ``task``, in no order: asked for a few agents only.
    operators : polars.DataFrame
        Columns ``agent`` and ``operator``, each agent once.
    """

    agents: Order
    resources: Order
    packing: Packing
    acts: Integers
    told: pl.DataFrame
    operators: pl.DataFrame

    @classmethod
    def of(cls, parts: Iterable[pl.DataFrame]) -> Coded:
        """Code parts of the tally of presence; they need not be merged.

        Examples
        --------
        >>> day = {"bin": 0, "operator": "op", "task": None}
        >>> parts = [pl.DataFrame([{"agent": who, "resource": "x", **day}]) for who in "bab"]
        >>> seen = Coded.of(part.cast(PRESENCE.schema) for part in parts)
        >>> seen.agents.texts().to_list(), seen.packing.who_of(seen.acts).tolist()
        (['a', 'b'], [0, 1])
        """
        presences = Presences()
        for part in parts:
            presences.add(part)
        return presences.coded()

    def tasks(self, agents: Integers, wider: int) -> pl.DataFrame:
        """Return for what task some agents came where, in wider bins: that of the earliest act.

        Returns
        -------
        polars.DataFrame
            Columns ``who``, ``where``, ``bin`` and ``task``; each agent, place and bin once.
        """
        asked = np.zeros(len(self.agents), dtype=bool)
        asked[agents] = True
        acts = self.told["act"].to_numpy()
        told = self.told.filter(asked[self.packing.who_of(acts)])
        first = told.sort("act", "task", nulls_last=True)
        wide = self.packing.widened(first["act"].to_numpy(), wider)
        return (
            placed(self.packing, wide)
            .with_columns(first["task"])
            .unique(("who", "where", "bin"), keep="first", maintain_order=True)
        )


def placed(packing: Packing, packed: Integers) -> pl.DataFrame:
    """Return agent, place and bin of acts as columns ``who``, ``where`` and ``bin``."""
    return pl.DataFrame(
        {
            "who": packing.who_of(packed),
            "where": packing.where_of(packed),
            "bin": packing.bin_of(packed),
        }
    )


def _operators(who: Codes, by: pl.Series, agents: Order, operators: Order) -> pl.DataFrame:
    """Return the smallest operator of each agent; most have one, so few are looked at twice."""
    none = len(operators)
    ranks = np.append(operators.ranks, np.uint32(none))
    of_act = ranks[by.fill_null(none).to_numpy()]
    least = np.full(len(agents), none, np.uint32)
    while (less := of_act < least[who]).any():
        least[who[less]] = of_act[less]
    names = operators.texts().extend_constant(None, 1)
    return pl.DataFrame({"agent": agents.texts(), "operator": names.gather(least)})


def _distinct(ordered: Integers) -> Integers:
    first = changes(ordered)
    return ordered if first.all() else ordered[first]


def changes(ordered: Integers) -> npt.NDArray[np.bool_]:
    """Return which of some sorted numbers differ from the one before; the first does."""
    other = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=other[1:])
    return other


def apart(ordered: Integers, by: int) -> npt.NDArray[np.bool_]:
    """Return which of some sorted numbers are further than that from the one before."""
    far = np.ones(len(ordered), dtype=bool)
    np.greater(np.diff(ordered), by, out=far[1:])
    return far


def visits(coded: Coded, wider: int, pause: int) -> Integers:
    """Return the bins in which a visit began: acts up to `pause` bins apart are one visit.

    A session that dwells on a resource is one coincidence, not one per bin.

    Parameters
    ----------
    coded : Coded
        Presence.
    wider : int
        How many bins of presence make one bin here.
    pause : int
        Longest silence within a visit, in the wider bins.

    Returns
    -------
    ndarray of int
        Packed and sorted.
    """
    packing, acts = coded.packing, coded.acts
    wide = acts if wider == 1 else packing.widened(acts, wider)
    # Bins of two places are further apart than any two of one.
    longest = min(pause, (1 << packing.bin - 1) - 1)
    # Acts of one wide bin stand side by side; the first of them decides.
    return wide[apart(wide, longest)]
