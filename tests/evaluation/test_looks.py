"""A detector that looks often says when it knew."""

from tests.evaluation.labelled_worlds import END, LOUD, START, Shouting

from commonmode.detectors import Window
from commonmode.evaluation import Culprit, Looks, culprits, look

DAY = Window(START, END)


def looked(least: int, times: int) -> Looks:
    events, _, _ = LOUD.frame(1)
    planted = culprits(events, "shouting")
    seen = events.filter(events["kind"] == "action_taken").select(Shouting.columns())
    return look(Shouting(least=least), seen, planted, DAY, times)


def test_the_delay_ends_with_the_first_look_that_finds_the_culprit() -> None:
    # She shouts on the hour from midnight: the third time at two, seen by the look at three.
    assert looked(3, 24).delays == (3.0,)
    assert looked(5, 24).delays == (5.0,)


def test_fewer_looks_know_later() -> None:
    assert looked(3, 2).delays == (12.0,)


def test_a_culprit_that_no_look_finds_has_no_delay() -> None:
    assert looked(9, 24).delays == (None,)


def test_looks_that_accuse_somebody_else_are_counted() -> None:
    events, _, _ = LOUD.frame(1)
    seen = events.filter(events["kind"] == "action_taken").select(Shouting.columns())

    only_bob = look(Shouting(least=3), seen, [Culprit("agent:bob")], DAY, 24)

    assert (only_bob.false, only_bob.looks, only_bob.delays) == (22, 24, (None,))
