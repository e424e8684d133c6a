"""The rules of permission: what a grant covers, and when it ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from commonmode.events import ActionTaken, PermissionGranted

Answer = Literal["ok", "breach", "undetermined"]


class Grant(NamedTuple):
    """One `permission_granted` event. The same `grant` id may be granted again, to renew it."""

    grant: str
    agent: str
    parent: str | None
    actions: frozenset[str] | None
    places: frozenset[str] | None
    at: datetime
    start: datetime
    end: datetime | None

    @classmethod
    def of(cls, event: PermissionGranted) -> Grant:
        """Read a grant from its event."""
        return cls(
            grant=event.grant,
            agent=event.agent,
            parent=event.parent_grant,
            actions=names(event.actions),
            places=places(event.resources),
            at=event.at,
            start=event.valid_from or event.at,
            end=event.valid_until,
        )


class Act(NamedTuple):
    """What one `action_taken` event asked of permission."""

    agent: str
    grant: str | None
    action: str | None
    resource: str | None
    at: datetime

    @classmethod
    def of(cls, event: ActionTaken) -> Act:
        """Read what permission depends on from an action."""
        return cls(event.agent, event.grant, event.action, event.resource, event.at)


def names(listed: Iterable[str] | None) -> frozenset[str] | None:
    """Return a list of a grant as a set; None, which means all, stays None."""
    return None if listed is None else frozenset(listed)


def places(listed: Iterable[str] | None) -> frozenset[str] | None:
    """Return the path prefixes of a grant, each in its one form."""
    return None if listed is None else frozenset(map(place, listed))


def place(path: str) -> str:
    """Return a path prefix in its one form, without trailing slashes."""
    return path.rstrip("/")


def climbs(path: str) -> bool:
    """Whether a path has a ``..`` segment: where it leads cannot be told from the path alone."""
    return ".." in path.split("/")


def within(resource: str, prefixes: Collection[str]) -> bool:
    """Whether a resource lies under one of some prefixes, compared at ``/`` boundaries.

    A path with a ``..`` segment lies under no prefix but itself.

    Examples
    --------
    >>> within("repo/p1/a.py", {"repo/p1"}), within("repo/p19", {"repo/p1"})
    (True, False)
    >>> within("repo/p1/../p2", {"repo/p1"})
    False
    """
    if place(resource) in prefixes:
        return True
    return not climbs(resource) and any(path in prefixes for path in _above(resource))


def _above(path: str) -> Iterator[str]:
    slash = path.rfind("/")
    while slash >= 0:
        yield path[:slash]
        slash = path.rfind("/", 0, slash)


def covers(grant: Grant, act: Act) -> Answer:
    """Whether a grant's own words cover an action, time and chain aside."""
    action = grant.actions is None or (None if act.action is None else act.action in grant.actions)
    where = grant.places is None or (
        None if act.resource is None else within(act.resource, grant.places)
    )
    if action is False or where is False:
        return "breach"
    return "ok" if action and where else "undetermined"


def end_of(grant: Grant, revoked: Mapping[str, Collection[datetime]]) -> datetime | None:
    """Return when a grant ends; None: never.

    It ends at `valid_until`, or when its id or its parent's was revoked after it was granted.
    A grant of the same id after the revocation is a new one.
    """
    cuts = (*revoked.get(grant.grant, ()), *revoked.get(grant.parent or "", ()))
    times = (grant.end, *(cut for cut in cuts if cut > grant.at))
    return min((time for time in times if time is not None), default=None)


def widens(child: Grant, parent: Grant) -> bool:
    """Whether a grant names an action or a place that its parent does not.

    Leaving a list out is no widening: it then means the parent's.
    """
    if child.actions is not None and parent.actions is not None and child.actions - parent.actions:
        return True
    if child.places is None or parent.places is None:
        return False
    return not all(within(path, parent.places) for path in child.places)


class Ledger:
    """All grants and revocations seen, in whatever order they came.

    Examples
    --------
    >>> from datetime import UTC, datetime
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
        self._revoked: dict[str, set[datetime]] = defaultdict(set)

    def add(self, grant: Grant) -> None:
        """Enter a grant; entering it twice changes nothing."""
        self._by_id[grant.grant].add(grant)
        self._by_agent[grant.agent].add(grant)
        if grant.parent is not None:
            self._by_parent[grant.parent].add(grant)

    def revoke(self, grant: str, at: datetime) -> None:
        """Enter a revocation; entering it twice changes nothing."""
        self._revoked[grant].add(at)

    def answer(self, act: Act, until: datetime | None = None) -> Answer:
        """Judge one action at its event time, knowing the grants that start before `until`.

        Formula: ok ⇔ there is a chain leaf → … → root of grants, the leaf held by the agent (and
        the one it named, if it named one), each of which was in force at the time of the action and
        covers its action and its resource. Undetermined ⇔ there is none, but there may be: a
        chain leads to a grant never seen, the event says not enough to compare, or no grant
        is known of the agent at all. Breach otherwise. A chain in a circle has no root.
        """
        if act.grant is None:
            leaves = self._known(self._by_agent.get(act.agent, ()), until)
        else:
            leaves = self._known(self._by_id.get(act.grant, ()), until)
        if not leaves:
            return "undetermined"
        return self._climb(act, [g for g in leaves if g.agent == act.agent], until)

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

    def wider(self, agent: str, until: datetime) -> list[str]:
        """Return the grants an agent holds that name more than any grant of their parent's id."""
        held = self._known(self._by_agent.get(agent, ()), until)
        above = ((one, self._known(self._by_id.get(one.parent or "", ()), until)) for one in held)
        return sorted(one.grant for one, up in above if up and all(widens(one, g) for g in up))

    def _climb(self, act: Act, leaves: list[Grant], until: datetime | None) -> Answer:
        answer: Answer = "breach"
        seen = set[tuple[Grant, bool]]()
        todo = [(leaf, True) for leaf in leaves]
        while todo:
            grant, surely = todo.pop()
            sure = surely and covers(grant, act) == "ok"
            if (grant, sure) in seen or not self._permits(grant, act):
                continue
            seen.add((grant, sure))
            if grant.parent is None and sure:
                return "ok"
            parents = self._known(self._by_id.get(grant.parent or "", ()), until)
            if not parents:
                answer = "undetermined"
            todo.extend((parent, sure) for parent in parents)
        return answer

    def _permits(self, grant: Grant, act: Act) -> bool:
        end = end_of(grant, self._revoked)
        in_force = grant.start <= act.at and (end is None or act.at < end)
        return in_force and covers(grant, act) != "breach"

    def _known(self, grants: Iterable[Grant], until: datetime | None) -> list[Grant]:
        return [g for g in grants if until is None or g.start < until]
