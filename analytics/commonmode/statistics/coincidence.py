"""How often two agents meet by chance, given how often, where and when each of them acts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from commonmode.statistics.ballots import Floats, Integers

_CHUNK = 50_000


def chance_of_meeting(
    pairs: Floats, met: Floats, *, left_out: Floats, prior: float, base: float
) -> Floats:
    r"""Return, of each place, the chance that two visits to it fall into the same bin of time.

    .. math:: τ_r = \frac{M_r + s τ_0}{Σ_{i<j} k_{ir} k_{jr} - L_r + s}

    with :math:`M_r` the pairs of agents that met at r at least once. A place whose visitors come in
    crowds (news, rush hours) has a high chance. Pairs that meet there again and again are left out,
    so that they cannot hide behind their own habit.

    Parameters
    ----------
    pairs : ndarray of shape (places,)
        Σ k_i k_j over all pairs of agents: pairs of visits by two of them.
    met : ndarray of shape (places,)
        M, pairs that met, those left out not counted.
    left_out : ndarray of shape (places,)
        L, sum of k_i k_j over the pairs left out.
    prior : float
        s, how many pairs of visits the base chance is worth.
    base : float
        τ_0, the chance over the whole log.

    Examples
    --------
    Three visitors of the first place met each other; the two of the second did not.

    >>> pairs, met, nobody = np.array([3.0, 1.0]), np.array([3.0, 0.0]), np.zeros(2)
    >>> chance_of_meeting(pairs, met, left_out=nobody, prior=1.0, base=0.1).tolist()
    [0.775, 0.05]
    """
    chance: Floats = (met + prior * base) / (pairs - left_out + prior)
    return chance


class Meetings(NamedTuple):
    """What chance allows pairs of agents: expected meetings, and the most there could be."""

    expected: Floats
    most: Floats


def chance_meetings(
    visits: scipy.sparse.csr_matrix, chance: Floats, pairs: tuple[Integers, Integers]
) -> Meetings:
    r"""Return what the sparse configuration model lets pairs of agents meet.

    .. math:: μ_{ij} = Σ_r k_{ir} k_{jr} τ_r,\quad n_{ij} = Σ_r \min(k_{ir}, k_{jr})

    Each place is a stratum of its own, so two specialists of the same places meet no oftener than
    expected.

    Parameters
    ----------
    visits : csr_matrix of shape (agents, places)
        k, visits begun.
    chance : ndarray of shape (places,)
        τ, from `chance_of_meeting`.
    pairs : tuple of ndarray of int
        The two agents of each pair.

    References
    ----------
    Tumminello et al. (2011), Statistically validated networks in bipartite complex systems.

    Examples
    --------
    >>> k = scipy.sparse.csr_matrix(np.array([[2.0, 0.0], [3.0, 1.0]]))
    >>> found = chance_meetings(k, np.array([0.1, 0.5]), (np.array([0]), np.array([1])))
    >>> found.expected.round(2).tolist(), found.most.tolist()
    ([0.6], [2.0])
    """
    weighted = visits.multiply(chance).tocsr()
    expected, most = [np.zeros(0)], [np.zeros(0)]
    for begin in range(0, len(pairs[0]), _CHUNK):
        first, second = (visits[ends[begin : begin + _CHUNK]] for ends in pairs)
        met = first.multiply(weighted[pairs[1][begin : begin + _CHUNK]])
        expected.append(np.asarray(met.sum(axis=1), dtype=float).ravel())
        most.append(np.asarray(first.minimum(second).sum(axis=1), dtype=float).ravel())
    return Meetings(np.concatenate(expected), np.concatenate(most))


def excess_p_value(met: Floats, allowed: Meetings) -> Floats:
    r"""Return an upper bound of the chance to meet so often: :math:`P(Bin(n, μ/n) ≥ o)`.

    Meetings at one place are hypergeometric, which is a sum of :math:`\min(k_i, k_j)` independent
    trials; of all such sums of n trials with mean μ the binomial has the heaviest upper tail.

    Parameters
    ----------
    met : ndarray
        o, meetings seen.
    allowed : Meetings
        What chance allows.

    References
    ----------
    Hoeffding (1956), On the distribution of the number of successes in independent trials.
    Vatutin & Mikhailov (1982), Limit theorems for the number of empty cells.

    Examples
    --------
    Four meetings out of four possible, where a fifteenth of one was expected.

    >>> excess_p_value(np.array([4.0]), Meetings(np.array([1 / 15]), np.array([4.0]))) < 1e-7
    array([ True])
    """
    share = np.divide(
        allowed.expected, allowed.most, out=np.ones_like(allowed.most), where=allowed.most > 0
    )
    p: Floats = scipy.stats.binom.sf(met - 1, allowed.most, np.minimum(share, 1.0))
    return p


def shared_hours(by_hour: Floats, of_all: Floats, smoothing: float) -> Floats:
    """Return the factors whose product over two agents says how their hours coincide.

    Row i holds sqrt(w_T)·α_iT, with α_iT how much more of its visits agent i begins in part T of
    the day than all agents do, and w_T the part's share of all chance meetings. The dot product of
    two rows is 1 for agents of ordinary hours, more for two who keep the same unusual hours, and
    less for two who seldom overlap.

    Parameters
    ----------
    by_hour : ndarray of shape (agents, parts)
        Visits of each agent in each part.
    of_all : ndarray of shape (parts,)
        Visits of all agents in each part, of those above and of others.
    smoothing : float
        Visits of ordinary hours added to every agent.

    Examples
    --------
    >>> visits = np.array([[9.0, 0.0], [9.0, 0.0], [0.0, 18.0]])
    >>> rows = shared_hours(visits, visits.sum(axis=0), smoothing=0.0)
    >>> (rows @ rows.T).round(2).tolist()
    [[2.0, 2.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 2.0]]
    """
    share = of_all / of_all.sum()
    own = by_hour + smoothing * share
    tilt = own / own.sum(axis=1, keepdims=True) / np.where(share > 0, share, 1.0)
    weight = share**2 / (share**2).sum()
    rows: Floats = tilt * np.sqrt(weight)
    return rows
