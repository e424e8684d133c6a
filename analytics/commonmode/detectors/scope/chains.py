"""Delegation chains, resolved once: what each grant is worth after every narrowing."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import polars as pl

from commonmode.detectors.base import Window
from commonmode.detectors.scope.grants import Grant, end_of, widens, within

Names = frozenset[str] | None
"""Actions or path prefixes; None means all of them."""

SCOPE_SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "agent": pl.String,
    "grant": pl.String,
    "actions": pl.List(pl.String),
    "places": pl.List(pl.String),
    "start": pl.Datetime("us", "UTC"),
    "end": pl.Datetime("us", "UTC"),
    "sure": pl.Boolean,
}


class Scope(NamedTuple):
    """What one chain of grants permits: the intersection of all its links.

    `sure` is False where the chain leads to a grant that was never seen.
    """

    actions: Names
    places: Names
    start: datetime
    end: datetime
    sure: bool


class Chains(NamedTuple):
    """Every grant's scopes, and the grants that name more than their parent permits."""

    scopes: list[tuple[Grant, Scope]]
    escalations: frozenset[Grant]

    def frame(self) -> pl.DataFrame:
        """Return one row per scope, of the agent that holds it."""
        columns = {
            "agent": [grant.agent for grant, _ in self.scopes],
            "grant": [grant.grant for grant, _ in self.scopes],
            "actions": [_listed(scope.actions) for _, scope in self.scopes],
            "places": [_listed(scope.places) for _, scope in self.scopes],
            "start": [scope.start for _, scope in self.scopes],
            "end": [scope.end for _, scope in self.scopes],
            "sure": [scope.sure for _, scope in self.scopes],
        }
        return pl.DataFrame(columns, schema=SCOPE_SCHEMA)


def _listed(names: Names) -> list[str] | None:
    return None if names is None else sorted(names)


def narrow(parent: Scope, child: Scope) -> Scope | None:
    """Return what both scopes permit; None where they are never in force together.

    A child's absent list adds no restriction, so it inherits the parent's.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> day = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    >>> parent = Scope(None, frozenset({"repo/p1", "docs"}), *day, True)
    >>> child = Scope(frozenset({"read"}), frozenset({"repo"}), *day, True)
    >>> narrow(parent, child)[:2]
    (frozenset({'read'}), frozenset({'repo/p1'}))
    """
    start, end = max(parent.start, child.start), min(parent.end, child.end)
    if start >= end:
        return None
    actions = _both(parent.actions, child.actions)
    places = _shared_places(parent.places, child.places)
    return Scope(actions, places, start, end, parent.sure and child.sure)


def _both(one: Names, other: Names) -> Names:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _shared_places(one: Names, other: Names) -> Names:
    if one is None or other is None or one == other:
        return other if one is None else one
    return frozenset(p for p in one if within(p, other)) | {p for p in other if within(p, one)}


def resolve(
    grants: Iterable[Grant], revoked: Mapping[str, Collection[datetime]], window: Window
) -> Chains:
    """Follow every chain from its root down, within a window of time.

    Formula: S_eff = ∩ S_k along the chain, and the same of validity; a grant ends early when
    its id or its parent's is revoked after it was granted. Each chain is followed once,
    whatever the number of actions; one that runs in a circle has no root and yields nothing.
    """
    grants = list(grants)
    by_id, children = defaultdict[str, list[Grant]](list), defaultdict[str, list[Grant]](list)
    for grant in grants:
        by_id[grant.grant].append(grant)
        if grant.parent is not None:
            children[grant.parent].append(grant)
    own = {grant: _own(grant, revoked, window) for grant in grants}
    roots = [g for g in grants if g.parent is None or g.parent not in by_id]
    found = dict[tuple[Grant, Scope], None]()
    todo = deque(
        (root, scope._replace(sure=root.parent is None)) for root in roots if (scope := own[root])
    )
    while todo:
        grant, scope = link = todo.popleft()
        if link in found:
            continue
        found[link] = None
        heirs = ((child, mine) for child in children[grant.grant] if (mine := own[child]))
        todo.extend((child, both) for child, mine in heirs if (both := narrow(scope, mine)))
    return Chains(list(found), _escalations(by_id, children))


def _escalations(
    by_id: Mapping[str, list[Grant]], children: Mapping[str, list[Grant]]
) -> frozenset[Grant]:
    return frozenset(
        child
        for parent, heirs in children.items()
        for child in heirs
        if (above := by_id.get(parent)) and all(widens(child, grant) for grant in above)
    )


def _own(grant: Grant, revoked: Mapping[str, Collection[datetime]], window: Window) -> Scope | None:
    """Return what a grant alone permits within the window."""
    start, end = max(grant.start, window.start), end_of(grant, revoked)
    end = window.end if end is None else min(end, window.end)
    return Scope(grant.actions, grant.places, start, end, sure=True) if start < end else None
