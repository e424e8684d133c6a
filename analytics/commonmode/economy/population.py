"""Who there is: families and operators crossed imperfectly, Pareto activity."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import polars as pl

from commonmode.economy.rows import Floats, Ints, gather, join
from commonmode.economy.vocabulary import FAMILIES, OPERATORS, ROLES

_PARETO = 1.5
_BUSIEST = 30.0
_LOYALTY = 0.45
_AGENTS_A_ROLE, _AGENTS_AN_OPERATOR = 40, 25


class Population:
    """The agents of an economy, one number each, in arrays.

    Activity is Pareto with shape 1.5, cut at 30 times the least active.
    An operator runs its house family for 45 % of its agents and any family for the rest, so
    that family and operator are correlated and still separable.
    Roles are dealt independently of both.

    Parameters
    ----------
    agents : int
        How many.
    rng : numpy.random.Generator
        Draws everything about them.
    """

    def __init__(self, agents: int, rng: np.random.Generator) -> None:
        self.size = agents
        self.roles = ROLES[: int(np.clip(agents // _AGENTS_A_ROLE, 1, len(ROLES)))]
        few = 2 + agents // _AGENTS_AN_OPERATOR
        self.families = FAMILIES[: int(np.clip(few, 2, len(FAMILIES)))]
        self.operators = OPERATORS[: int(np.clip(few, 2, len(OPERATORS)))]
        self.operator = rng.integers(0, len(self.operators), agents).astype(np.int16)
        self.role = rng.integers(0, len(self.roles), agents).astype(np.int16)
        house = rng.integers(0, len(self.families), len(self.operators))
        share = np.array([share for _, share, _ in self.families])
        dealt = rng.choice(len(self.families), agents, p=share / share.sum())
        loyal = rng.random(agents) < _LOYALTY
        self.family = np.where(loyal, house[self.operator], dealt).astype(np.int16)
        self.served = rng.integers(0, 2, agents).astype(np.int16)
        self.taste = rng.integers(0, 2**15, agents).astype(np.int16)
        self.activity = np.minimum(1 + rng.pareto(_PARETO, agents), _BUSIEST).astype(np.float32)
        skewed = rng.random(agents) < 0.01  # noqa: PLR2004  one clock in a hundred is badly set
        skew = rng.normal(0, np.where(skewed, 1e6, 4e4))
        self.skew = skew.clip(-2e6, 2e6).astype(np.int32)

    @cached_property
    def by_role(self) -> list[Ints]:
        """The agents of each role."""
        return [np.flatnonzero(self.role == role) for role in range(len(self.roles))]

    @cached_property
    def role_share(self) -> Floats:
        """Share of all activity in each role."""
        total = np.array([self.activity[members].sum(dtype=float) for members in self.by_role])
        return np.asarray(total / total.sum())

    @cached_property
    def _reach(self) -> list[Floats]:
        return [np.cumsum(self.activity[members], dtype=float) for members in self.by_role]

    @cached_property
    def _crews(self) -> tuple[Ints, Ints, Ints]:
        crew = self.operator.astype(np.int64) * len(self.roles) + self.role
        order = np.argsort(crew, kind="stable")
        count = np.bincount(crew, minlength=len(self.operators) * len(self.roles))
        return order, count, np.concatenate([[0], np.cumsum(count)])

    def draw(self, role: Ints, rng: np.random.Generator) -> Ints:
        """Return one agent of each role asked for, as likely as it is active."""
        who = np.empty(len(role), np.int64)
        for number, (members, reach) in enumerate(zip(self.by_role, self._reach, strict=True)):
            asked = np.flatnonzero(role == number)
            if len(asked):
                places = np.searchsorted(reach, rng.uniform(0, reach[-1], len(asked)), "right")
                who[asked] = members[places.clip(0, len(members) - 1)]
        return who

    def draw_roles(self, count: int, rng: np.random.Generator) -> Ints:
        """Return roles, as often as their agents are active."""
        return rng.choice(len(self.roles), count, p=self.role_share)

    def colleague(self, who: Ints, rng: np.random.Generator) -> Ints:
        """Return a colleague of each: same operator, same role; the agent itself if alone."""
        order, count, start = self._crews
        crew = self.operator[who].astype(np.int64) * len(self.roles) + self.role[who]
        return np.asarray(order[start[crew] + rng.integers(0, count[crew])])

    def peer(self, who: Ints, rng: np.random.Generator) -> Ints:
        """Return another agent of the same role for each, whatever its operator."""
        other = np.empty(len(who), np.int64)
        for number, members in enumerate(self.by_role):
            asked = np.flatnonzero(self.role[who] == number)
            place = np.searchsorted(members, who[asked])
            steps = rng.integers(1, max(2, len(members)), len(asked))
            other[asked] = members[(place + steps) % len(members)]
        return other

    def names(self, who: Ints) -> pl.Series:
        """Return their names: ``operator/role-number``."""
        number = pl.Series(who).cast(pl.String).str.zfill(4)
        return join(self.operator_names(who), "/", self.role_names(who), "-", number)

    def grants(self, who: Ints) -> pl.Series:
        """Return the id of the grant each works under."""
        return join("grant/", self.names(who))

    def mandates(self, who: Ints) -> pl.Series:
        """Return the id of each one's mandate to decide."""
        return join("mandate/", self.names(who))

    def operator_names(self, who: Ints) -> pl.Series:
        """Return the operator of each."""
        return gather(self.operators, self.operator[who])

    def role_names(self, who: Ints) -> pl.Series:
        """Return the role of each."""
        return gather([role.name for role in self.roles], self.role[who])

    def identities(self, who: Ints) -> pl.DataFrame:
        """Return the columns that say who each agent is."""
        models = [model for _, _, served in self.families for model in served]
        return pl.DataFrame(
            {
                "agent": self.names(who),
                "family": gather([name for name, _, _ in self.families], self.family[who]),
                "model": gather(models, 2 * self.family[who] + self.served[who]),
                "operator": self.operator_names(who),
                "role": self.role_names(who),
            }
        )
