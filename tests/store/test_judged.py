"""What is said of a window takes the place of what was said, and looking often accuses nobody."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from tests.store.samples import NOON, new_folder

from commonmode.store import Batch, JudgedWindow, Judgement, Writer
from commonmode.store.file_reader import CursorReader

DAY = timedelta(days=1)
SUBJECTS, WINDOWS = 2_000, 40


def judged(number: int, p_values: dict[str, float], detector: str = "d") -> JudgedWindow:
    start = NOON + number * DAY
    said = [Judgement(subject, "clear", 0.5, p, None, 9) for subject, p in p_values.items()]
    return JudgedWindow(detector, 1, "h", start, start + DAY, said)


def evidence(*windows: JudgedWindow) -> pl.DataFrame:
    with new_folder() as folder, Writer(folder) as writer:
        for window in windows:
            writer.append(Batch(judged=[window]))
        return CursorReader(writer).query(
            "FROM evidence_over_time ORDER BY detector, subject, window_start"
        )


def test_a_window_judged_again_is_said_once() -> None:
    told = evidence(
        judged(0, {"a": 0.5, "b": 0.5}),
        judged(1, {"a": 0.3}),
        judged(0, {"a": 0.2}),
        judged(0, {"a": 0.9}, "other"),
    )
    assert told.select("detector", "subject", "p_value").rows() == [
        ("d", "a", 0.2),
        ("d", "a", 0.3),
        ("other", "a", 0.9),
    ]


def test_a_window_of_which_nothing_is_said_any_more_is_forgotten() -> None:
    assert evidence(judged(0, {"a": 0.5}), judged(0, {})).is_empty()


@pytest.mark.parametrize("p", [0.002, 0.05, 0.5, 0.999])
def test_an_e_value_is_the_mean_of_all_bets_on_a_small_p(p: float) -> None:
    mean, _ = quad(lambda kappa: kappa * p ** (kappa - 1), 0, 1)
    assert evidence(judged(0, {"a": p}))["e_value"].item() == pytest.approx(mean)


def test_a_p_of_one_or_of_nought_leaves_the_wealth_finite() -> None:
    told = evidence(*(judged(number, {"a": 1.0, "b": 0.0}) for number in range(100)))
    assert told["wealth"].is_finite().all()
    assert told.group_by("subject").agg(pl.col("wealth").last()).sort("subject")[
        "wealth"
    ].to_list() == [pytest.approx(0.5**100), pytest.approx(np.exp(700))]


def test_wealth_is_the_product_so_far_and_what_it_takes_grows_with_the_subjects() -> None:
    told = evidence(*(judged(number, {"a": 0.002, "b": 0.7}) for number in range(3)))
    mine = told.filter(subject="a")

    assert mine["wealth"].to_list() == pytest.approx(np.cumprod(mine["e_value"]).tolist())
    assert mine["sustained"].to_list() == [False, True, True]
    assert mine["subjects"].to_list() == [2, 2, 2]
    assert not told.filter(subject="b")["sustained"].any()


def test_what_was_reached_once_stays_reached() -> None:
    told = evidence(*(judged(n, {"a": p}) for n, p in enumerate([0.002, 0.002, 0.99, 0.99])))

    assert told["sustained"].to_list() == [False, True, True, True]
    assert told["wealth"][3] < told["wealth"][1]


def test_of_subjects_that_chance_alone_moves_few_are_ever_rich_however_often_one_looks() -> None:
    p = np.random.default_rng(3).uniform(size=(WINDOWS, SUBJECTS))
    windows = [judged(n, {str(s): float(p[n, s]) for s in range(SUBJECTS)}) for n in range(WINDOWS)]
    told = evidence(*windows)
    richest = told.group_by("subject").agg(pl.col("wealth").max())["wealth"].to_numpy()

    for rich in (10, 20, 100):
        assert np.mean(richest >= rich) <= 1 / rich + 3 * np.sqrt(1 / rich / SUBJECTS)
    assert not told["sustained"].any()
    # The same looks without a word about time: nearly everybody is found some day.
    lowest = told.group_by("subject").agg(pl.col("p_value").min())["p_value"]
    assert (lowest <= 0.05).sum() > 0.8 * SUBJECTS
