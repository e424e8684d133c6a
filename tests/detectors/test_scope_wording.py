"""What scope findings say of one action, and of many."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.detectors.histories import HOUR

from commonmode.detectors.scope.scoring import Counts, score


def counts(n: int, breaches: int = 0, attempts: int = 0, *others: int) -> Counts:
    rest = (*others, *(0,) * (6 - len(others)))
    return Counts._make(("ann", n, breaches, attempts, *rest, ()))


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        (counts(1, 1, 0), "in 1 of 1 action: 1 took effect."),
        (counts(2, 0, 1), "in 1 of 2 actions: 1 was only tried."),
        (counts(2, 1, 1), "in 2 of 2 actions: 1 took effect, 1 was only tried."),
        (counts(9, 2, 3), "in 5 of 9 actions: 2 took effect, 3 were only tried."),
    ],
)
def test_a_claim_names_what_happened_and_nothing_that_did_not(counted: Counts, told: str) -> None:
    assert score(counted, (), HOUR).claim == f"ann acted outside its grants {told}"


FEW = st.integers(0, 2)


@given(st.tuples(st.integers(1, 2), *(8 * [FEW])))
def test_one_is_never_spoken_of_as_many(numbers: tuple[int, ...]) -> None:
    said = score(counts(*numbers), ("wide",), HOUR)

    for sentence in (said.claim, *said.reasons):
        one = r"\b1 (of them |of the breaches )?(were|actions|breaches|further actions)\b"
        assert not re.search(one, sentence), sentence
        assert not re.search(r"\b0 (took|was|were)\b", sentence), sentence
