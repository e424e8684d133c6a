"""Logit demand from posted prices: what sellers would ask as rivals, as one firm, or today."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from commonmode.statistics.ballots import Floats

_STEPS, _CLOSE, _FAR = 500, 1e-12, 30.0


@dataclass(frozen=True)
class LogitDemand:
    r"""What buyers want at each combination of prices.

    .. math:: q_i = M \frac{e^{θ_i - p_i/μ}}{1 + Σ_j e^{θ_j - p_j/μ}}

    Attributes
    ----------
    size : float
        M, buyers, those who buy nothing included.
    appeal : ndarray of shape (sellers,)
        θ.
    differentiation : float
        μ, in the unit of prices.
    fit : float
        Share of the variation of log quantities within sellers that it explains, at most 1.

    References
    ----------
    Berry (1994), Estimating Discrete-Choice Models of Product Differentiation, RAND 25(2).

    Examples
    --------
    Calvano's duopoly: rivals ask 1.473, one firm would ask 1.925.

    >>> market = LogitDemand(1.0, np.array([8.0, 8.0]), 0.25, 1.0)
    >>> cost = np.array([1.0, 1.0])
    >>> market.nash(cost).round(3).tolist(), market.monopoly(cost).round(3).tolist()
    ([1.473, 1.473], [1.925, 1.925])
    """

    size: float
    appeal: Floats
    differentiation: float
    fit: float

    def quantity(self, prices: Floats) -> Floats:
        """Return q; sellers are the last axis."""
        wanted = np.exp(self.appeal - prices / self.differentiation)
        bought: Floats = self.size * wanted / (1 + wanted.sum(axis=-1, keepdims=True))
        return bought

    def profit(self, prices: Floats, cost: Floats) -> Floats:
        """Return (p - c) q; sellers are the last axis."""
        earned: Floats = (prices - cost) * self.quantity(prices)
        return earned

    def best_profit(self, prices: Floats, cost: Floats) -> Floats:
        r"""Return what each seller could earn at most while the others' prices stand: μ M W.

        W is Lambert's, of :math:`e^{θ_i - c_i/μ - 1} / (1 + Σ_{j≠i} e^{θ_j - p_j/μ})`.
        """
        earned: Floats = self.differentiation * self.size * self._edge(prices, cost)
        return earned

    def nash(self, cost: Floats) -> Floats:
        """Return the prices at which nobody gains alone: best replies to best replies."""
        prices = cost + self.differentiation
        for _ in range(_STEPS):
            reply = cost + self.differentiation * (1 + self._edge(prices, cost))
            if np.abs(reply - prices).max() < _CLOSE * np.abs(reply).max():
                break
            prices = reply
        return prices

    def monopoly(self, cost: Floats) -> Floats:
        """Return the prices that earn most together: the same margin for all."""
        joint = np.exp(self.appeal - cost / self.differentiation - 1).sum()
        prices: Floats = cost + self.differentiation * (1 + scipy.special.lambertw(joint).real)
        return prices

    def gain(self, prices: Floats, cost: Floats) -> float:
        r"""Return the profit gain Δ of joint profits: 0 at Nash prices, 1 at monopoly prices.

        .. math:: Δ = (\bar π - π_N) / (π_M - π_N)
        """
        rivals = float(self.profit(self.nash(cost), cost).sum())
        firm = float(self.profit(self.monopoly(cost), cost).sum())
        return (float(self.profit(prices, cost).sum(axis=-1).mean()) - rivals) / (firm - rivals)

    def _edge(self, prices: Floats, cost: Floats) -> Floats:
        wanted = np.exp(self.appeal - prices / self.differentiation)
        others = 1 + wanted.sum(axis=-1, keepdims=True) - wanted
        reach = np.exp(self.appeal - cost / self.differentiation - 1)
        edge: Floats = scipy.special.lambertw(reach / others).real
        return edge


def fit_logit_demand(
    prices: Floats, quantities: Floats, start: LogitDemand | None = None
) -> LogitDemand:
    """Fit logit demand to what was sold at which prices, by least squares of log quantities.

    Parameters
    ----------
    prices, quantities : ndarray of shape (rounds, sellers)
        Positive; every seller of the market that matters must be in.
    start : LogitDemand, optional
        Where to begin, which saves time where the answer is near.

    Raises
    ------
    ValueError
        If a number is not positive or prices do not vary: demand cannot be learned then.

    Examples
    --------
    >>> market = LogitDemand(50.0, np.array([8.0, 7.5]), 0.25, 1.0)
    >>> prices = np.random.default_rng(0).uniform(1.4, 2.0, (30, 2))
    >>> found = fit_logit_demand(prices, market.quantity(prices))
    >>> round(found.size, 3), found.appeal.round(3).tolist(), round(found.differentiation, 3)
    (50.0, [8.0, 7.5], 0.25)
    """
    if not (prices > 0).all() or not (quantities > 0).all():
        msg = "prices and quantities must be positive"
        raise ValueError(msg)
    if prices.std(axis=0).max() <= _CLOSE * prices.mean():
        msg = "prices do not vary"
        raise ValueError(msg)
    sold = np.log(quantities)
    most = float(quantities.sum(axis=1).max())

    def missed(known: Floats) -> Floats:
        (steep, outside), appeal = np.exp(np.minimum(known[:2], _FAR)), known[2:]
        wanted = appeal - steep * prices
        level = np.log(most * (1 + outside)) - np.logaddexp(0, np.logaddexp.reduce(wanted, axis=1))
        short: Floats = (wanted + level[:, None] - sold).ravel()
        return short

    guess = _guess(prices, quantities, most) if start is None else _known(start, most)
    found = scipy.optimize.least_squares(missed, guess, x_scale="jac", max_nfev=200)
    varies = float(((sold - sold.mean(axis=0)) ** 2).sum())
    return LogitDemand(
        size=float(most * (1 + np.exp(min(found.x[1], _FAR)))),
        appeal=found.x[2:],
        differentiation=float(np.exp(-found.x[0])),
        fit=float(1 - 2 * found.cost / varies) if varies > 0 else 0.0,
    )


def _guess(prices: Floats, quantities: Floats, most: float) -> Floats:
    steep = 1.0 / float(prices.std(axis=0).max())
    share = np.log(quantities.mean(axis=0) / most)
    return np.concatenate([[np.log(steep), -1.0], share + steep * prices.mean(axis=0)])


def _known(start: LogitDemand, most: float) -> Floats:
    outside = np.log(max(start.size / most - 1, 1e-6))
    return np.concatenate([[-np.log(start.differentiation), outside], start.appeal])
