"""Excess agreement κ: how much more alike a group chooses than the groups choose among them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from commonmode.statistics.ballots import Floats, PairAgreement


class ExcessAgreement(NamedTuple):
    """Excess agreement of each group, and the two agreements that it contrasts.

    Attributes
    ----------
    kappa : ndarray of shape (groups,)
        κ, at most 1; NaN where no situation has pairs both within and between.
    within, between : ndarray of shape (groups,)
        Weighted mean agreement within the group and across groups, over the same situations.
    situations : ndarray of shape (groups,)
        How many situations could be compared.
    """

    kappa: Floats
    within: Floats
    between: Floats
    situations: Floats


def excess_agreement(pairs: PairAgreement, weight_cap: float = 50.0) -> ExcessAgreement:
    r"""Return κ of every group: within-group minus between-group agreement.

    .. math:: κ_g = \frac{Σ_x w_{xg}(U_{xg} - B_x)}{Σ_x w_{xg}(1 - B_x)}

    with :math:`U_{xg}` the share of pairs of group g that chose alike in situation x,
    :math:`B_x` that share among pairs of different groups, and
    :math:`w_{xg} = \min(n_{xg}, cap)`, so that no giant situation decides alone.
    A shock or a sensible action common to all raises U and B alike and leaves κ at 0.
    If each agent plays its group's draw with probability λ and its own draw otherwise, κ = λ².

    Parameters
    ----------
    pairs : PairAgreement
        Counts of pairs, same-operator pairs left out.
    weight_cap : float
        Most votes for which one situation counts.

    Examples
    --------
    >>> from commonmode.statistics.ballots import Ballots
    >>> zeros, agents = np.zeros(4, np.int64), np.arange(4)
    >>> ballots = Ballots(zeros, np.array([0, 0, 0, 1]), agents, agents)
    >>> excess_agreement(ballots.agreement(np.array([0, 0, 1, 1]), groups=2)).kappa.tolist()
    [1.0, -1.0]
    """
    comparable = (pairs.within > 0) & (pairs.between > 0)[:, None]
    weight = np.where(comparable, np.minimum(pairs.votes, weight_cap), 0.0)
    inside = np.divide(
        pairs.agreeing_within, pairs.within, out=np.zeros_like(pairs.within), where=comparable
    )
    across = between_agreement(pairs)[:, None]
    gain = (weight * (inside - across)).sum(axis=0)
    room = (weight * (1 - across)).sum(axis=0)
    total = weight.sum(axis=0)
    return ExcessAgreement(
        _ratio(gain, room),
        _ratio((weight * inside).sum(axis=0), total),
        _ratio((weight * across).sum(axis=0), total),
        comparable.sum(axis=0).astype(np.float64),
    )


def between_agreement(pairs: PairAgreement) -> Floats:
    """Return B of every situation; 0 where no two groups met."""
    return np.divide(
        pairs.agreeing_between,
        pairs.between,
        out=np.zeros_like(pairs.between),
        where=pairs.between > 0,
    )


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    missing = np.full_like(numerator, np.nan)
    return np.divide(numerator, denominator, out=missing, where=denominator > 0)
