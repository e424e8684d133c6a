"""p-values where nothing is planted are held against the uniform distribution."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluation.labelled_worlds import EVERY, Shouting

from commonmode.evaluation import (
    Alarms,
    Outcome,
    attempts,
    calibration,
    calibrations,
)

NONE = Alarms(culprits=0, found=0, findings=0, false=0, named=0, rightly=0, members=0,
              undetermined=0, scores=0)  # fmt: skip


def log(seed: int, *p_values: float, role: str = "null") -> Outcome:
    alarms = Alarms(**{f: getattr(NONE, f) for f in NONE.__struct_fields__}
                    | {"p_values": p_values, "least_q": min(p_values, default=None)})  # fmt: skip
    return Outcome(detector="d", world="w", role=role, about="", seed=seed, alarms=alarms,
                   seconds=0.0)  # fmt: skip


def test_uniform_p_values_pass() -> None:
    even = calibration("d", "whole", np.random.default_rng(1).random(200).tolist())

    assert even.p_value > 0.05
    assert even.least.interval()[0] < 0.05 < even.least.interval()[1]


def test_p_values_that_are_too_small_are_told_from_those_too_large() -> None:
    drawn = np.random.default_rng(1).random(200)

    liberal = calibration("d", "whole", (drawn**3).tolist())
    timid = calibration("d", "whole", (drawn ** (1 / 3)).tolist())

    assert liberal.p_value < 1e-6
    assert liberal.low > 5 * liberal.high
    assert timid.p_value < 1e-6
    assert timid.high > 5 * timid.low


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_distance_is_the_larger_of_both_sides(values: list[float]) -> None:
    one = calibration("d", "whole", values)

    assert abs(one.ks - max(one.low, one.high)) < 1e-5


def test_one_subject_is_taken_of_every_log_and_the_smallest_q_of_the_whole() -> None:
    subject, whole = calibrations([log(0, 0.2, 0.6), log(1, 0.3, 0.9)])

    assert (subject.what, subject.values) == ("subject", (0.2, 0.9))
    assert (whole.what, whole.values) == ("whole", (0.2, 0.3))


def test_a_detector_that_tells_of_the_nearest_only_has_no_subject_of_its_own() -> None:
    assert [one.what for one in calibrations([log(0, 0.2), log(1, 0.3)])] == ["whole"]


def test_worlds_with_something_in_them_say_nothing() -> None:
    assert calibrations([log(0, 0.2, 0.6, role="plant")]) == []


def test_exact_claims_have_no_p_values() -> None:
    tried = [o for some in attempts(EVERY, [Shouting()], range(3)) for o in some]

    assert calibrations(tried) == []
