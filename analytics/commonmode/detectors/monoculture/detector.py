"""Monoculture: agents of one model family deciding alike beyond what the situation explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import polars as pl

from commonmode.detectors.base import Detector, Window
from commonmode.detectors.bound import Narrowing
from commonmode.detectors.monoculture.judgement import Judgement
from commonmode.detectors.monoculture.limits import Limits
from commonmode.detectors.monoculture.sql import Sample
from commonmode.detectors.monoculture.votes import VOTES, electorate, first_votes
from commonmode.detectors.score import Score
from commonmode.detectors.tally import Tallies, TallyTable


@dataclass(frozen=True, kw_only=True)
class Monoculture(Limits, Detector):
    r"""Measure how much more alike the agents of a family choose than agents of different families.

    .. math:: κ_g = \frac{Σ_x w_{xg}(U_{xg} - B_x)}{Σ_x w_{xg}(1 - B_x)},\quad
        N_{eff} = \frac{N}{1 + (N-1)κ_g}

    with, in context x (and role, where given), :math:`U_{xg}` the share of pairs of family g and
    :math:`B_x` the share of pairs of different families that chose alike, pairs of the same
    operator left out of both, and :math:`w_{xg} = \min(n_{xg}, cap)`. One vote per agent and
    context: its first ``action_taken`` there; the vote is the choice, or the action where no
    choice is given. Of a window with over 100,000 votes a sample of contexts is counted, and of a
    context with over 1,000 agents a sample of them, both drawn by the MD5 of their names.

    It fires when κ is at least `least_kappa` and larger than when families are exchanged among
    agents of the same operator and role, and is so again in a second look: without that
    third of the other families which agrees with it least and without stronger families that were
    found, and with votes compared only with votes cast at the same time.
    It cannot fire on a shock, a sensible action or an option
    set common to all, on a system prompt shared by one operator's agents, on retries, on
    persistent tastes of single agents, on one family that decides unlike all others, or on
    options whose popularity changes while families keep their own hours.

    Parameters
    ----------
    window : timedelta
        Length of a window; a day gives most agents enough contexts.
    rate : float
        False discovery rate over the families of a window (Benjamini-Hochberg).
    least_kappa : float
        Smallest κ reported, so that a huge log does not report trifles; at .02 no family, however
        large, is worth fewer than fifty agents.
    least_agents, least_contexts : int
        Below these a family is undetermined.
    draws : int
        Exchanges of families for a p-value; more when there are many families.
    most_null_votes : int
        Votes in the null's sample of contexts; a smaller sample only widens the null.
    weight_cap : float
        Votes beyond which a context counts no more.
    most_in_part : int
        In the second look, votes of a situation that count as cast at the same time.
    most_named : int
        Agents named in a score.

    Notes
    -----
    H0: given context, role and operator, an agent's family says nothing about its choices.
    Assumes that families are recorded rightly, that agents do not see each other's choices, and
    that the context holds whatever may sway a choice and differ between families: agents that
    work on other resources or tasks face another context.
    Blind to monoculture common to all families: read `between` and, where right choices are known,
    the agreement on mistakes beside it.

    References
    ----------
    Kim et al. (2025), Correlated Errors in Large Language Models, arXiv:2506.07962.
    Goel et al. (2025), Great Models Think Alike and this Undermines AI Oversight, arXiv:2502.04313.

    Examples
    --------
    Twelve agents in forty contexts; family ``a`` always plays its own draw of four options.

    >>> import numpy as np
    >>> from datetime import UTC, datetime
    >>> rng, day = np.random.default_rng(1), datetime(2026, 1, 1, tzinfo=UTC)
    >>> rows = [
    ...     {"id": f"{x}-{i}", "kind": "action_taken", "at": day, "agent": f"{'ab'[i % 2]}{i}",
    ...      "context": f"x{x}", "family": "ab"[i % 2],
    ...      "choice": f"c{x % 4 if i % 2 == 0 else rng.integers(4)}"}
    ...     for x in range(40) for i in range(12)
    ... ]
    >>> empty = {name: pl.String for name in Monoculture.columns() if name != "at"}
    >>> events = pl.LazyFrame(rows, schema={**empty, "at": pl.Datetime("us", "UTC")})
    >>> scores = Monoculture().detect(events, Window(day, day + timedelta(days=1)))
    >>> [(s.subject, s.verdict, round(s.statistic, 2), round(s.measures["n_eff"], 1))
    ...  for s in scores]
    [('family:a', 'finding', 1.0, 1.0), ('family:b', 'clear', -0.07, 6.0)]
    """

    name: ClassVar[str] = "monoculture"
    version: ClassVar[int] = 4
    names_first: ClassVar[bool] = True
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": (
            "context",
            "choice",
            "action",
            "family",
            "model",
            "operator",
            "role",
            "correct",
        ),
    }
    needs: ClassVar[Mapping[str, str]] = {"action_taken": "context"}
    tables: ClassVar[Mapping[str, TallyTable]] = {"votes": VOTES}

    window: timedelta = timedelta(days=1)

    def tally(self, events: pl.LazyFrame) -> Tallies:
        """Keep each agent's first vote in each context."""
        return {"votes": first_votes(events)}

    def narrowing(self, tallies: Tallies) -> Narrowing | None:
        """Return which contexts the sample of a window can still take in."""
        bound = self.tables["votes"].bound
        return bound.narrowing(tallies["votes"]) if bound else None

    def judge(self, tallies: Tallies, window: Window) -> Sequence[Score]:
        """Score every family that voted in the window."""
        people = electorate(tallies["votes"])
        if not people.agents:
            return ()
        return Judgement(self, window, people, self.seed, self._sample(tallies)).scores()

    def _sample(self, tallies: Tallies) -> Sample:
        bound, narrowed = self.tables["votes"].bound, self.narrowing(tallies)
        is_crowded = bound is not None and bound.is_crowded(tallies["votes"])
        return Sample(
            last_context=narrowed.most if narrowed else None,
            seats=bound.most_each if bound and is_crowded else None,
        )
