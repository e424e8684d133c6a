"""Votes: each agent's first choice in each context, and who cast them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from commonmode.detectors.bound import Bound, digest
from commonmode.detectors.tally import TallyTable
from commonmode.statistics.ballots import Ballots, Integers

MOST_VOTES = 100_000
MOST_SEATS = 1_000

VOTES = TallyTable(
    schema={
        "place": pl.UInt64,
        "context": pl.String,
        "agent": pl.String,
        "at": pl.Datetime("us", "UTC"),
        "id": pl.String,
        "choice": pl.String,
        "family": pl.String,
        "operator": pl.String,
        "role": pl.String,
        "correct": pl.String,
    },
    keys=("place", "context", "agent"),
    order=("at", "id"),
    firsts=("choice", "family", "operator", "role", "correct"),
    bound=Bound(
        group="context",
        member="agent",
        digest="place",
        most=MOST_VOTES,
        most_each=MOST_SEATS,
    ),
)
"""One vote per agent and context: the first, whatever is retried or sent twice.

Of a large window it holds a sample of contexts, and of a large context one of agents.
"""


def first_votes(events: pl.LazyFrame) -> pl.DataFrame:
    """Return the table of votes among the events."""
    said = (
        events.filter(pl.col("kind") == "action_taken")
        .with_columns(choice=pl.coalesce("choice", "action"), family=pl.coalesce("family", "model"))
        .filter(pl.col("context").is_not_null() & pl.col("choice").is_not_null())
        .select(name for name in VOTES.schema if name != "place")
        .collect()
    )
    return VOTES.merge([said.with_columns(place=digest(said["context"]))])


@dataclass(frozen=True)
class Electorate:
    """Everyone who voted with a known family, as integer codes.

    Attributes
    ----------
    agents, families : list of str
        Names; their places are the codes.
    family, operator, role : ndarray of shape (agents,)
        Of each agent. An agent of unknown operator is its own operator.
    operated : ndarray of bool
        Whether the agent's operator is known.
    votes : polars.DataFrame
        Columns ``situation`` (context and role), ``choice``, ``agent``, ``operator``, ``family``
        as codes, ``at``, and ``wrong``: whether it was a mistake, null where that is not known.
    """

    agents: list[str]
    families: list[str]
    family: Integers
    operator: Integers
    role: Integers
    operated: np.ndarray[tuple[int], np.dtype[np.bool_]]
    votes: pl.DataFrame

    def ballots(self, votes: pl.DataFrame) -> Ballots:
        """Lay out some of the votes for counting pairs."""
        columns = ("situation", "choice", "agent", "operator")
        return Ballots.of(*(votes[name].to_numpy() for name in columns))

    def choosing(self, which: str) -> Electorate:
        """Return everyone with those votes alone for which a column holds."""
        return replace(self, votes=self.votes.filter(which))

    def among(self, families: Sequence[int]) -> Electorate:
        """Return the agents of some families alone, in the same order."""
        kept = np.sort(np.array(families, dtype=np.int64))
        stays = np.isin(self.family, kept)
        agent, family_now = np.cumsum(stays) - 1, np.zeros(len(self.families), np.int64)
        family_now[kept] = np.arange(len(kept))
        votes = self.votes.filter(pl.col("family").is_in(kept.tolist()))
        return Electorate(
            agents=[name for name, kept in zip(self.agents, stays, strict=True) if kept],
            families=[self.families[family] for family in kept],
            family=family_now[self.family[stays]],
            operator=self.operator[stays],
            role=self.role[stays],
            operated=self.operated[stays],
            votes=votes.with_columns(
                agent=agent[votes["agent"].to_numpy()],
                family=family_now[votes["family"].to_numpy()],
            ),
        )

    def side_by_side(self, most: int) -> Electorate:
        """Return the same votes with situations cut in time into parts of about `most` votes."""
        rank = pl.col("at").rank("ordinal").over("situation") - 1
        parts = (pl.len().over("situation") // most).clip(lower_bound=1)
        votes = self.votes.with_columns(part=rank * parts // pl.len().over("situation"))
        return replace(self, votes=votes.with_columns(situation=_code("situation", "part")))


def electorate(votes: pl.DataFrame) -> Electorate:
    """Give codes to agents, families, operators, situations; drop votes of unknown family.

    An agent has one family, operator and role in a window: the first in the alphabet where the
    log gives several.
    """
    settled = votes.with_columns(pl.col("family", "operator", "role").min().over("agent"))
    known = settled.filter(pl.col("family").is_not_null()).with_columns(
        pl.col("role").fill_null(""),
        runner=pl.coalesce("operator", pl.col("agent")),
        unknown=pl.col("operator").is_null(),
    )
    coded = known.select(
        situation=_code("context", "role"),
        choice=_code("choice"),
        agent=_code("agent"),
        operator=_code("unknown", "runner"),
        family=_code("family"),
        at="at",
        wrong=pl.col("choice") != pl.col("correct"),
        role=_code("role"),
        operated=~pl.col("unknown"),
    )
    people = coded.unique("agent").sort("agent")
    return Electorate(
        agents=known["agent"].unique().sort().to_list(),
        families=known["family"].unique().sort().to_list(),
        family=people["family"].to_numpy(),
        operator=people["operator"].to_numpy(),
        role=people["role"].to_numpy(),
        operated=people["operated"].to_numpy(),
        votes=coded.drop("role", "operated"),
    )


def _code(*columns: str) -> pl.Expr:
    # Dense ranks follow the alphabet, so that codes index sorted names.
    key = pl.col(columns[0]) if len(columns) == 1 else pl.struct(*columns)
    return key.rank("dense").cast(pl.Int64) - 1
