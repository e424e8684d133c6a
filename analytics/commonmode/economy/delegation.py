"""Tasks handed on, with grants that narrow at every step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from commonmode.economy.acts import CANCEL, ORDER, PRICE, READ, Acts, do
from commonmode.economy.clock import HOUR, MINUTE, SECOND, Span
from commonmode.economy.markets import task_ids
from commonmode.economy.rows import NOBODY, Flags, Ints, gather, join, rows
from commonmode.economy.world import World

EVENTS_A_CHAIN = 6
"""Events of an everyday delegation: handing over, granting, three acts and a footprint."""

EVERYTHING = (READ, ORDER, CANCEL, PRICE)
ON_LOAN = (READ, ORDER, PRICE)
"""Tools of a role, and those of them that are lent with a task."""

_ACTS = 3
_TERM = 2 * HOUR


@dataclass
class Grants:
    """Grants, one per entry.

    Attributes
    ----------
    who, role, at : array of int
        Who is given it, whose tools and resources it is about, when.
    grant : Series
        Its id.
    parent : Series, optional
        The grant it narrows.
    since, until : array of int, optional
        From when, by default `at`, and until when it is valid.
    """

    who: Ints
    role: Ints
    at: Ints
    grant: pl.Series
    parent: pl.Series | None = None
    since: Ints | None = None
    until: Ints | None = None


def permit(
    world: World,
    grants: Grants,
    rng: np.random.Generator,
    *,
    prefix: pl.Series,
    tools: tuple[int, ...] = ON_LOAN,
) -> pl.DataFrame:
    """Write down grants of some tools below one path prefix each."""
    sets = [[role.tools[tool] for tool in tools] for role in world.population.roles]
    return rows(
        "permission_granted",
        grants.who,
        grants.at,
        rng,
        grant=grants.grant,
        parent_grant=grants.parent,
        actions=pl.Series(sets, dtype=pl.List(pl.String)).gather(pl.Series(grants.role)),
        resources=pl.select(pl.concat_list(prefix)).to_series(),
        valid_from=grants.at if grants.since is None else grants.since,
        valid_until=grants.until,
    )


def lend(
    world: World, by: Ints, grants: Grants, rng: np.random.Generator, *, prefix: pl.Series
) -> list[pl.DataFrame]:
    """Write down tasks handed on `by` agents, each with its grant a second later."""
    desk = world.markets.desks(grants.role)
    task = task_ids(desk, by, grants.at)
    handed = rows(
        "task_delegated",
        by,
        grants.at - SECOND,
        rng,
        delegatee=world.population.names(grants.who),
        subtask=join(task, "/", grants.grant.str.slice(-6)),
        task=task,
        task_type=desk,
        grant=grants.grant,
        valid_until=grants.until,
    )
    return [handed, permit(world, grants, rng, prefix=prefix)]


OFFICER = "permissions/duty-officer"
"""Who reviews exceptions."""


def review(
    grant: pl.Series,
    at: Ints,
    approved: Flags,
    rng: np.random.Generator,
    **columns: pl.Series,
) -> pl.DataFrame:
    """Write down reviews of break-glass grants; further columns may say of which act."""
    count = len(grant)
    return rows(
        "decision_reviewed",
        np.full(count, NOBODY),
        at,
        rng,
        agent=OFFICER,
        role="overseer",
        grant=grant,
        choice=gather(["reject", "approve"], approved.astype(np.int64)),
        duration_ms=rng.gamma(4, 20_000, count).round(1),
        **columns,
    )


def grant_ids(count: int, rng: np.random.Generator) -> pl.Series:
    """Return fresh ids of grants."""
    numbers = rng.integers(0, 16**10, count).tolist()
    return pl.Series([f"grant/{number:010x}" for number in numbers], dtype=pl.String)


def delegate(world: World, count: int, span: Span, rng: np.random.Generator) -> list[pl.DataFrame]:
    """Return everyday delegations: a colleague gets one plot for two hours and acts in it."""
    people, markets = world.population, world.markets
    by = people.draw(people.draw_roles(count, rng), rng)
    to = people.colleague(by, rng)
    by, to = by[by != to], to[by != to]
    at, role = span.draw(len(by), rng), people.role[by].astype(np.int64)
    plot = markets.plot(markets.draw(role, rng))
    lent = Grants(
        who=to,
        role=role,
        at=at + SECOND,
        grant=grant_ids(len(by), rng),
        parent=people.grants(by),
        until=at + _TERM,
    )
    return [
        *lend(world, by, lent, rng, prefix=markets.plot_paths(role, plot)),
        *do(world, _within(world, lent, plot, rng), rng),
    ]


def _within(world: World, lent: Grants, plot: Ints, rng: np.random.Generator) -> Acts:
    """Return acts that stay inside what was lent, in place, tool and time."""
    each = np.repeat(np.arange(len(plot)), _ACTS)
    lot = rng.integers(0, world.markets.lots, len(each))
    return Acts(
        who=lent.who[each],
        role=lent.role[each],
        resource=plot[each] * world.markets.lots + lot,
        tool=rng.choice(ON_LOAN, len(each)),
        at=lent.at[each] + rng.integers(2 * MINUTE, _TERM - 10 * MINUTE, len(each)),
        grant=lent.grant.gather(pl.Series(each)),
    )
