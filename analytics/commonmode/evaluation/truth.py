"""What is true of a log, by its own labels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import polars as pl
from msgspec import Struct

_A_GROUP = 2


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
    statistic : float or None
        The test statistic that was planted, where it is known.
    since : datetime or None
        When it began to be one: the time of its first label.
    """

    subject: str
    agents: frozenset[str] = frozenset()
    effect: float | None = None
    statistic: float | None = None
    since: datetime | None = None

    def accused_by(self, subject: str, agents: tuple[str, ...]) -> bool:
        """Whether an accusation is about it: of its subject, or mostly of its members.

        Formula: two members at least are accused, and they are half of the accused or more.

        Examples
        --------
        >>> ring = Culprit("ring:1", frozenset("abcdef"))
        >>> ring.accused_by("ring:x", ("a", "b")), ring.accused_by("ring:x", ("a", "y", "z"))
        (True, False)
        """
        if not self.agents:
            return subject == self.subject
        members = len(self.agents.intersection(agents))
        return members >= _A_GROUP and 2 * members >= len(set(agents))

    def found_by(self, subject: str, agents: tuple[str, ...]) -> bool:
        """Whether an accusation about it names half of its members at least.

        Examples
        --------
        >>> ring = Culprit("ring:1", frozenset("abcdef"))
        >>> ring.found_by("ring:x", ("a", "b")), ring.found_by("ring:x", ("a", "b", "c", "z"))
        (False, True)
        """
        members = len(self.agents.intersection(agents))
        return self.accused_by(subject, agents) and 2 * members >= len(self.agents)


def culprits(events: pl.DataFrame, phenomenon: str) -> list[Culprit]:
    """Return the subjects that labels call culprits of a phenomenon, each once."""
    labels = events.filter(
        (pl.col("kind") == "truth_declared")
        & (pl.col("phenomenon") == phenomenon)
        & (pl.col("label") == "culprit")
    )
    named = labels.sort("at", maintain_order=True).unique("subject", keep="first").sort("subject")
    rows = named.select("subject", "args", "value", "at").iter_rows()
    return [_culprit(subject, args, value, at) for subject, args, value, at in rows]


def _culprit(subject: str, args: str | None, effect: float | None, since: datetime) -> Culprit:
    details: dict[str, Any] = msgspec.json.decode(args) if args else {}
    agents = frozenset(details.get("agents", ()))
    return Culprit(subject, agents, effect, details.get("statistic"), since)
