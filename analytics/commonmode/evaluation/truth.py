"""What is true of a log, by its own labels."""

from __future__ import annotations

from typing import Any

import msgspec
import polars as pl
from msgspec import Struct

_ENOUGH = 0.5


class Culprit(Struct, frozen=True):
    """One planted subject.

    Attributes
    ----------
    subject : str
        Its name.
    agents : frozenset of str
        Its members, where it is a group.
    effect : float or None
        The effect size that was planted, where it is known.
    """

    subject: str
    agents: frozenset[str] = frozenset()
    effect: float | None = None

    def named_by(self, subject: str, agents: tuple[str, ...]) -> bool:
        """Whether a score names it: by its subject, or by a group that shares half of the agents.

        Formula: Jaccard(A, B) ≥ 1/2.

        Examples
        --------
        >>> ring = Culprit("ring:1", frozenset("abcd"))
        >>> ring.named_by("ring:x", ("a", "b", "c")), ring.named_by("ring:x", ("a", "z"))
        (True, False)
        """
        if not self.agents:
            return subject == self.subject
        named = frozenset(agents)
        return len(named & self.agents) >= _ENOUGH * len(named | self.agents)


def culprits(events: pl.DataFrame, phenomenon: str) -> list[Culprit]:
    """Return the subjects that labels call culprits of a phenomenon, each once."""
    labels = events.filter(
        (pl.col("kind") == "truth_declared")
        & (pl.col("phenomenon") == phenomenon)
        & (pl.col("label") == "culprit")
    )
    named = labels.unique("subject", maintain_order=True).sort("subject")
    rows = named.select("subject", "args", "value").iter_rows()
    return [Culprit(subject, _agents(args), value) for subject, args, value in rows]


def _agents(args: str | None) -> frozenset[str]:
    details: dict[str, Any] = msgspec.json.decode(args) if args else {}
    return frozenset(details.get("agents", ()))
