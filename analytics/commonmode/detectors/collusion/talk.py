"""What members of a ring share that may explain it: messages, an operator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from commonmode.detectors.bound import digest


class Shared(NamedTuple):
    """Messages between members, whether the log holds any, and pairs of one operator."""

    messages: int
    logged: bool
    same_operator: float

    def measures(self) -> dict[str, float]:
        """Return the numbers by name."""
        written = {"messages": float(self.messages)} if self.logged else {}
        return {**written, "same_operator": self.same_operator}


class Talk:
    """Who writes to whom, and who runs whom.

    Parameters
    ----------
    messages : polars.DataFrame
        Tally; agents may be told by their digests.
    operators : polars.DataFrame
        Columns ``agent`` and ``operator``; of an agent with several the first name counts.
    """

    def __init__(self, messages: pl.DataFrame, operators: pl.DataFrame) -> None:
        self.messages, self.operators = messages, operators
        self._by_digest = messages.schema["agent"] == pl.UInt64

    def of(self, agents: Sequence[str]) -> Shared:
        """Return what some agents share."""
        among = list(agents)
        by = digest(pl.Series(among)).to_list() if self._by_digest else among
        written = self.messages.filter(pl.col("agent").is_in(by) & pl.col("recipient").is_in(among))
        return Shared(
            int(written["messages"].sum()),
            logged=not self.messages.is_empty(),
            same_operator=self._same_operator(among),
        )

    def _same_operator(self, agents: list[str]) -> float:
        own = self.operators.filter(pl.col("agent").is_in(agents))
        counts = own.group_by("agent").agg(pl.col("operator").min())["operator"].drop_nulls()
        same = sum(n * (n - 1) / 2 for n in counts.value_counts()["count"])
        return float(same / math.comb(len(agents), 2))
