"""Learners end where the published ones do: dear, and ready to punish; without memory dear only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from commonmode.economy.bertrand import Bertrand
from commonmode.economy.learners import Learned, Learning, learn

COOLER = Learning(cooling=2e-5)
"""Explores a fifth as long as the published baseline; its own published gain is .791."""


def sessions(market: Bertrand, learning: Learning, count: int) -> list[Learned]:
    return [learn(market, learning, seed) for seed in range(count)]


def mean_gain(learned: Sequence[Learned]) -> float:
    return float(np.mean([one.gain() for one in learned]))


def answers(learned: Sequence[Learned], periods: int = 8) -> tuple[np.ndarray, float, float]:
    """Return the rivals' price change after a deviation, and how often they cut and it costs."""
    changes, cut, costly = [], [], []
    weight = 0.95 ** np.arange(60)
    for one in learned:
        grid, profit = one.market.grid, one.market.profit
        best = one.best_reply(0)
        if best == one.policy[0, one.state]:
            continue
        usual, shaken = one.play(60), one.play(60, {0: best})
        change = grid[shaken[:, 1]] / grid[usual[:, 1]] - 1
        changes.append(change[1 : periods + 1])
        cut.append(change[1] < 0)
        earned = [(weight * profit(grid[prices])[:, 0]).sum() for prices in (usual, shaken)]
        costly.append(earned[1] < earned[0])
    return np.mean(changes, axis=0), float(np.mean(cut)), float(np.mean(costly))


def test_the_same_seed_learns_the_same() -> None:
    quick = Learning(cooling=1e-4, steady=1_000)
    one, two = (learn(Bertrand(), quick, 3) for _ in range(2))
    assert (one.policy == two.policy).all()
    assert one.periods == two.periods


def test_what_is_settled_is_played_for_ever() -> None:
    one = learn(Bertrand(), COOLER, 5)
    cycle = one.settled()
    assert (one.play(3 * len(cycle)) == np.tile(cycle, (3, 1))).all()


def test_learners_with_memory_price_far_above_competition_and_punish_who_undercuts() -> None:
    learned = sessions(Bertrand(), COOLER, 40)
    change, cut, costly = answers(learned)
    assert mean_gain(learned) == pytest.approx(0.791, abs=0.04)
    assert cut > 0.75
    assert costly > 0.8
    assert change[0] < -0.05
    assert change[0] < change[3] < change[7] + 0.01


def test_learners_without_memory_are_as_dear_and_never_answer() -> None:
    learned = sessions(Bertrand(), Learning(cooling=2e-5, remembers=False), 20)
    assert mean_gain(learned) > 0.7
    for one in learned:
        assert (one.play(9, {0: one.best_reply(0)})[1:] == one.play(9)[1:]).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sellers", "learning", "count", "published", "within"),
    [
        (2, Learning(), 150, 0.849, 0.025),
        (3, Learning(), 40, 0.641, 0.02),
        (4, Learning(), 8, 0.547, 0.04),
        (2, Learning(rate=0.05, cooling=1e-5), 100, 0.775, 0.03),
        (2, Learning(cooling=2e-5), 100, 0.791, 0.03),
        (2, Learning(patience=0.0), 100, 0.227, 0.03),
        (2, Learning(remembers=False), 100, 0.957, 0.02),
    ],
)
def test_profit_gains_are_those_published(
    sellers: int, learning: Learning, count: int, published: float, within: float
) -> None:
    learned = sessions(Bertrand(sellers=sellers), learning, count)
    gain, error = mean_gain(learned), np.std([one.gain() for one in learned]) / count**0.5
    print(f"{sellers} sellers, {learning}: Δ = {gain:.3f} ± {error:.3f}, published {published}")  # noqa: T201
    assert gain == pytest.approx(published, abs=within)


@pytest.mark.slow
def test_the_answer_to_a_deviation_is_the_published_one() -> None:
    change, cut, costly = answers(sessions(Bertrand(), Learning(), 150))
    print(np.round(100 * change, 1), f"cut {cut:.2f}, costly {costly:.3f}")  # noqa: T201
    published = np.array([-12.5, -11.5, -8.8, -5.5, -3.0, -1.5, -0.7, -0.2]) / 100
    assert change == pytest.approx(published, abs=0.02)
    assert cut == pytest.approx(0.89, abs=0.05)
    assert costly == pytest.approx(0.926, abs=0.05)
