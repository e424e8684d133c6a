"""Planted scope breaches: use of a lent grant past what it permits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from commonmode.economy.acts import CANCEL, ORDER, Acts, do
from commonmode.economy.clock import HOUR, MINUTE, SECOND, Span
from commonmode.economy.delegation import Grants, grant_ids, lend, permit, review
from commonmode.economy.planting import (
    Label,
    Plan,
    Plant,
    Truth,
    check_least,
    check_share,
    punctual,
)
from commonmode.economy.rows import NOBODY, Ints, join, rows
from commonmode.economy.talk import INTERNAL, PUBLIC, sources
from commonmode.economy.talk import read as observed
from commonmode.economy.world import World

WAYS = (
    "widened",
    "expired",
    "revoked",
    "confused-path",
    "wrong-tool",
    "confused-deputy",
    "exception-expired",
    "exception-rejected",
)
"""How a grant is overstepped, each as often."""

_DEPUTY = WAYS.index("confused-deputy")
_EXCEPTIONS = (WAYS.index("exception-expired"), WAYS.index("exception-rejected"))
_DENIED = 0.25
_FEWEST = 3


@dataclass(frozen=True, kw_only=True)
class Scope(Plant):
    """A few agents use a grant that was lent to them past what it permits.

    In turn: under a child grant that names more than its parent; after it expired; after it was
    revoked; on a path that only begins like the permitted one (``…/de-lu`` under ``…/de``); with a
    tool that was not lent; on what a public page said, under a grant for internal data only; after
    an approved break-glass grant expired; under one that was rejected on review. A quarter of the
    attempts are denied. The minted child grants are labelled, too.

    Parameters
    ----------
    rate : float
        Breaches per event of the economy.
    share : float
        Share of agents that breach, at least three agents.
    """

    name: ClassVar[str] = "scope"
    phenomenon: ClassVar[str] = "scope"
    label: ClassVar[Label] = "culprit"

    rate: float = 0.002
    share: float = 0.03

    def __post_init__(self) -> None:
        """Refuse knobs that cannot be."""
        check_share(self, "rate", "share")
        check_least(self, rate=0)

    def plan(self, world: World, rng: np.random.Generator) -> Plan:
        """Choose the agents."""
        size = world.population.size
        count = min(size, max(_FEWEST, round(self.share * size)))
        prone = rng.choice(size, count, replace=False)
        early = world.span.early()

        def act(span: Span, rng: np.random.Generator) -> Sequence[pl.DataFrame]:
            inside = Span(span.start, min(span.end, early.end))
            if inside.start >= inside.end:
                return ()
            number = rng.poisson(self.rate * world.expected(inside))
            who = rng.choice(prone, number)
            return self._breach(world, who, inside.draw(number, rng), rng)

        return Plan(act=act)

    def _breach(
        self, world: World, who: Ints, at: Ints, rng: np.random.Generator
    ) -> list[pl.DataFrame]:
        way = rng.integers(0, len(WAYS), len(who))
        case = _lent(world, who, at, way, rng)
        acts = _overstep(world, case, way, rng)
        done, left = do(world, acts, rng)
        read, done = _deceived(world, acts, done, way, rng)
        denied = pl.Series(rng.random(len(who)) < _DENIED)
        left = left.filter(~left["parent"].is_in(done.filter(denied)["id"].to_list()))
        done = done.with_columns(
            attempted=denied,
            outcome=pl.when(denied).then(pl.lit("denied")).otherwise(pl.lit("ok")),
        )
        truths = [
            Truth(f"agent:{name}", {"event": event, "way": WAYS[w]})
            for name, event, w in zip(world.population.names(who), done["id"], way, strict=True)
        ]
        minted = _widened(world, case, way, rng)
        edges = [Truth(f"grant:{name}", {"way": "widened"}) for name in minted["grant"]]
        return [
            *case.frames,
            *punctual([minted]),
            _revoked(case, way, rng),
            _reviewed(case, way, rng),
            read,
            *punctual([done]),
            left,
            self.declare(truths, done["at"].to_numpy(), rng),
            self.declare(edges, minted["at"].to_numpy(), rng),
        ]


@dataclass
class _Case:
    """A grant of one plot, lent by a peer, on which each breach rests."""

    grants: Grants
    plot: Ints
    frames: list[pl.DataFrame]


def _lent(world: World, who: Ints, at: Ints, way: Ints, rng: np.random.Generator) -> _Case:
    people, markets = world.population, world.markets
    role = people.role[who].astype(np.int64)
    zones = len(people.roles[0].zones)
    plot = markets.plot(markets.draw(role, rng)) // zones * zones
    by = people.peer(who, rng)
    grants = Grants(
        who=who,
        role=role,
        at=at + SECOND,
        grant=grant_ids(len(who), rng),
        parent=people.grants(by),
        until=at + HOUR,
    )
    handed, granted = lend(world, by, grants, rng, prefix=markets.plot_paths(role, plot))
    granted = granted.with_columns(
        provenance=sources([INTERNAL] if w == _DEPUTY else None for w in way),
        break_glass=pl.Series(np.isin(way, _EXCEPTIONS)).replace({False: None}),
    )
    return _Case(grants, plot, [handed, granted])


def _deceived(
    world: World, acts: Acts, done: pl.DataFrame, way: Ints, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the public pages that deputies read, and the acts with what each rested on."""
    which = np.flatnonzero(way == _DEPUTY)
    page = world.markets.plot_paths(acts.role[which], world.markets.plot(acts.resource[which]))
    read = observed(
        acts.who[which], acts.at[which] - MINUTE, rng, page=join("news/", page, "/comments")
    )
    read = read.with_columns(provenance=sources([[PUBLIC]] * len(which)))
    parent: list[str | None] = [None] * len(way)
    for place, name in zip(which, read["id"], strict=True):
        parent[place] = name
    return read, done.with_columns(
        parent=pl.Series(parent, dtype=pl.String),
        provenance=sources([PUBLIC] if w == _DEPUTY else None for w in way),
    )


