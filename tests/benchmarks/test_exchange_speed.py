"""What one exchange of families costs, beside a group-by of the same votes in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from commonmode.statistics.agreement import excess_agreement
from commonmode.statistics.ballots import Ballots
from commonmode.statistics.permutation import Strata

pytestmark = pytest.mark.benchmark

VOTES, AGENTS, SITUATIONS, FAMILIES, OPERATORS = 60_000, 40_000, 5_000, 8, 24
TIMES = 20


def seconds(work: Callable[[], object]) -> float:
    """Return the processor's seconds, of all threads, of one time among several."""
    work()
    start = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - start) / TIMES


def test_an_exchange_beside_a_group_by() -> None:
    rng = np.random.default_rng(1)
    agent, situation = rng.integers(0, AGENTS, VOTES), rng.integers(0, SITUATIONS, VOTES)
    operator, family = rng.integers(0, OPERATORS, AGENTS), rng.integers(0, FAMILIES, AGENTS)
    choice = rng.integers(0, 6, VOTES)
    ballots, strata = Ballots.of(situation, choice, agent, operator[agent]), Strata(operator)
    frame = pl.DataFrame({"situation": situation, "family": family[agent], "choice": choice})
    grouped = seconds(lambda: frame.group_by(pl.all()).len())
    drawn = seconds(lambda: strata.shuffled(family, rng))
    counted = seconds(lambda: excess_agreement(ballots, family, FAMILIES))
    print(  # noqa: T201  figures are what a benchmark is for
        f"\n{VOTES:,} votes of {AGENTS:,} agents: group-by {grouped * 1e3:.1f} ms; "
        f"exchanging families {drawn / grouped:.2f}, counting pairs {counted / grouped:.2f} of it"
    )
    assert min(grouped, drawn, counted) > 0
