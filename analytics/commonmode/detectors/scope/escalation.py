"""Escalation edges: grants that name more than the grant they were delegated from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from commonmode.detectors.base import Window
from commonmode.detectors.scope import sql
from commonmode.detectors.scope.grants import Grant, beyond, widens
from commonmode.detectors.scope.hindsight import grants_of
from commonmode.detectors.scope.terms import each, read_terms
from commonmode.detectors.score import Score

MOST_NAMED = 20

_NOTE = (
    "A grant permits no more than its parent, whatever it names: who relies on these breaches "
    "its scope. It may be a slip of whoever wrote the grant, or a parent widened too late."
)


class Edge(NamedTuple):
    """A grant with all grants of its parent's id, beyond each of which it goes."""

    child: Grant
    parents: tuple[Grant, ...]


def flagged_at(grant: Grant) -> datetime:
    """Return when a grant is flagged: once it is given and in force."""
    return max(grant.at, grant.start)


def edges(grants: pl.DataFrame, window: Window) -> list[Edge]:
    """Find the escalation edges of a window: S_child ⊄ S_parent, at grant time.

    Parameters
    ----------
    grants : polars.DataFrame
        Every grant that starts before the window ends.
    window : Window
        When they were given.
    """
    given = pl.max_horizontal("at", "start").is_between(window.start, window.end, closed="left")
    issued = grants.filter(pl.col("parent").is_not_null() & given)
    named = issued.select(grant="parent").unique()
    above = grants.join(named, on="grant", how="semi").select(parent="grant", above="terms")
    pairs = issued.select("parent", "terms").unique().join(above.unique(), on="parent")
    pairs = each(pairs, ("terms", "above"), "more", pl.Boolean, _more)
    wider = pairs.group_by("parent", "terms").agg(pl.col("more").all()).filter("more")
    suspects = issued.join(wider, on=("parent", "terms"), how="semi")
    parents = grants.join(suspects.select(grant="parent").unique(), on="grant", how="semi")
    return between(grants_of(suspects), grants_of(parents))


@lru_cache(maxsize=2**17)
def _more(child: str, parent: str) -> bool:
    return bool(beyond(read_terms(child), read_terms(parent)))


def between(children: Iterable[Grant], parents: Iterable[Grant]) -> list[Edge]:
    """Pair grants with those of their parent's id, and keep the pairs that are escalations."""
    by_id: dict[str, list[Grant]] = {}
    for parent in parents:
        by_id.setdefault(parent.grant, []).append(parent)
    pairs = [Edge(child, tuple(by_id.get(child.parent or "", ()))) for child in children]
    return [edge for edge in pairs if widens(*edge)]


def scores(found: Iterable[Edge], window: Window) -> list[Score]:
    """Score the escalations of a window, one per id of a grant."""
    by_id: dict[str, list[Edge]] = {}
    for edge in found:
        by_id.setdefault(edge.child.grant, []).append(edge)
    return [_score(name, by_id[name], window) for name in sorted(by_id)]


def _score(name: str, found: list[Edge], window: Window) -> Score:
    more = sorted(set[str]().union(*(beyond(e.child, p) for e in found for p in e.parents)))
    holders = sorted({edge.child.agent for edge in found})
    parents = sorted({edge.child.parent or "" for edge in found})
    named = sum(_size(edge.child) for edge in found)
    return Score(
        subject=f"grant:{name}",
        verdict="finding",
        claim=(
            f"Escalation edge {', '.join(parents)} → {name}: held by {', '.join(holders)}, it "
            f"names {len(more)} more than the grant it was delegated from: "
            f"{', '.join(more[:MOST_NAMED])}."
        ),
        statistic=1.0,
        effect=min(1.0, len(more) / named),
        n=named,
        evidence=sql.edge_evidence(name, window),
        recompute=sql.edge_recompute(name, window),
        agents=tuple(holders),
        resources=tuple(more[:MOST_NAMED]),
        measures={"beyond_parent": float(len(more))},
        reasons=(_NOTE,),
    )


def _size(grant: Grant) -> int:
    return sum(len(part or ()) for part in (grant.actions, grant.places, grant.labels))
