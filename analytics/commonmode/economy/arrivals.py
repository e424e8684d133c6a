"""Agents enter: registered, given a mandate to decide and a scope to act, then they act."""

from __future__ import annotations

import numpy as np
import polars as pl

from commonmode.economy.clock import MINUTE, SECOND
from commonmode.economy.delegation import EVERYTHING, Grants, permit
from commonmode.economy.rows import NOBODY, Ints, gather, join, rows, stack
from commonmode.economy.world import World

OPENING = 5 * MINUTE
"""Before everyday life begins, the stewards are there."""

_AHEAD = 90 * SECOND
_CLIENTS = 12


def stewards(world: World, rng: np.random.Generator) -> pl.DataFrame:
    """Return each operator's steward and the grants, one per role, that all others come from."""
    roles, operators = len(world.population.roles), len(world.population.operators)
    role = np.tile(np.arange(roles), operators)
    operator = np.repeat(np.arange(operators), roles)
    at = np.full(len(role), world.span.start - OPENING)
    nobody = np.full(len(role), NOBODY)
    house = np.arange(operators)
    entered = rows("agent_registered", nobody[house], at[house], rng)
    scopes = Grants(who=nobody, role=role, at=at + SECOND, grant=_root(world, operator, role))
    granted = permit(world, scopes, rng, prefix=_sector(world, role), tools=EVERYTHING)
    mandate = _mandate(nobody[house], at[house] + SECOND, rng, _house_mandate(world, house))
    return stack(
        [
            _as_steward(world, entered, house),
            _as_steward(world, mandate, house),
            _as_steward(world, granted, operator),
        ]
    )


def arrive(world: World, who: Ints, first: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """Return the registration and the grants of newcomers, 90 s before their first event."""
    people = world.population
    role, operator = people.role[who].astype(np.int64), people.operator[who].astype(np.int64)
    at = first - _AHEAD
    principal = join(people.operator_names(who), "/client-", pl.Series(who % _CLIENTS))
    scopes = Grants(
        who=who,
        role=role,
        at=at + SECOND,
        grant=people.grants(who),
        parent=_root(world, operator, role),
    )
    entered = stack(
        [
            rows("agent_registered", who, at, rng, principal=principal),
            permit(world, scopes, rng, prefix=_sector(world, role), tools=EVERYTHING),
            _mandate(who, at + SECOND, rng, people.mandates(who)).with_columns(
                parent_grant=_house_mandate(world, operator)
            ),
        ]
    )
    return entered.with_columns(prompt=pl.lit(value=True))


def _as_steward(world: World, frame: pl.DataFrame, operator: Ints) -> pl.DataFrame:
    name = gather(world.population.operators, operator)
    return frame.with_columns(
        agent=join(name, "/steward"),
        operator=name,
        role=pl.lit("steward"),
        prompt=pl.lit(value=True),
    )


def _mandate(who: Ints, at: Ints, rng: np.random.Generator, grant: pl.Series) -> pl.DataFrame:
    """Return grants to decide, about whatever it may be."""
    decide = pl.Series([["decide"]] * len(who), dtype=pl.List(pl.String))
    return rows("permission_granted", who, at, rng, grant=grant, actions=decide, valid_from=at)


def _house_mandate(world: World, operator: Ints) -> pl.Series:
    return join("mandate/", gather(world.population.operators, operator))


def _root(world: World, operator: Ints, role: Ints) -> pl.Series:
    names = [role.name for role in world.population.roles]
    return join("grant/", gather(world.population.operators, operator), "/", gather(names, role))


def _sector(world: World, role: Ints) -> pl.Series:
    return gather([role.sector for role in world.population.roles], role)
