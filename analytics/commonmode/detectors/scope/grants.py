"""The rules of permission: what a grant covers, and when it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from commonmode.events import ActionTaken, PermissionGranted

Answer = Literal["ok", "break-glass", "undetermined", "breach", "confused"]
"""``break-glass``: permitted by an approved exception only. ``confused``: a breach by the data
alone, as a deputy is that does for a stranger what it may do for its principal."""

PERMITTED: tuple[Answer, ...] = ("ok", "break-glass")
BREACHING: tuple[Answer, ...] = ("breach", "confused")

Names = frozenset[str] | None
"""Actions, path prefixes or labels of data; None means all of them."""


class Terms(NamedTuple):
    """The words of a grant: what it permits, time aside."""

    actions: Names
    places: Names
    labels: Names


class Grant(NamedTuple):
    """One `permission_granted` event. The same `grant` id may be granted again, to renew it.

    `known` is when it was written down; None where the log does not say: then when it was given.
    """

    grant: str
    agent: str
    parent: str | None
    actions: Names
    places: Names
    at: datetime
    start: datetime
    end: datetime | None
    labels: Names = None
    glass: bool = False
    known: datetime | None = None

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
            labels=names(event.provenance),
            glass=bool(event.break_glass),
            known=event.recorded_at or event.at,
        )


class Act(NamedTuple):
    """What one `action_taken` event asked of permission."""

    agent: str
    grant: str | None
    action: str | None
    resource: str | None
    at: datetime
    labels: Names = None

    @classmethod
    def of(cls, event: ActionTaken) -> Act:
        """Read what permission depends on from an action."""
        labels = names(event.provenance)
        return cls(event.agent, event.grant, event.action, event.resource, event.at, labels)


def names(listed: Iterable[str] | None) -> Names:
    """Return a list of a grant as a set; None, which means all, stays None."""
    return None if listed is None else frozenset(listed)


def places(listed: Iterable[str] | None) -> Names:
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
    parts = (
        named(grant.actions, act.action),
        reached(grant.places, act.resource),
        clean(grant.labels, act.labels),
    )
    if False in parts:
        return "breach"
    return "undetermined" if None in parts else "ok"


def named(actions: Names, action: str | None) -> bool | None:
    """Whether a list of actions has an action; None where the event does not say which."""
    return True if actions is None else None if action is None else action in actions


def reached(prefixes: Names, resource: str | None) -> bool | None:
    """Whether a resource lies in permitted places; None where the event does not say which."""
    return True if prefixes is None else None if resource is None else within(resource, prefixes)


def clean(labels: Names, data: Names) -> bool | None:
    """Whether all labels of some data are permitted; None where the event does not say them."""
    return True if labels is None else None if data is None else data <= labels


def end_of(grant: Grant, revoked: Mapping[str, Collection[datetime]]) -> datetime | None:
    """Return when a grant ends; None: never.

    It ends at `valid_until`, or when its id or its parent's was revoked after it was granted.
    A grant of the same id after the revocation is a new one.
    """
    cuts = (*revoked.get(grant.grant, ()), *revoked.get(grant.parent or "", ()))
    times = (grant.end, *(cut for cut in cuts if cut > grant.at))
    return min((time for time in times if time is not None), default=None)


def beyond(child: Grant | Terms, parent: Grant | Terms) -> frozenset[str]:
    """Return the actions, places and labels that a grant names and its parent does not.

    Leaving a list out goes beyond nothing: it then means the parent's.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> parent = Grant("g", "ann", None, None, frozenset({"repo/p1"}), day, day, None)
    >>> sorted(beyond(parent._replace(places=frozenset({"repo/p1/src", "vault"})), parent))
    ['vault']
    """
    listed = [(child.actions, parent.actions), (child.labels, parent.labels)]
    more = [one - other for one, other in listed if one is not None and other is not None]
    if child.places is not None and parent.places is not None:
        more.append(frozenset(p for p in child.places if not within(p, parent.places)))
    return frozenset[str]().union(*more)


def widens(child: Grant, parents: Collection[Grant]) -> bool:
    """Whether a grant goes beyond every grant of its parent's id; not where none is known."""
    return bool(parents) and all(beyond(child, parent) for parent in parents)
