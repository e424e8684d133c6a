"""A market where sellers set prices and buyers choose by logit demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import scipy

from commonmode.economy.rows import Floats

_Elasticity = Callable[[float], float]


@dataclass(frozen=True, kw_only=True)
class Bertrand:
    r"""Sellers of like goods that differ a little, each setting one of a grid of prices.

    .. math:: q_i = \frac{e^{(a - p_i)/μ}}{Σ_j e^{(a - p_j)/μ} + e^{a_0/μ}},\quad
        π_i = (p_i - c) q_i

    Parameters
    ----------
    sellers : int
        n.
    quality, cost, outside : float
        a, c and a₀ of every seller and of buying nothing.
    differentiation : float
        μ; the smaller, the more alike the goods.
    steps : int
        m, prices on the grid.
    margin : float
        ξ: the grid reaches beyond Nash and monopoly price by this share of their distance.

    Attributes
    ----------
    nash, monopoly : float
        Price of a one-shot equilibrium, and the one that a cartel would set.
    nash_profit, monopoly_profit : float
        Of each seller, at those prices.
    grid : ndarray of shape (m,)
        The prices.
    profits : ndarray of shape (m**n, n)
        Of every seller at every combination; the last seller's price changes quickest.

    References
    ----------
    Calvano et al. (2020), Artificial Intelligence, Algorithmic Pricing, and Collusion, AER 110(10).

    Examples
    --------
    >>> market = Bertrand()
    >>> round(market.nash, 5), round(market.monopoly, 5)
    (1.47293, 1.92498)
    >>> round(market.nash_profit, 5), round(market.monopoly_profit, 5)
    (0.22293, 0.33749)
    """

    sellers: int = 2
    quality: float = 2.0
    cost: float = 1.0
    outside: float = 0.0
    differentiation: float = 0.25
    steps: int = 15
    margin: float = 0.1
    nash: float = field(init=False, compare=False)
    monopoly: float = field(init=False, compare=False)
    nash_profit: float = field(init=False, compare=False)
    monopoly_profit: float = field(init=False, compare=False)
    grid: Floats = field(init=False, repr=False, compare=False)
    profits: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Solve for both prices and lay out the grid."""
        nash = self._solved(lambda share: 1 - share)
        monopoly = self._solved(lambda share: 1 - self.sellers * share)
        reach = self.margin * (monopoly - nash)
        grid = np.linspace(nash - reach, monopoly + reach, self.steps)
        prices = np.array(list(product(grid, repeat=self.sellers)))
        solved = {
            "nash": nash,
            "monopoly": monopoly,
            "nash_profit": float(self.profit(np.full(self.sellers, nash))[0]),
            "monopoly_profit": float(self.profit(np.full(self.sellers, monopoly))[0]),
            "grid": grid,
            "profits": self.profit(prices),
        }
        for name, value in solved.items():
            object.__setattr__(self, name, value)

    def demand(self, prices: Floats) -> Floats:
        """Return the share of buyers of each seller; sellers are the last axis."""
        wanted = np.exp((self.quality - prices) / self.differentiation)
        nothing = np.exp(self.outside / self.differentiation)
        shares: Floats = wanted / (wanted.sum(axis=-1, keepdims=True) + nothing)
        return shares

    def profit(self, prices: Floats) -> Floats:
        """Return the profit of each seller; sellers are the last axis."""
        earned: Floats = (prices - self.cost) * self.demand(prices)
        return earned

    def gain(self, profit: float) -> float:
        r"""Return the profit gain Δ: 0 at the Nash price, 1 at the monopoly price.

        .. math:: Δ = (\bar π - π_N) / (π_M - π_N)
        """
        return (profit - self.nash_profit) / (self.monopoly_profit - self.nash_profit)

    def _solved(self, elasticity: _Elasticity) -> float:
        """Return the price at which nobody gains: p = c + μ / elasticity(share of one)."""

        def excess(price: float) -> float:
            share = float(self.demand(np.full(self.sellers, price))[0])
            return (price - self.cost) * elasticity(share) - self.differentiation

        bracket = (self.cost, self.quality + 10 * self.differentiation)
        return float(scipy.optimize.root_scalar(excess, bracket=bracket).root)
