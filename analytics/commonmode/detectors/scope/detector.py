"""Scope breaches: actions outside what the agent was permitted at that moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import polars as pl

from commonmode.detectors.attempt import ATTEMPT
from commonmode.detectors.base import Detector, Window
from commonmode.detectors.query import Query
from commonmode.detectors.scope import escalation
from commonmode.detectors.scope.chains import Known, resolve
from commonmode.detectors.scope.coverage import SITUATION, answers
from commonmode.detectors.scope.grants import BREACHING, PERMITTED
from commonmode.detectors.scope.hindsight import as_known_then, grants_of
from commonmode.detectors.scope.ledger import ARREARS
from commonmode.detectors.scope.reach import reach
from commonmode.detectors.scope.scoring import MOST_NAMED, Counts, exposed, score
from commonmode.detectors.scope.screen import PlainPermissions, related
from commonmode.detectors.scope.terms import labelled, wording
from commonmode.detectors.score import Score
from commonmode.detectors.screen import Screen
from commonmode.detectors.tally import Tallies, TallyTable

_TIME = pl.Datetime("us", "UTC")

GRANTS = TallyTable(
    schema={
        "grant": pl.String,
        "agent": pl.String,
        "parent": pl.String,
        "terms": pl.String,
        "glass": pl.Boolean,
        "at": _TIME,
        "start": _TIME,
        "end": _TIME,
        "known": _TIME,
    },
    keys=("grant", "agent", "parent", "terms", "glass", "at", "start", "end", "known"),
    since="start",
)
REVOCATIONS = TallyTable(
    schema={"grant": pl.String, "at": _TIME, "known": _TIME},
    keys=("grant", "at", "known"),
    since="at",
)
REVIEWS = TallyTable(
    schema={
        "grant": pl.String,
        "approved": pl.Boolean,
        "at": _TIME,
        "known": _TIME,
        "since": _TIME,
    },
    keys=("grant", "approved", "at", "known", "since"),
    since="since",
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

_KNOWN = pl.coalesce("recorded_at", "at")


@dataclass(frozen=True, kw_only=True)
class Scope(Detector):
    """Count the actions of each agent, per window, that no grant of its covered at that moment.

    .. math:: B_i = \\#\\{\\text{actions } x \\text{ of } i : x \\notin S_\\text{eff}(i, t_x)\\},
        \\qquad S_\\text{eff} = \\bigcap_{k=0}^{n} S_k

    over the links k of a delegation chain, each in force in [valid_from, valid_until) and until
    it or its parent is revoked; an agent with several grants may rely on any, unless the action
    names one. Exact: no threshold, no p-value, no false alarm but through a faulty log.

    It fires on one breaching action, whether it took effect (measure `breaches`) or was only tried
    (`attempts`: `attempted`, denied or failed); `confused` counts those that the labels of their
    data alone forbid. It fires, with subject ``grant:…``, on an escalation edge: a grant that
    names what its parent does not, once it is given. It cannot fire on an agent of whom no grant
    is known, on a chain that leads to a grant never seen or to a break-glass grant not yet
    reviewed, or on an action that does not say enough to compare: those are undetermined. A grant
    that comes late, or that is approved in arrears (`valid_from` before `at`), takes the finding
    back, as does the approval of an exception within a day after its use.
    An agent that kept to its grants, with nothing to add, gets no score.

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
    `breaches_then`, `covered_since` and `permitted_then` tell what the same actions were by what
    had been written down (`recorded_at`, or else `at`) when they were done: breaches then, those
    of them that are permitted as known now, and breaches that were permitted as known then.
    `break_glass` counts actions that only an approved exception permitted. `escalations` counts
    grants held that name more than their parent does.
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
    ('finding', 'ann acted outside its grants in 1 of 2 actions: 1 took effect.')
    """

    name: ClassVar[str] = "scope"
    version: ClassVar[int] = 2
    reads_ids: ClassVar[bool] = False
    reads: ClassVar = {
        "permission_granted": (
            "grant",
            "parent_grant",
            "actions",
            "resources",
            "provenance",
            "break_glass",
            "valid_from",
            "valid_until",
            "recorded_at",
        ),
        "permission_revoked": ("grant", "recorded_at"),
        "decision_reviewed": ("grant", "choice", "recorded_at"),
        "action_taken": ("action", "resource", "outcome", "attempted", "grant", "provenance"),
    }
    hands_on: ClassVar = ("permission_granted", "permission_revoked", "decision_reviewed")
    asked_at_once: ClassVar = {"agents": "agent", "grants": "grant"}
    beside: ClassVar = ("resource",)
    tables: ClassVar = {
        "grants": GRANTS,
        "revocations": REVOCATIONS,
        "reviews": REVIEWS,
        "actions": ACTIONS,
    }

    def tally(self, events: pl.LazyFrame) -> Tallies:
        """Keep grants, revocations and reviews as they are, and what actions asked of them."""
        kinds = {
            "permission_granted": _grants,
            "permission_revoked": _revocations,
            "decision_reviewed": _reviews,
            "action_taken": _actions,
        }
        parts = [read(events.filter(pl.col("kind") == kind)) for kind, read in kinds.items()]
        return dict(zip(self.tables, pl.collect_all(parts), strict=True))

    def judge(self, tallies: Tallies, window: Window) -> Sequence[Score]:
        """Judge every action of the window at its own time, and the grants given in it."""
        inside = pl.col("at").is_between(window.start, window.end, closed="left")
        actions = tallies["actions"].filter(inside)
        known = Known.of_tallies(tallies).before(window)
        edges = escalation.scores(escalation.edges(known.grants, window), window)
        named = actions.filter(pl.col("agent").is_not_null())
        return [*_agents(named, known, window, actions["resource"]), *edges]

    def screen(self) -> Screen:
        """Pass over the agents of whom plain permissions settle every action."""
        return PlainPermissions()

    def related(self, where: Query, doubted: pl.DataFrame | None = None) -> Query:
        """Return the condition for the grants that matter, and what is said of these."""
        return related(where, doubted)


def _agents(
    actions: pl.DataFrame, known: Known, window: Window, resources: pl.Series
) -> list[Score]:
    if actions.is_empty():
        return []
    related = known.of(actions)
    chains = resolve(*related, window)
    judged = _hindsight(answers(actions, chains, related.grants), related, window)
    speaking = judged.filter((pl.col("answer") != "ok") | pl.col("then").is_in(BREACHING))
    heard = judged.join(speaking.select("agent").unique(), on="agent", how="semi")
    told = [row for row in map(Counts._make, _per_agent(heard).iter_rows()) if not row.silent]
    if not told:
        return []
    names = pl.Series([counts.agent for counts in told], dtype=pl.String).implode()
    mine = judged.filter(pl.col("agent").is_in(names))
    used = dict(_used(mine).iter_rows())
    scopes = chains.scopes.filter(pl.col("agent").is_in(names))
    reached = dict(reach(scopes, chains.book, resources).iter_rows())
    wider = _wider(related.grants, names)
    return [
        exposed(
            score(one, sorted(wider.get(one.agent, ())), window),
            used.get(one.agent, 0),
            reached.get(one.agent),
        )
        for one in told
    ]


def _hindsight(judged: pl.DataFrame, known: Known, window: Window) -> pl.DataFrame:
    """Add `then`, the answer as known then, where it may be another or is a breach now."""
    doubtful = pl.col("answer").is_in(BREACHING) | (
        pl.col("answer").is_in(PERMITTED) & pl.col("gap")
    )
    asked = judged.filter(doubtful)
    if asked.is_empty():
        return judged.with_columns(then=pl.lit(None, pl.String))
    then = as_known_then(asked, *known.of(asked), until=window.end)
    rest = judged.filter(~doubtful).with_columns(then=pl.lit(None, pl.String))
    return pl.concat([asked.with_columns(then), rest])


def _wider(grants: pl.DataFrame, agents: pl.Series) -> dict[str, set[str]]:
    held = grants.filter(pl.col("agent").is_in(agents), pl.col("parent").is_not_null())
    parents = grants.join(held.select(grant="parent").unique(), on="grant", how="semi")
    wider = defaultdict[str, set[str]](set)
    for edge in escalation.between(grants_of(held), grants_of(parents)):
        wider[edge.child.agent].add(edge.child.grant)
    return wider


def _grants(events: pl.LazyFrame) -> pl.LazyFrame:
    return events.select(
        "grant",
        "agent",
        parent="parent_grant",
        terms=wording(),
        glass=pl.col("break_glass").fill_null(value=False),
        at="at",
        start=pl.coalesce("valid_from", "at"),
        end="valid_until",
        known=_KNOWN,
    )


def _revocations(events: pl.LazyFrame) -> pl.LazyFrame:
    return events.select("grant", "at", known=_KNOWN)


def _reviews(events: pl.LazyFrame) -> pl.LazyFrame:
    said = events.filter(
        pl.col("grant").is_not_null(), pl.col("choice").is_in(["approve", "reject"])
    )
    first = pl.lit(datetime.min.replace(tzinfo=UTC), _TIME)
    return said.select(
        "grant",
        "at",
        approved=pl.col("choice") == "approve",
        known=_KNOWN,
        since=pl.max_horizontal(pl.col("at") - ARREARS, first),
    ).select(list(REVIEWS.schema))


def _actions(events: pl.LazyFrame) -> pl.LazyFrame:
    """Write every action down: hardly two are of one instant, so merging alone adds up."""
    labels = pl.when(pl.col("provenance").is_not_null()).then(labelled())
    return events.with_columns(labels=labels, attempt=ATTEMPT, n=pl.lit(1, pl.Int64)).select(
        list(ACTIONS.schema)
    )


def _per_agent(judged: pl.DataFrame) -> pl.DataFrame:
    """Count per agent, columns as `Counts`."""
    answer, then, n = pl.col("answer"), pl.col("then"), pl.col("n")
    breach, was = answer.is_in(BREACHING), then.is_in(BREACHING)
    places = pl.col("resource").filter(breach & pl.col("resource").is_not_null())
    return (
        judged.group_by("agent")
        .agg(
            n.sum(),
            breaches=n.filter(breach & ~pl.col("attempt")).sum(),
            attempts=n.filter(breach & pl.col("attempt")).sum(),
            confused=n.filter(answer == "confused").sum(),
            break_glass=n.filter(answer == "break-glass").sum(),
            undetermined=n.filter(answer == "undetermined").sum(),
            breaches_then=n.filter(was).sum(),
            covered_since=n.filter(was & ~breach).sum(),
            permitted_then=n.filter(breach & then.is_in(PERMITTED)).sum(),
            resources=places.unique().sort().head(MOST_NAMED),
        )
        .sort("agent")
    )


def _used(judged: pl.DataFrame) -> pl.DataFrame:
    permitted = judged.filter(pl.col("answer").is_in(PERMITTED), pl.col("resource").is_not_null())
    return permitted.group_by("agent").agg(pl.col("resource").n_unique())
