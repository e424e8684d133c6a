"""A window judged from the parts it was counted in is judged as it is from the whole."""

from __future__ import annotations

import pytest

from commonmode.detectors import Collusion
from commonmode.detectors.checks import same
from commonmode.detectors.coding import coded

from .conftest import DAY, Roaming


@pytest.mark.parametrize("rings", [0, 2])
def test_parts_that_were_never_merged_are_judged_as_the_whole_is(rings: int) -> None:
    detector, events = Collusion(), Roaming(seed=3, rings=rings, session=2).events
    parts = [detector.tally(events[n::3].lazy()) for n in range(3)]
    own = [{name: coded(rows) for name, rows in part.items()} for part in parts]
    scores = detector.sitting().scores(own, {}, DAY)

    assert scores
    assert same(scores, detector.detect(events.lazy(), DAY))


def test_a_window_without_events_has_no_scores() -> None:
    assert list(Collusion().sitting().scores([], {}, DAY)) == []
