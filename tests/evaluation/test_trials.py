"""Trials show detectors the events and never the labels."""

import polars as pl
from tests.evaluation.labelled_worlds import ALL, ELSEWHERE, LOUD, MARKET, QUIET, Shouting

from commonmode.detectors import Tallies
from commonmode.evaluation import attempt, concerns


class Nosy(Shouting):
    """Raises should it ever see a label."""

    def tally(self, events: pl.LazyFrame) -> Tallies:
        assert "truth_declared" not in events.collect()["kind"].to_list()
        assert not {"label", "phenomenon", "value"} & set(events.collect_schema().names())
        return super().tally(events)


def test_a_detector_sees_no_label() -> None:
    (outcome,) = attempt(LOUD, [Nosy()], 1)

    assert outcome.alarms.found == 1


def test_lookalikes_of_other_phenomena_are_left_out() -> None:
    assert not concerns(ELSEWHERE, "shouting")
    assert all(concerns(world, "shouting") for world in (QUIET, MARKET, LOUD, ALL))


def test_an_outcome_knows_the_strength_of_what_was_planted() -> None:
    (outcome,) = attempt(LOUD, [Shouting()], 1)

    assert outcome.knob == ("shouts", 6)


def test_only_the_detector_that_is_meant_looks_while_a_world_lasts() -> None:
    assert attempt(LOUD, [Shouting()], 1)[0].looks is not None
    assert attempt(QUIET, [Shouting()], 1)[0].looks is None
