"""Small economies of agents on shared resources: Zipf places, a daily cycle, lasting tastes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from commonmode.detectors import Collusion, Window
from commonmode.economy.bertrand import Bertrand
from commonmode.economy.learners import Learned, Learning, learn

DAY = Window(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))
_MINUTES = 24 * 60


@dataclass(kw_only=True)
class Roaming:
    """An economy of agents that act on resources through a day.

    `rings` of `size` agents come together `joint` times, each time on one of `places` resources
    of their own choosing; `spread` is how many minutes apart they may come.
    `segments` splits agents and resources into parts that never mix; `taste` is the share of an
    agent's acts that go to its three favourites; `shift` is the share of agents that work only in
    one of three shifts; `session` the acts that follow at once on the same resource;
    `rushes` are hours in which `reach` of all agents turn to one resource;
    `talking` lets ring members write to one another.
    """

    seed: int = 0
    agents: int = 150
    acts: int = 4000
    resources: int = 300
    rings: int = 0
    size: int = 5
    joint: int = 8
    places: int = 1
    spread: float = 3.0
    segments: int = 1
    taste: float = 0.3
    shift: float = 0.0
    session: int = 0
    rushes: int = 0
    reach: float = 0.15
    talking: bool = False
    members: list[list[str]] = field(init=False)
    events: pl.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        acted = [self._everyday(), self._rushing(), *self._ringing()]
        who, where, minute = (np.concatenate(column) for column in zip(*acted, strict=True))
        if self.session:
            dwell = np.arange(self.session + 1) * 6.0
            who, where = (np.repeat(column, self.session + 1) for column in (who, where))
            minute = (minute[:, None] + dwell).ravel()
        kept = minute < _MINUTES
        self.events = pl.concat(
            [self._acts(who[kept], where[kept], minute[kept]), *self._beside()],
            how="diagonal_relaxed",
        ).select(pl.col(name).cast(dtype) for name, dtype in schema().items())

    def _everyday(self) -> tuple[np.ndarray, ...]:
        rng, part = self.rng, self.resources // self.segments
        activity = (1 + rng.pareto(1.5, self.agents)).clip(max=20)
        who = rng.choice(self.agents, self.acts, p=activity / activity.sum())
        wanted = (1.0 + np.arange(part)) ** -0.75
        place = rng.choice(part, self.acts, p=wanted / wanted.sum())
        favourites = rng.choice(part, (self.agents, 3), p=wanted / wanted.sum())
        liked = favourites[who, rng.integers(0, 3, self.acts)]
        place = np.where(rng.random(self.acts) < self.taste, liked, place)
        return who, place + part * (who % self.segments), self._minutes(who)

    def _minutes(self, who: np.ndarray) -> np.ndarray:
        rng = self.rng
        hours = 1 + 0.8 * np.cos((np.arange(24) - 14) * np.pi / 12)
        minute = 60 * rng.choice(24, len(who), p=hours / hours.sum()) + rng.uniform(0, 60, len(who))
        shifted = np.random.default_rng(self.seed + 1).random(self.agents) < self.shift
        turn = np.random.default_rng(self.seed + 2).integers(0, 3, self.agents)
        return np.where(shifted[who], 480 * turn[who] + minute / 3, minute)

    def _rushing(self) -> tuple[np.ndarray, ...]:
        count = round(self.reach * self.agents)
        who = [self.rng.choice(self.agents, count, replace=False) for _ in range(self.rushes)]
        where = np.repeat(self.rng.integers(0, self.resources, self.rushes), count)
        start = np.repeat(60.0 * self.rng.integers(0, 24, self.rushes), count)
        minute = start + self.rng.uniform(0, 20, len(start))
        return np.concatenate([*who, np.array([], int)]), where, minute

    def _ringing(self) -> list[tuple[np.ndarray, ...]]:
        rng = self.rng
        met: list[tuple[np.ndarray, ...]] = []
        crews = rng.permutation(self.agents)[: self.rings * self.size].reshape(-1, self.size)
        self.members = [[f"agent-{i}" for i in sorted(crew, key=str)] for crew in crews]
        for crew in crews:
            own = rng.integers(self.resources // 8, self.resources, self.places)
            at = rng.choice(94, self.joint, replace=False) * 15.0
            where = np.repeat(rng.choice(own, self.joint), self.size)
            minute = np.repeat(at, self.size) + rng.uniform(0, self.spread, len(where))
            met.append((np.tile(crew, self.joint), where, minute))
        return met

    def _acts(self, who: np.ndarray, where: np.ndarray, minute: np.ndarray) -> pl.DataFrame:
        return frame(
            id=[f"e{i}" for i in range(len(who))],
            kind=["action_taken"] * len(who),
            agent=[f"agent-{i}" for i in who],
            resource=[f"market/{r}" for r in where],
            at=[DAY.start + timedelta(minutes=float(m)) for m in minute],
            operator=[f"operator-{i % 7}" for i in who],
        )

    def _beside(self) -> list[pl.DataFrame]:
        chat = [("agent-0", "agent-1")]
        if self.talking:
            chat = [(crew[0], other) for crew in self.members for other in crew[1:]]
        said = frame(
            id=[f"m{i}" for i in range(len(chat))],
            kind=["message_sent"] * len(chat),
            agent=[sender for sender, _ in chat],
            recipient=[recipient for _, recipient in chat],
            at=[DAY.start] * len(chat),
        )
        return [said]


def schema() -> dict[str, Any]:
    """The columns that the detector reads."""
    wide: dict[str, Any] = dict.fromkeys(Collusion.columns(), pl.String)
    numbers = dict.fromkeys(("price", "cost", "quantity", "payoff", "value"), pl.Float64)
    return wide | {"at": pl.Datetime("us", "UTC"), **numbers}


def frame(**columns: Any) -> pl.DataFrame:
    """Events of some columns in all columns."""
    given = pl.DataFrame(columns)
    absent = [pl.lit(None, t).alias(n) for n, t in schema().items() if n not in columns]
    return given.with_columns(absent).select(pl.col(n).cast(t) for n, t in schema().items())


@cache
def learned(*, remembers: bool, seed: int, patience: float = 0.95) -> Learned:
    """Two sellers that have learned; the same ones once asked for."""
    learning = Learning(cooling=2e-5, remembers=remembers, patience=patience)
    return learn(Bertrand(), learning, seed)


def trading(
    sellers: Learned, seed: int = 0, *, rounds: int = 270, tries: float = 0.04, cost: bool = True
) -> pl.DataFrame:
    """A day of two sellers of one good that now and then try a price, with what they sold."""
    rng = np.random.default_rng(seed)
    trying = rng.random((rounds, 2)) < tries
    forced = np.where(trying, rng.integers(0, 15, (rounds, 2)), -1)
    prices = sellers.market.grid[sellers.play(rounds, forced)]
    sold = np.maximum(rng.poisson(500 * sellers.market.demand(prices)), 1).astype(float)
    return posted(prices, sold, cost=1.0 if cost else None)


def posted(
    prices: np.ndarray, sold: np.ndarray | None = None, *, cost: float | np.ndarray | None = None
) -> pl.DataFrame:
    """Prices that sellers of one good leave every five minutes, and what they say beside it."""
    rounds, sellers = prices.shape
    count = rounds * sellers
    minute = np.repeat(5 * np.arange(rounds), sellers)
    at = [DAY.start + timedelta(minutes=int(m), seconds=n % sellers) for n, m in enumerate(minute)]
    both = {
        "agent": [f"seller-{n % sellers}" for n in range(count)],
        "resource": ["good"] * count,
        "quantity": None if sold is None else sold.ravel(),
    }
    acts = frame(
        id=[f"act-{n}" for n in range(count)],
        kind=["action_taken"] * count,
        at=at,
        cost=None if cost is None else np.broadcast_to(cost, prices.shape).ravel(),
        **both,
    )
    left = frame(
        id=[f"left-{n}" for n in range(count)],
        kind=["state_changed"] * count,
        at=at,
        price=prices.ravel(),
        **both,
    )
    return pl.concat([acts, left])
