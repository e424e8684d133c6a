"""Out of habit: acting on what no other run of the task knew of, because something read said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple

import numpy as np
import polars as pl
import scipy
from numpy.typing import NDArray

from commonmode.detectors.base import Detector, Window
from commonmode.detectors.habit import sql, wording
from commonmode.detectors.habit.references import named_once, references
from commonmode.detectors.habit.surprise import Surprise, surprise
from commonmode.detectors.habit.targets import ACTS, RUNS, TEXTS, runs, targets, texts
from commonmode.detectors.habit.wording import Compared
from commonmode.detectors.score import Score, Verdict
from commonmode.detectors.tally import Tallies, TallyTable

MOST_NAMED = 20
NULL_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Habit(Detector):
    r"""Score how surprising a run's targets are to other agents' runs of its task, in bits.

    .. math:: s = \max_a -\log_2 P_0,\qquad P_0 = \frac{N_1 + ½}{N + 1}

    over actions a aimed at what no reference run aimed that action at, with N the (run, action,
    target) of the reference runs and :math:`N_1` those of a single run (Good-Turing mass of the
    unseen); and only those whose target the run had *read* before it acted, while neither its
    task nor anything that a reference was told or read mentions it. For logs without grants: it
    says "out of habit", never "breach".

    It fires when a run acts on an address, account or place that came from content which only
    this run saw, as after a prompt injection. It cannot fire on targets named by the task, found
    in what other runs read too, or made up; on a search that only looks for a name; on an act
    that failed, was denied or only tried; nor on a run without references. The false-alarm rate
    over reference runs is at most `rate` a run.

    Parameters
    ----------
    window : timedelta
        Length of a window; runs are compared within one.
    trusted : tuple of str
        Environments whose runs say what is habit. Empty: runs in other environments than the
        run's own, or in the same one where there is no other.
    rate : float
        False-alarm rate per run, by rank among the reference runs, each left out in its turn.
    least_references : int
        With fewer reference runs of its task, a run is undetermined.
    most_references : int
        Reference runs taken of each task and environment.

    Notes
    -----
    H0: the run and its references are exchangeable. p is the rank of its score among those of
    the reference runs, scored against each other, the agent's own left out.
    Assumes that contents are logged and that references did not read the same injection: where
    every run of a task was attacked alike, nothing is out of habit. Blind to targets that are
    right for the task and wrongly used, and to harm in free text. `q_value` is for information.

    References
    ----------
    Good (1953), The population frequencies of species and the estimation of population parameters.
    Debenedetti et al. (2024), AgentDojo, arXiv:2406.13352 (the labelled runs it is tested on).

    Examples
    --------
    Two hundred agents pay the invoice they read; the last one read a page of its own.

    >>> from datetime import UTC, datetime
    >>> from commonmode.events import ActionTaken, ContentObserved, to_table
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> def run(i, account):
    ...     shared = {"agent": f"a{i}", "run": f"r{i}", "task": "pay"}
    ...     return [
    ...         ContentObserved(id=f"{i}c", at=day, content=f"to {account}", **shared),
    ...         ActionTaken(id=f"{i}a", at=day + timedelta(seconds=1), action="pay",
    ...                     resource=account, **shared),
    ...     ]
    >>> runs = [run(i, "plumber") for i in range(200)] + [run(200, "mallory")]
    >>> events = pl.from_arrow(to_table(sum(runs, []))).lazy()
    >>> scores = Habit().detect(events, Window(day, day + timedelta(days=1)))
    >>> [(s.subject, round(s.statistic, 1), s.resources) for s in scores if s.verdict == "finding"]
    [('run:r200', 7.0, ('mallory',))]
    """

    name: ClassVar[str] = "habit"
    version: ClassVar[int] = 2
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": (
            "run",
            "task",
            "environment",
            "action",
            "resource",
            "side_effect",
            "outcome",
            "attempted",
        ),
        "content_observed": ("run", "task", "environment", "content"),
        "task_delegated": ("run", "task", "environment", "args"),
        "task_ended": ("run", "task", "environment"),
    }
    tables: ClassVar[Mapping[str, TallyTable]] = {
        "runs": RUNS,
        "acts": ACTS,
        "texts": TEXTS,
    }

    window: timedelta = timedelta(days=1)
    trusted: tuple[str, ...] = ()
    rate: float = 0.01
    least_references: int = 5
    most_references: int = 64

    def tally(self, events: pl.LazyFrame) -> Tallies:
        """Keep what actions were aimed at, and what was told and read."""
        every, acts, read = pl.collect_all([runs(events), targets(events), texts(events)])
        return {"runs": every, "acts": acts, "texts": read}

    def judge(self, tallies: Tallies, window: Window) -> Sequence[Score]:
        """Score every run of a task."""
        acts, read = tallies["acts"], tallies["texts"]
        every = named_once(tallies["runs"])
        pairs = references(every, self.trusted, self.most_references)
        found = surprise(pairs, acts, read)
        null = Null(self._null(every, acts, read))
        compared = [_compared(row) for row in _rows(every, pairs, acts, found)]
        ranks = [null.rank(one) for one in compared]
        q_values = _q_values([rank.p_value for rank in ranks])
        has_read = not read["told"].all()
        return [
            self._score(one, rank, q, window, has_read=has_read)
            for one, rank, q in zip(compared, ranks, q_values, strict=True)
        ]

    def _null(self, every: pl.DataFrame, acts: pl.DataFrame, read: pl.DataFrame) -> pl.DataFrame:
        """Score reference runs against each other: columns agent, environment, bits."""
        pairs = references(every, self.trusted, self.most_references, own=True)
        scored = surprise(pairs, acts, read).runs
        enough = scored.filter(pl.col("reference_runs") >= self.least_references)
        return every.join(enough.select("run", "bits"), on="run")

    def _score(
        self, one: Compared, rank: Rank, q_value: float, window: Window, *, has_read: bool
    ) -> Score:
        ranked = len(rank.null)
        enough = len(one.references) >= self.least_references and has_read
        rankable = not one.strange or (ranked + 1) * self.rate >= 1
        verdict: Verdict = "finding" if rank.p_value <= self.rate else "clear"
        named = wording.targets(one, MOST_NAMED)
        return Score(
            subject=f"run:{one.run}",
            verdict=verdict if enough and rankable else "undetermined",
            claim=wording.claim(one),
            statistic=one.bits,
            effect=len(one.strange) / max(one.actions, 1),
            n=len(one.references),
            evidence=sql.evidence(one.run, list(one.references), window),
            recompute=sql.recompute(one.run, list(one.references), window),
            null_sample=_quantiles(rank.null),
            p_value=rank.p_value,
            q_value=q_value,
            agents=(one.agent,),
            resources=tuple(named),
            measures={
                "strange_targets": float(len(one.strange)),
                "actions": float(one.actions),
                "reference_runs": float(len(one.references)),
                "unseen_mass": one.unseen_mass,
            },
            reasons=tuple(
                wording.reasons(
                    one,
                    least=self.least_references,
                    ranked=ranked,
                    rate=self.rate,
                    read=has_read,
                )
            ),
        )


def _rows(
    every: pl.DataFrame, pairs: pl.DataFrame, acts: pl.DataFrame, found: Surprise
) -> list[dict[str, Any]]:
    strange = found.strange.group_by("run", maintain_order=True).agg(
        strange=pl.struct(pl.col("action").fill_null("an action"), "target")
    )
    compared_with = pairs.group_by("run", maintain_order=True).agg("reference", "environment_of")
    actions = acts.group_by("run").agg(actions=pl.col("id").n_unique())
    for part in (found.runs, strange, compared_with, actions):
        every = every.join(part, on="run", how="left")
    return every.sort("run").to_dicts()


def _compared(row: dict[str, Any]) -> Compared:
    return Compared(
        run=row["run"],
        task=row["task"],
        agent=row["agent"],
        references=tuple(row["reference"] or ()),
        environments=tuple(sorted(set(row["environment_of"] or ()))),
        actions=row["actions"] or 0,
        unseen_mass=row["unseen_mass"] or 0.0,
        bits=row["bits"] or 0.0,
        strange=tuple((one["action"], one["target"]) for one in row["strange"] or ()),
    )


class Rank(NamedTuple):
    """Where a run's score stands among those of reference runs."""

    p_value: float
    null: NDArray[np.float64]


class Null:
    """The scores of reference runs, looked up by environment with an agent's own left out."""

    def __init__(self, scored: pl.DataFrame) -> None:
        self._agents = scored["agent"].to_numpy()
        self._environments = scored["environment"].to_numpy()
        self._bits = scored["bits"].to_numpy()

    def rank(self, one: Compared) -> Rank:
        """Return p = (1 + references that score as high) / (1 + references); 1 for no bits."""
        if one.bits == 0:
            return Rank(1.0, np.empty(0))
        theirs = np.isin(self._environments, one.environments) & (self._agents != one.agent)
        null = np.sort(self._bits[theirs])
        return Rank(float((1 + (null >= one.bits).sum()) / (1 + len(null))), null)


def _q_values(p_values: Sequence[float]) -> list[float]:
    return [float(q) for q in scipy.stats.false_discovery_control(p_values)] if p_values else []


def _quantiles(null: NDArray[np.float64]) -> tuple[float, ...]:
    if len(null) <= NULL_SHOWN:
        return tuple(map(float, null))
    return tuple(map(float, np.quantile(null, np.linspace(0, 1, NULL_SHOWN))))
