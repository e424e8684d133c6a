"""Excess agreement κ: how much more alike a group chooses than the groups choose among them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from commonmode.statistics.ballots import Ballots, Floats, Integers
from commonmode.statistics.pair_terms import pair_terms


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
    situations: Integers


def excess_agreement(
    ballots: Ballots, group: Integers, groups: int, weight_cap: float = 50.0
) -> ExcessAgreement:
    r"""Return κ of every group: within-group minus between-group agreement.

    .. math:: κ_g = \frac{Σ_x w_{xg}(U_{xg} - B_x)}{Σ_x w_{xg}(1 - B_x)}

    with :math:`U_{xg}` the share of pairs of group g that chose alike in situation x,
    :math:`B_x` that share among pairs of different groups, and
    :math:`w_{xg} = \min(n_{xg}, cap)`, so that no giant situation decides alone.
    A shock or a sensible action common to all raises U and B alike and leaves κ at 0.
    If each agent plays its group's draw with probability λ and its own draw otherwise, κ = λ².

    Parameters
    ----------
    ballots : Ballots
        Votes; pairs of the same operator are left out.
    group : ndarray of int
        Of each agent, 0 to `groups` - 1.
    groups : int
        How many there are.
    weight_cap : float
        Most votes for which one situation counts.

    Examples
    --------
    Two groups of two agents; the first chooses alike, the second does not.

    >>> zeros, agents = np.zeros(4, np.int64), np.arange(4)
    >>> ballots = Ballots.of(zeros, np.array([0, 0, 0, 1]), agents, agents)
    >>> excess_agreement(ballots, np.array([0, 0, 1, 1]), groups=2).kappa.tolist()
    [1.0, -1.0]
    """
    terms = pair_terms(ballots, group, groups, weight_cap)
    gain, room, weight = (terms.added(each, groups) for each in terms[1:])
    across = weight - room
    return ExcessAgreement(
        kappa=_ratio(gain, room),
        within=_ratio(gain + across, weight),
        between=_ratio(across, weight),
        situations=np.bincount(terms.group, minlength=groups),
    )


def excess_kappa(
    ballots: Ballots, group: Integers, groups: int, weight_cap: float = 50.0
) -> Floats:
    """Return κ of every group alone, for draws of which nothing else is asked.

    Examples
    --------
    >>> zeros, agents = np.zeros(4, np.int64), np.arange(4)
    >>> ballots = Ballots.of(zeros, np.array([0, 0, 0, 1]), agents, agents)
    >>> excess_kappa(ballots, np.array([0, 0, 1, 1]), groups=2).tolist()
    [1.0, -1.0]
    """
    terms = pair_terms(ballots, group, groups, weight_cap)
    return _ratio(terms.added(terms.gain, groups), terms.added(terms.room, groups))


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    missing = np.full_like(numerator, np.nan)
    return np.divide(numerator, denominator, out=missing, where=denominator > 0)
