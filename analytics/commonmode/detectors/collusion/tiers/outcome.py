"""Tiers A and D from what was sold: joint profit above rivals', and profit that each forgoes."""

from __future__ import annotations

import numpy as np

from commonmode.detectors.collusion.market import Market
from commonmode.detectors.collusion.tiers.tier import SIGNIFICANT, Tier
from commonmode.statistics.ballots import Floats, Integers
from commonmode.statistics.jackknife import block_jackknife_p_value
from commonmode.statistics.logit_demand import fit_logit_demand

SCREENS, REPLY = "outcome screens", "not a best reply"

SHORT_SIGHTED = 0.4
"""Profit gain up to which learners come who cannot wait, and so cannot punish, while they try."""
LEFT_LYING = 0.03
"""Share of profit that grids and rounded prices leave lying even among rivals."""
EXPLAINS = 0.4
"""Share of the variation in sales that demand must explain before it is believed."""
_LEAST_ROUNDS = 40
_BLOCKS = 20


def sold(market: Market) -> tuple[Market, Integers] | str:
    """Return a market with the rounds in which all sold something, or what is missing."""
    if market.quantity is None:
        return "the log does not hold what each of them sold"
    if market.cost is None:
        return "the log does not hold what each of them paid (cost)"
    rounds = np.flatnonzero(np.isfinite(market.quantity).all(axis=1))
    if len(rounds) < _LEAST_ROUNDS:
        return f"all of them sold something in {len(rounds)} rounds only; it takes {_LEAST_ROUNDS}"
    return market, rounds


def profit_tiers(market: Market, members: Integers) -> tuple[Tier, Tier]:
    r"""Return tiers A and D from logit demand fitted to what was sold.

    A is the profit gain :math:`Δ = (\bar π - π_N)/(π_M - π_N)` against what short-sighted learners
    reach; D the median share of its best reply's profit that the member who forgoes least forgoes,
    :math:`\min_i \mathrm{med}_t (1 - π_{it} / \max_p π_i(p, p_{-i,t}))`, while Δ is above nought.
    Both by block jackknife over rounds.

    Parameters
    ----------
    market : Market
        All who sell there regularly.
    members : ndarray of int
        The columns of the group.
    """
    told = sold(market)
    if isinstance(told, str):
        return _untested(told)
    prices, cost, quantity = (
        np.asarray(table)[told[1]] for table in (market.prices, market.cost, market.quantity)
    )
    try:
        demand = fit_logit_demand(prices, quantity)
    except ValueError as error:
        return _untested(str(error))
    if not demand.fit >= EXPLAINS:
        return _untested(f"prices explain {max(demand.fit, 0):.0%} of what was sold")

    def estimate(kept: Integers) -> Floats:
        fitted = fit_logit_demand(prices[kept], quantity[kept], start=demand)
        usual_cost = cost[kept].mean(axis=0)
        most = fitted.best_profit(prices[kept], cost[kept])
        forgone = np.median(1 - fitted.profit(prices[kept], cost[kept]) / most, axis=0)
        gain = fitted.gain(prices[kept], usual_cost)
        return np.array([gain, gain, *forgone[members]])

    bounds = np.array([SHORT_SIGHTED, 0.0, *[LEFT_LYING] * len(members)])
    found, p = block_jackknife_p_value(estimate, len(prices), bounds, _BLOCKS)
    least, worst = float(found[2:].min()), float(p[1:].max())
    rounds = len(prices)
    return (
        Tier(
            "A",
            SCREENS,
            bool(p[0] <= SIGNIFICANT),
            f"profit gain Δ = {found[0]:.2f}, where rivals earn 0 and one firm 1",
            float(found[0]),
            float(p[0]),
            rounds,
            f"Δ ≤ {SHORT_SIGHTED}, as short-sighted learners reach; jackknife over rounds",
        ),
        Tier(
            "D",
            REPLY,
            bool(worst <= SIGNIFICANT),
            f"each forgoes {least:.0%} of what it could earn alone, or more",
            least,
            worst,
            rounds,
            f"one forgoes ≤ {LEFT_LYING:.0%}, or joint profit is no more than rivals'; jackknife",
        ),
    )


def _untested(why: str) -> tuple[Tier, Tier]:
    return Tier("A", SCREENS, None, why), Tier("D", REPLY, None, why)
