"""How often two agents meet by chance, given how often, where and when each of them acts."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from commonmode.statistics.ballots import Floats, Integers

_CHUNK = 50_000


def chance_of_meeting(
    crowds: Floats, crowd_place: Integers, *, places: int, prior: float, base: float
) -> Floats:
    r"""Return, of each place, the chance that two visits to it fall into the same bin of time.

    .. math:: τ_r = \frac{Σ_t d_{rt}(d_{rt} - 1) + s τ_0}{E_r(E_r - 1) + s},\quad
        E_r = Σ_t d_{rt}

    A place whose visits come in bursts (news, opening hours) has a high chance; one that was
    seldom visited keeps the base chance.

    Parameters
    ----------
    crowds : ndarray
        d, agents that began a visit in each bin.
    crowd_place : ndarray of int
        The place of each bin.
    places : int
        How many there are.
    prior : float
        s, how many pairs of visits the base chance is worth.
    base : float
        τ_0, the chance over the whole log.

    Examples
    --------
    >>> crowds, where = np.array([2.0, 1.0]), np.array([0, 1])
    >>> chance_of_meeting(crowds, where, places=2, prior=2.0, base=0.1).tolist()
    [0.55, 0.1]
    """
    visits = np.bincount(crowd_place, weights=crowds, minlength=places)
    met = np.bincount(crowd_place, weights=crowds * (crowds - 1), minlength=places)
    chance: Floats = (met + prior * base) / (visits * (visits - 1) + prior)
    return chance


def expected_meetings(
    visits: csr_matrix, chance: Floats, pairs: tuple[Integers, Integers]
) -> Floats:
    r"""Return the expected meetings of pairs of agents: the sparse configuration model.

    .. math:: μ_{ij} = Σ_r k_{ir} k_{jr} τ_r

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
    >>> k = csr_matrix(np.array([[2.0, 0.0], [3.0, 1.0]]))
    >>> expected_meetings(k, np.array([0.1, 0.5]), (np.array([0]), np.array([1]))).round(2).tolist()
    [0.6]
    """
    weighted = visits.multiply(chance).tocsr()
    first, second = pairs
    parts = [
        visits[first[i : i + _CHUNK]].multiply(weighted[second[i : i + _CHUNK]]).sum(axis=1)
        for i in range(0, len(first), _CHUNK)
    ]
    return np.concatenate(
        [np.asarray(part, dtype=float).ravel() for part in parts] or [np.zeros(0)]
    )


def shared_hours(by_hour: Floats, smoothing: float) -> Floats:
    """Return the factors whose product over two agents says how their hours coincide.

    Row i holds sqrt(w_T)·α_iT, with α_iT how much more of its visits agent i begins in part T of
    the day than all agents do, and w_T the part's share of all chance meetings. The dot product of
    two rows is 1 for agents of ordinary hours, more for two who keep the same unusual hours, and
    less for two who seldom overlap.

    Parameters
    ----------
    by_hour : ndarray of shape (agents, parts)
        Visits of each agent in each part.
    smoothing : float
        Visits of ordinary hours added to every agent.

    Examples
    --------
    >>> rows = shared_hours(np.array([[9.0, 0.0], [9.0, 0.0], [0.0, 18.0]]), smoothing=0.0)
    >>> (rows @ rows.T).round(2).tolist()
    [[2.0, 2.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 2.0]]
    """
    share = by_hour.sum(axis=0) / by_hour.sum()
    own = by_hour + smoothing * share
    tilt = own / own.sum(axis=1, keepdims=True) / np.where(share > 0, share, 1.0)
    weight = share**2 / (share**2).sum()
    rows: Floats = tilt * np.sqrt(weight)
    return rows
