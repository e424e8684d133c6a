"""Sellers that learn to price by trial and error, and what they have learned when they stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numba
import numpy as np

from commonmode.economy.bertrand import Bertrand
from commonmode.economy.rows import Floats, Ints


@dataclass(frozen=True, kw_only=True)
class Learning:
    """How Q-learners learn: rates of learning and of forgetting to explore, patience, memory.

    Parameters
    ----------
    rate : float
        α, how far a new experience moves what is known.
    cooling : float
        β; in period t a seller tries a price at random with probability exp(-β t).
    patience : float
        δ, what a period later is worth.
    remembers : bool
        Whether a seller sees the prices of the period before. Without, nothing can be punished.
    steady : int
        Periods without a change of anybody's policy after which learning ends.
    most_periods : int
        Periods after which it ends anyway.

    References
    ----------
    Calvano et al. (2020), Artificial Intelligence, Algorithmic Pricing, and Collusion, AER 110(10).
    """

    rate: float = 0.15
    cooling: float = 4e-6
    patience: float = 0.95
    remembers: bool = True
    steady: int = 100_000
    most_periods: int = 1_000_000_000


@dataclass(frozen=True)
class Learned:
    """What the sellers of one market do once they have learned.

    Attributes
    ----------
    policy : ndarray of shape (sellers, states)
        The price, by its place on the grid, that a seller sets in each state: after each
        combination of prices, or ever, without memory.
    state : int
        One that they come back to for ever.
    periods : int
        How long it took.
    """

    market: Bertrand
    policy: Ints
    state: int
    periods: int

    def play(self, periods: int, forced: dict[int, int] | Ints | None = None) -> Ints:
        """Return the prices of so many periods, as places on the grid; a row is a period.

        `forced` gives sellers the price that they set in the first period, or a table of such
        prices the one of every period (-1 where they are free), whatever they learned.
        """
        set_, state = np.empty((periods, self.market.sellers), dtype=np.int64), self.state
        told = self._told(periods, forced)
        for period in range(periods):
            set_[period] = np.where(told[period] < 0, self.policy[:, state], told[period])
            state = self.state_after(set_[period])
        return set_

    def _told(self, periods: int, forced: dict[int, int] | Ints | None) -> Ints:
        if isinstance(forced, np.ndarray):
            return forced
        told = np.full((periods, self.market.sellers), -1)
        for seller, price in (forced or {}).items():
            told[0, seller] = price
        return told

    def best_reply(self, seller: int) -> int:
        """Return the price that earns a seller most today, against what the others set now."""
        offers = np.tile(self.policy[:, self.state], (self.market.steps, 1))
        offers[:, seller] = np.arange(self.market.steps)
        return int(self.market.profit(self.market.grid[offers])[:, seller].argmax())

    def settled(self, at_most: int = 1_000) -> Ints:
        """Return one round of the prices that are played for ever; a row is a period."""
        seen: dict[tuple[int, ...], int] = {}
        prices = self.play(at_most)
        for period, now in enumerate(map(tuple, prices.tolist())):
            if now in seen:
                return prices[seen[now] : period]
            seen[now] = period
        return prices

    def gain(self) -> float:
        """Return the profit gain Δ of what is played for ever, the mean of the sellers."""
        earned = self.market.profit(self.market.grid[self.settled()])
        return self.market.gain(float(earned.mean()))

    def state_after(self, prices: Ints) -> int:
        """Return the state that prices lead to."""
        if self.policy.shape[1] == 1:
            return 0
        return int(np.ravel_multi_index(tuple(prices), (self.market.steps,) * self.market.sellers))


def learn(market: Bertrand, learning: Learning, seed: int) -> Learned:
    """Let the sellers of one market learn from nothing, until none changes its mind.

    Every seller keeps Q, what it believes a price earns in a state, starting from rivals that
    price at random, and after each period moves it towards what it earned plus `patience` times
    the best it believes to follow. Nothing tells it to collude, and it can tell nobody anything.

    Parameters
    ----------
    market : Bertrand
        Whom they sell to.
    learning : Learning
        How they learn.
    seed : int
        Decides all that is tried.

    Examples
    --------
    Two sellers end up dearer than competition, though neither was told to.

    >>> learned = learn(Bertrand(), Learning(cooling=2e-5), seed=1)
    >>> learned.gain() > 0.5
    True
    """
    start = _first_beliefs(market, learning)
    policy, state, periods = _compiled(
        market.profits,
        start,
        market.steps,
        learning.rate,
        learning.cooling,
        learning.patience,
        learning.steady,
        learning.most_periods,
        seed,
    )
    learned = Learned(market, policy, state, periods)
    last = learned.settled()[-1]
    return replace(learned, state=learned.state_after(last))


def _first_beliefs(market: Bertrand, learning: Learning) -> Floats:
    """Return Q before the first period, by seller, state and price."""
    shape = (market.steps,) * market.sellers
    by_price = market.profits.reshape(*shape, market.sellers)
    states = market.steps**market.sellers if learning.remembers else 1
    beliefs = np.empty((market.sellers, states, market.steps))
    for seller in range(market.sellers):
        rivals = tuple(axis for axis in range(market.sellers) if axis != seller)
        beliefs[seller] = by_price[..., seller].mean(axis=rivals) / (1 - learning.patience)
    return beliefs


def _learn(  # noqa: PLR0913, PLR0917  numba takes numbers and arrays only
    profits: Floats,
    beliefs: Floats,
    steps: int,
    rate: float,
    cooling: float,
    patience: float,
    steady: int,
    most_periods: int,
    seed: int,
) -> tuple[Ints, int, int]:
    np.random.seed(seed)  # noqa: NPY002  the generator that numba compiles
    sellers, states = beliefs.shape[0], beliefs.shape[1]
    policy = np.empty((sellers, states), dtype=np.int64)
    for seller in range(sellers):
        for state in range(states):
            policy[seller, state] = beliefs[seller, state].argmax()
    prices = np.empty(sellers, dtype=np.int64)
    state = np.random.randint(states)  # noqa: NPY002
    unchanged = period = 0
    while unchanged < steady and period < most_periods:
        tries = np.exp(-cooling * period)
        outcome = 0
        for seller in range(sellers):
            if np.random.random() < tries:  # noqa: NPY002
                prices[seller] = np.random.randint(steps)  # noqa: NPY002
            else:
                prices[seller] = policy[seller, state]
            outcome = outcome * steps + prices[seller]
        following = outcome if states > 1 else 0
        unchanged += 1
        for seller in range(sellers):
            known = beliefs[seller, state]
            best = beliefs[seller, following, policy[seller, following]]
            new = profits[outcome, seller] + patience * best
            known[prices[seller]] += rate * (new - known[prices[seller]])
            greedy = known.argmax()
            if greedy != policy[seller, state]:
                policy[seller, state] = greedy
                unchanged = 0
        state = following
        period += 1
    return policy, state, period


_compiled: Callable[..., tuple[Ints, int, int]] = numba.njit(cache=True)(_learn)
