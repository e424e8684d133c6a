"""Scope breaches: actions outside what the agent was permitted at that moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import polars as pl

from commonmode.detectors.base import Detector, Window
from commonmode.detectors.scope.chains import resolve
from commonmode.detectors.scope.coverage import SITUATION, answers
from commonmode.detectors.scope.grants import Grant, names, places
from commonmode.detectors.scope.reach import reach
from commonmode.detectors.scope.scoring import MOST_NAMED, Counts, exposed, score
from commonmode.detectors.score import Score
from commonmode.detectors.tally import Tallies, TallyTable

_TIME = pl.Datetime("us", "UTC")

GRANTS = TallyTable(
    schema={
        "grant": pl.String,
        "agent": pl.String,
        "parent": pl.String,
        "actions": pl.List(pl.String),
        "places": pl.List(pl.String),
        "at": _TIME,
        "start": _TIME,
        "end": _TIME,
    },
    keys=Grant._fields,
    carried=True,
    since="start",
)
REVOCATIONS = TallyTable(
    schema={"grant": pl.String, "at": _TIME}, keys=("grant", "at"), carried=True
)
ACTIONS = TallyTable(
    schema={
        **dict.fromkeys(SITUATION, pl.String),
        "attempt": pl.Boolean,
        "at": _TIME,
        "n": pl.Int64,
    },
    keys=(*SITUATION, "attempt", "at"),
    sums=("n",),
)

ATTEMPT = pl.col("attempted").fill_null(value=False) | pl.col("outcome").is_in(
    ["denied", "error"]
).fill_null(value=False)
"""It was tried and took no effect: the producer says so, or it was denied or failed."""


@dataclass(frozen=True, kw_only=True)
class Scope(Detector):
    """Count the actions of each agent, per window, that no grant of its covered at that moment.

    .. math:: B_i = \\#\\{\\text{actions } x \\text{ of } i : x \\notin S_\\text{eff}(i, t_x)\\},
        \\qquad S_\\text{eff} = \\bigcap_{k=0}^{n} S_k

    over the links k of a delegation chain, each in force in [valid_from, valid_until) and until
    it or its parent is revoked; an agent with several grants may rely on any, unless the action
    names one. Exact: no threshold, no p-value, no false alarm but through a faulty log.

    It fires on one breaching action, whether it took effect (measure `breaches`) or was only tried
    (`attempts`: `attempted`, denied or failed). It cannot fire on an agent of whom no grant is
    known, on a chain that leads to a grant never seen, or on an action that does not say enough
    to compare: those are undetermined. A grant that comes late, or that is approved in arrears
    (`valid_from` before `at`), takes the finding back.

    Parameters
    ----------
    window : timedelta
        Length of the tumbling windows of event time.
    seed : int
        Not used: nothing here is random.

    Notes
    -----
    Assumes that the log's grants are complete for every agent it has any of, and that clocks
    agree to within a grant's margins. Blind to harm within what was permitted.
    The measure `escalations` counts grants held that name more than their parent does; as
    S_eff narrows they permit nothing more, so they are no breach by themselves.
    `blast_radius` counts the resources anyone acted on in the window that the agent's grants reach,
    `over_privilege` is the share of them that its own work did not touch: what could go wrong, not
    what did.

    References
    ----------
    .. [1] Birgisson et al., Macaroons: Cookies with Contextual Caveats, NDSS 2014 (attenuation).
    .. [2] Pang et al., Zanzibar: Google's Consistent, Global Authorization System, USENIX ATC 2019.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from commonmode.events import ActionTaken, PermissionGranted, to_table
    >>> nine, ten = datetime(2026, 1, 1, 9, tzinfo=UTC), datetime(2026, 1, 1, 10, tzinfo=UTC)
    >>> events = [
    ...     PermissionGranted(id="1", at=nine, agent="ann", grant="g", resources=["repo/p1"]),
    ...     ActionTaken(id="2", at=nine, agent="ann", resource="repo/p1/a.py"),
    ...     ActionTaken(id="3", at=nine, agent="ann", resource="repo/p19"),
    ... ]
    >>> frame = pl.from_arrow(to_table(events)).lazy()
    >>> score, = Scope().detect(frame, Window(nine, ten))
    >>> score.verdict, score.claim
    ('finding', 'ann acted outside its grants in 1 of 2 actions: 1 took effect, 0 were only tried.')
    """

    name: ClassVar[str] = "scope"
    version: ClassVar[int] = 1
    reads: ClassVar = {
        "permission_granted": (
            "grant",
            "parent_grant",
            "actions",
            "resources",
            "valid_from",
            "valid_until",
        ),
        "permission_revoked": ("grant",),
        "action_taken": ("action", "resource", "outcome", "attempted", "grant"),
    }
    tables: ClassVar = {"grants": GRANTS, "revocations": REVOCATIONS, "actions": ACTIONS}

    def tally(self, events: pl.LazyFrame) -> Tallies:
        """Keep grants and revocations as they are, and count like actions of one instant."""
        kind = pl.col("kind")
        grants = events.filter(kind == "permission_granted").select(
            "grant",
            "agent",
            "actions",
            "at",
            parent="parent_grant",
            places="resources",
            start=pl.coalesce("valid_from", "at"),
            end="valid_until",
        )
        revocations = events.filter(kind == "permission_revoked").select("grant", "at")
        actions = (
            events.filter(kind == "action_taken")
            .group_by(*SITUATION, "at", attempt=ATTEMPT)
            .agg(n=pl.len().cast(pl.Int64))
        )
        frames = pl.collect_all([grants, revocations, actions])
        names = ("grants", "revocations", "actions")
        return {
            name: frame.select(list(self.tables[name].schema))
            for name, frame in zip(names, frames, strict=True)
        }

    def judge(self, tallies: Tallies, window: Window) -> Sequence[Score]:
        """Judge every action of the window at its own time; one score per agent that acted."""
        rows = tallies["grants"].filter(pl.col("start") < window.end)
        grants = [_grant(row) for row in rows.iter_rows(named=True)]
        chains = resolve(grants, _times(tallies["revocations"]), window)
        actions = tallies["actions"].filter(
            pl.col("at").is_between(window.start, window.end, closed="left")
        )
        scopes = chains.frame()
        judged = answers(
            actions,
            scopes,
            agents={grant.agent for grant in grants},
            grants={grant.grant for grant in grants},
        )
        wider = defaultdict[str, list[str]](list)
        for grant in chains.escalations:
            wider[grant.agent].append(grant.grant)
        reached: dict[str, int] = dict(reach(scopes, actions["resource"]).iter_rows())
        scores = list[Score]()
        for *row, used in _per_agent(judged).iter_rows():
            counts = Counts(*row)
            plain = score(counts, sorted(wider[counts.agent]), window)
            scores.append(exposed(plain, used, reached.get(counts.agent)))
        return scores


def _grant(row: dict[str, Any]) -> Grant:
    return Grant(**{**row, "actions": names(row["actions"]), "places": places(row["places"])})


def _times(revocations: pl.DataFrame) -> dict[str, list[datetime]]:
    times = revocations.group_by("grant").agg("at")
    return dict(times.iter_rows())


def _per_agent(judged: pl.DataFrame) -> pl.DataFrame:
    answer, n = pl.col("answer"), pl.col("n")
    breach = answer == "breach"
    places = pl.col("resource").filter(breach & pl.col("resource").is_not_null())
    return (
        judged.group_by("agent")
        .agg(
            n.sum(),
            breaches=n.filter(breach & ~pl.col("attempt")).sum(),
            attempts=n.filter(breach & pl.col("attempt")).sum(),
            undetermined=n.filter(answer == "undetermined").sum(),
            resources=places.unique().sort().head(MOST_NAMED),
            used=pl.col("resource").filter(answer == "ok").drop_nulls().n_unique(),
        )
        .sort("agent")
    )