def _overstep(world: World, case: _Case, way: Ints, rng: np.random.Generator) -> Acts:
    grants, count = case.grants, len(way)
    widened, expired, revoked, confused, tool, _, late, _ = (
        way == number for number in range(len(WAYS))
    )
    plot = case.plot + np.where(widened, rng.integers(2, 6, count), confused)
    after = np.where(expired | late, HOUR, np.where(revoked, 30 * MINUTE, 0))
    lot = rng.integers(0, world.markets.lots, count)
    relied = grants.grant.zip_with(pl.Series(~widened), join(grants.grant, "/wide"))
    return Acts(
        who=grants.who,
        role=grants.role,
        resource=plot * world.markets.lots + lot,
        tool=np.where(tool, CANCEL, ORDER),
        at=grants.at + after + rng.integers(5 * MINUTE, 25 * MINUTE, count),
        grant=relied,
    )


def _widened(world: World, case: _Case, way: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """Return grants minted below the lent one that name the area where that names one zone."""
    which = np.flatnonzero(way == WAYS.index("widened"))
    parent = case.grants.grant.gather(pl.Series(which))
    minted = Grants(
        who=case.grants.who[which],
        role=case.grants.role[which],
        at=case.grants.at[which] + MINUTE,
        grant=join(parent, "/wide"),
        parent=parent,
        until=case.grants.at[which] + HOUR,
    )
    zone = world.markets.plot_paths(minted.role, case.plot[which])
    return permit(world, minted, rng, prefix=zone.str.replace(r"/[^/]*$", ""))


def _reviewed(case: _Case, way: Ints, rng: np.random.Generator) -> pl.DataFrame:
    which = np.flatnonzero(np.isin(way, _EXCEPTIONS))
    approved = way[which] == _EXCEPTIONS[0]
    at = case.grants.at[which] + 40 * MINUTE
    return review(case.grants.grant.gather(pl.Series(which)), at, approved, rng)


def _revoked(case: _Case, way: Ints, rng: np.random.Generator) -> pl.DataFrame:
    which = np.flatnonzero(way == WAYS.index("revoked"))
    at = case.grants.at[which] + 30 * MINUTE
    return rows(
        "permission_revoked",
        np.full(len(which), NOBODY),
        at,
        rng,
        agent="permissions/office",
        grant=case.grants.grant.gather(pl.Series(which)),
    )
