"""The rules of permission in use: every grant seen, and what it answers of an action."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from commonmode.detectors.scope.grants import (
    PERMITTED,
    Act,
    Answer,
    Grant,
    covers,
    end_of,
    widens,
)

ARREARS = timedelta(days=1)
"""How long after its use an exception may be reviewed."""

_BEST_FIRST: tuple[Answer, ...] = ("ok", "break-glass", "undetermined")


class Review(NamedTuple):
    """One `decision_reviewed` event that approves or rejects a grant."""

    approved: bool
    at: datetime
    known: datetime


class _Sight(NamedTuple):
    """What is looked at: grants that start before `until`, and what was written down by `by`."""

    until: datetime | None
    by: datetime | None

    def reaches(self, start: datetime) -> bool:
        return self.until is None or start < self.until

    def in_time(self, reviewed: datetime) -> bool:
        return self.until is None or reviewed - self.until < ARREARS

    def knew(self, known: datetime) -> bool:
        return self.by is None or known <= self.by


class Ledger:
    """All grants, revocations and reviews seen, in whatever order they came.

    Examples
    --------
    >>> nine, ten = datetime(2026, 1, 1, 9, tzinfo=UTC), datetime(2026, 1, 1, 10, tzinfo=UTC)
    >>> ledger = Ledger()
    >>> ledger.add(Grant("g", "ann", None, None, frozenset({"repo/p1"}), nine, nine, ten))
    >>> ledger.answer(Act("ann", None, "read", "repo/p1/a.py", nine))
    'ok'
    >>> ledger.answer(Act("ann", None, "read", "repo/p1/a.py", ten))
    'breach'
    >>> ledger.answer(Act("bob", None, "read", "repo/p1/a.py", nine))
    'undetermined'
    """

    def __init__(self) -> None:
        self._by_id: dict[str, set[Grant]] = defaultdict(set)
        self._by_agent: dict[str, set[Grant]] = defaultdict(set)
        self._by_parent: dict[str, set[Grant]] = defaultdict(set)
        self._revoked: dict[str, set[tuple[datetime, datetime]]] = defaultdict(set)
        self._reviews: dict[str, set[Review]] = defaultdict(set)
        self._latest = datetime.min.replace(tzinfo=UTC)

    def add(self, grant: Grant) -> None:
        """Enter a grant; entering it twice changes nothing."""
        self._by_id[grant.grant].add(grant)
        self._by_agent[grant.agent].add(grant)
        if grant.parent is not None:
            self._by_parent[grant.parent].add(grant)
        self._latest = max(self._latest, grant.known or grant.at)

    def revoke(self, grant: str, at: datetime, known: datetime | None = None) -> None:
        """Enter a revocation, and when it was written down; twice changes nothing."""
        self._revoked[grant].add((at, known or at))
        self._latest = max(self._latest, known or at)

    def review(self, grant: str, review: Review) -> None:
        """Enter the review of an exception; entering it twice changes nothing."""
        self._reviews[grant].add(review)
        self._latest = max(self._latest, review.known)

    def answer(
        self, act: Act, until: datetime | None = None, *, by: datetime | None = None
    ) -> Answer:
        """Judge one action at its event time, knowing the grants that start before `until`.

        Formula: permitted ⇔ there is a chain leaf → … → root of grants, the leaf held by the agent
        (and the one it named, if it named one), each of which was in force at the time of the
        action and covers its action, its resource and the labels of its data, and each exception
        of which was approved. Undetermined ⇔ there is none, but there may be: a chain leads to a
        grant never seen, an exception was not reviewed, the event says not enough to compare, or
        no grant is known of the agent at all. Breach otherwise; confused, if the same action on
        data without labels were permitted. A chain in a circle has no root.

        Parameters
        ----------
        act : Act
            The action.
        until : datetime, optional
            End of the window that is judged; None: no window.
        by : datetime, optional
            Judge by what was written down by then; None: by all that is known now.
        """
        sight = _Sight(until, by)
        said = self._judge(act, sight)
        if said == "breach" and act.labels:
            unlabelled = self._judge(act._replace(labels=frozenset()), sight)
            return "confused" if unlabelled in PERMITTED else said
        return said

    def knew_all(self, by: datetime) -> bool:
        """Whether all that is known now was written down by some time."""
        return self._latest <= by

    def lineage(self, grant: str) -> set[str]:
        """Return a grant's id and the ids of all delegated from it."""
        found, todo = set[str](), [grant]
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo.extend(heir.grant for heir in self._by_parent.get(name, ()))
        return found

    def holders(self, grants: Iterable[str]) -> set[str]:
        """Return the agents that hold any of some grants."""
        return {held.agent for name in grants for held in self._by_id.get(name, ())}

    def issued(self, grant: str) -> set[Grant]:
        """Return all grants of an id."""
        return self._by_id.get(grant, set())

    def heirs(self, grant: str) -> set[str]:
        """Return the ids of grants that were delegated from one."""
        return {heir.grant for heir in self._by_parent.get(grant, ())}

    def held(self, agent: str, until: datetime) -> list[Grant]:
        """Return the grants of an agent that start before some time."""
        return self._known(self._by_agent.get(agent, ()), _Sight(until, None))

    def above(self, grant: Grant, until: datetime) -> list[Grant]:
        """Return the grants of a grant's parent that start before some time."""
        return self._known(self._by_id.get(grant.parent or "", ()), _Sight(until, None))

    def wider(self, agent: str, until: datetime) -> list[str]:
        """Return the ids of grants an agent holds that go beyond every grant of their parent's."""
        held = self.held(agent, until)
        return sorted({one.grant for one in held if widens(one, self.above(one, until))})

    def _judge(self, act: Act, sight: _Sight) -> Answer:
        if act.grant is None:
            leaves = self._known(self._by_agent.get(act.agent, ()), sight)
        else:
            leaves = self._known(self._by_id.get(act.grant, ()), sight)
        if not leaves:
            return "undetermined"
        return self._climb(act, [g for g in leaves if g.agent == act.agent], sight)

    def _climb(self, act: Act, leaves: list[Grant], sight: _Sight) -> Answer:
        answers = set[Answer]()
        seen = set[tuple[Grant, bool, bool]]()
        todo = [(leaf, True, False) for leaf in leaves]
        while todo:
            grant, surely, broken = todo.pop()
            permits = self._permits(grant, act, sight)
            if permits == "breach":
                continue
            link = (grant, surely and permits == "ok", broken or grant.glass)
            if link in seen:
                continue
            seen.add(link)
            _, sure, glass = link
            if grant.parent is None and sure:
                answers.add("break-glass" if glass else "ok")
                continue
            parents = self._known(self._by_id.get(grant.parent or "", ()), sight)
            if not parents:
                answers.add("undetermined")
            todo.extend((parent, sure, glass) for parent in parents)
        for answer in _BEST_FIRST:
            if answer in answers:
                return answer
        return "breach"

    def _permits(self, grant: Grant, act: Act, sight: _Sight) -> Answer:
        """Whether one grant permits an action at its time, its parents aside."""
        end = end_of(grant, self._cuts(grant, sight))
        if not (grant.start <= act.at and (end is None or act.at < end)):
            return "breach"
        said = covers(grant, act)
        if grant.glass and said != "breach":
            approved = self._approved(grant.grant, sight)
            return "breach" if approved is False else said if approved else "undetermined"
        return said

    def _cuts(self, grant: Grant, sight: _Sight) -> dict[str, list[datetime]]:
        ids = (grant.grant, grant.parent or "")
        return {
            name: [at for at, known in self._revoked[name] if sight.knew(known)]
            for name in ids
            if name in self._revoked
        }

    def _approved(self, grant: str, sight: _Sight) -> bool | None:
        """Whether an exception was approved; one rejection is enough to say no."""
        said = [
            review.approved
            for review in self._reviews.get(grant, ())
            if sight.knew(review.known) and sight.in_time(review.at)
        ]
        return all(said) if said else None

    @staticmethod
    def _known(grants: Iterable[Grant], sight: _Sight) -> list[Grant]:
        return [g for g in grants if sight.reaches(g.start) and sight.knew(g.known or g.at)]
