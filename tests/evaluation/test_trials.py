"""Trials show detectors the events and never the labels."""

from collections.abc import Sequence

import polars as pl
from tests.evaluation.labelled_worlds import ALL, ELSEWHERE, EVERY, LOUD, MARKET, QUIET, Shouting

from commonmode.detectors import Scope, Tallies
from commonmode.economy.plants import Scope as Planted
from commonmode.economy.worlds import World as Plot
from commonmode.evaluation import Alarms, attempt, attempts, concerns
from commonmode.evaluation.trials import Outcome


class Nosy(Shouting):
    """Raises should it ever see a label."""

    def tally(self, events: pl.LazyFrame) -> Tallies:
        assert "truth_declared" not in events.collect()["kind"].to_list()
        assert not {"label", "phenomenon", "value"} & set(events.collect_schema().names())
        return super().tally(events)


def run(seeds: Sequence[int], *, processes: int = 1) -> list[Outcome]:
    tried = attempts(EVERY, [Shouting()], seeds, processes=processes)
    return sorted((o for some in tried for o in some), key=lambda o: (o.seed, o.world))


def test_a_detector_sees_no_label() -> None:
    (outcome,) = attempt(LOUD, [Nosy()], 1)

    assert outcome.alarms.found == 1


def test_lookalikes_of_other_phenomena_are_left_out() -> None:
    assert not concerns(ELSEWHERE, "shouting")
    assert all(concerns(world, "shouting") for world in (QUIET, MARKET, LOUD, ALL))


def test_every_world_is_tried_once_per_seed() -> None:
    outcomes = run([1, 2, 3])

    assert len(outcomes) == len({(o.world, o.seed) for o in outcomes}) == 12


def test_processes_change_nothing_but_the_time() -> None:
    planted = (Plot(name="scope", role="plant", about="scope", plants=(Planted(),), events=800),)

    def tried(processes: int) -> list[Alarms]:
        some = attempts(planted, [Scope()], [1, 2], processes=processes)
        return [o.alarms for o in sorted((o for one in some for o in one), key=lambda o: o.seed)]

    assert tried(2) == tried(1)
