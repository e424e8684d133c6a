"""What chance allows two agents is an upper bound of what it does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import hypergeom

from commonmode.statistics.coincidence import (
    Meetings,
    chance_meetings,
    chance_of_meeting,
    excess_p_value,
    shared_hours,
)


@pytest.mark.parametrize(("bins", "one", "two"), [(96, 4, 4), (96, 8, 5), (288, 12, 12)])
def test_the_bound_lies_above_the_hypergeometric_tail(bins: int, one: int, two: int) -> None:
    met = np.arange(1, min(one, two) + 1).astype(float)
    exact = hypergeom.sf(met - 1, bins, one, two)
    allowed = Meetings(np.full_like(met, one * two / bins), np.full_like(met, min(one, two)))
    # The binomial bound holds from one above the mean on.
    far = met >= one * two / bins + 1
    assert (excess_p_value(met, allowed) >= exact)[far].all()


def test_chance_meetings_equal_simulated_ones() -> None:
    rng = np.random.default_rng(1)
    bins, k = 50, np.array([[3.0, 4.0], [5.0, 2.0]])

    def shared(one: float, two: float) -> int:
        first, second = (rng.permutation(bins)[: int(times)].tolist() for times in (one, two))
        return len(set(first) & set(second))

    runs = [sum(shared(*place) for place in k.T) for _ in range(4000)]
    pair = (np.array([0]), np.array([1]))
    allowed = chance_meetings(csr_matrix(k), np.full(2, 1 / bins), pair)
    assert allowed.expected[0] == pytest.approx(np.mean(runs), abs=0.03)
    assert allowed.most[0] == 5


def test_a_crowd_raises_the_chance_of_its_place() -> None:
    pairs, met = np.array([190.0, 190.0]), np.array([190.0, 2.0])
    crowded, plain = chance_of_meeting(pairs, met, left_out=np.zeros(2), prior=50, base=0.01)
    assert crowded > 0.7
    assert plain < 0.02


def test_pairs_left_out_do_not_hide_themselves() -> None:
    pairs = np.array([640.0])
    (own,) = chance_of_meeting(pairs, np.zeros(1), left_out=pairs, prior=50, base=0.01)
    assert own == pytest.approx(0.01)


def test_agents_of_the_same_unusual_hours_meet_oftener_and_the_others_as_often_on_average() -> None:
    visits = np.array([[8.0, 0, 0], [8.0, 0, 0], [0, 8.0, 8.0]])
    hours = shared_hours(visits, visits.sum(axis=0), smoothing=1.0)
    alike = hours @ hours.T
    assert alike[0, 1] > 1.5
    assert alike[0, 2] < 0.5
    visits = np.array([[4.0, 4.0], [4.0, 4.0]])
    ordinary = shared_hours(visits, visits.sum(axis=0), smoothing=0.0)
    assert (ordinary @ ordinary.T) == pytest.approx(np.ones((2, 2)))
