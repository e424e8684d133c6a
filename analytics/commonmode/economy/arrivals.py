"""Agents enter: registered, given a mandate to decide and a scope to act, then they act."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from commonmode.economy.clock import MINUTE, SECOND
from commonmode.economy.delegation import EVERYTHING, Grants, permit
from commonmode.economy.rows import NOBODY, Floats, Ints, gather, join, rows, stack
from commonmode.economy.world import World

OPENING = 5 * MINUTE
"""Before everyday life begins, the stewards are there."""

_AHEAD = 90 * SECOND
_CLIENTS = 12
_ARRIVAL = 3
_BINS, _HALVINGS = 32, 40


class Forecast(NamedTuple):
    """Who has yet to enter, by how active they are.

    Attributes
    ----------
    out : ndarray
        How many agents of each class of activity have not acted yet.
    likely : ndarray
        What share of everyday events is by one agent of each class.
    """

    out: Floats
    likely: Floats

    def fit(self, room: float) -> float:
        """Return how many everyday events leave room for the arrivals that they bring.

        Formula: the w with w + 3 Σ_i (1 - exp(-w a_i)) = room, over agents not yet entered, a_i
        their share of all activity.
        """
        low, high = 0.0, max(0.0, room)
        for _ in range(_HALVINGS):
            w = (low + high) / 2
            arrivals = _ARRIVAL * float((self.out * -np.expm1(-w * self.likely)).sum())
            low, high = (low, w) if w + arrivals > room else (w, high)
        return low


class Newcomers(NamedTuple):
    """Agents that act for the first time, and when."""

    who: Ints
    first: Ints


class Entrance:
    """Who has entered an economy so far, and how many more to expect.

    Parameters
    ----------
    world : World
        Its population.
    """

    def __init__(self, world: World) -> None:
        self.entered = np.zeros(world.population.size, np.bool_)
        activity = world.population.activity
        place = np.log(activity) / np.log(activity.max()) * _BINS
        self._bin = place.astype(np.int8).clip(max=_BINS - 1)
        self._out = np.bincount(self._bin, minlength=_BINS).astype(float)
        total = np.bincount(self._bin, activity, minlength=_BINS)
        self._likely = total / np.maximum(self._out, 1) / activity.sum(dtype=float)

    def forecast(self) -> Forecast:
        """Return what is to be expected from now on."""
        return Forecast(self._out.copy(), self._likely)

    def admit(self, seen: Newcomers) -> Newcomers:
        """Let agents in; return those who had not entered before."""
        who, first = seen
        new = ~self.entered[who]
        self.entered[who] = True
        self._out -= np.bincount(self._bin[who[new]], minlength=_BINS)
        return Newcomers(who[new], first[new])


def acting(frame: pl.DataFrame) -> Newcomers:
    """Return the agents that act in some rows, and when each first does."""
    seen = frame.filter(pl.col("who") >= 0).group_by("who").agg(pl.col("at").min())
    first = seen.sort("who")
    return Newcomers(first["who"].to_numpy(), first["at"].to_numpy())


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
    decide = pl.Series([["decide"]]).new_from_index(0, len(who))
    return rows("permission_granted", who, at, rng, grant=grant, actions=decide, valid_from=at)


def _house_mandate(world: World, operator: Ints) -> pl.Series:
    return join("mandate/", gather(world.population.operators, operator))


def _root(world: World, operator: Ints, role: Ints) -> pl.Series:
    names = [role.name for role in world.population.roles]
    return join("grant/", gather(world.population.operators, operator), "/", gather(names, role))


def _sector(world: World, role: Ints) -> pl.Series:
    return gather([role.sector for role in world.population.roles], role)
