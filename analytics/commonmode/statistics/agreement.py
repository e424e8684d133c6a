"""Excess agreement κ: how much more alike a group chooses than the groups choose among them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from commonmode.statistics.ballots import Ballots, Floats, Integers


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
    # Whoever imports the detectors to watch or to pipe must not wait for numba.
    from commonmode.statistics.pair_sums import pair_sums  # noqa: PLC0415

    # A copy is writable, as what is shuffled is: one type, compiled once.
    sums = pair_sums(ballots, group.astype(np.int64), groups, weight_cap)
    gain, room, weight, situations = sums
    across = weight - room
    return ExcessAgreement(
        _ratio(gain, room), _ratio(gain + across, weight), _ratio(across, weight), situations
    )


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    missing = np.full_like(numerator, np.nan)
    return np.divide(numerator, denominator, out=missing, where=denominator > 0)
