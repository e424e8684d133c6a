"""A campaign tries every world once per seed, keeps what it has, and goes on from there."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from tests.evaluation.labelled_worlds import EVERY, Shouting, Street

from commonmode.detectors import Scope
from commonmode.economy.plants import Scope as Planted
from commonmode.economy.worlds import World as Plot
from commonmode.evaluation import Alarms, Archive, Outcome, attempts, campaign


def run(seeds: Sequence[int], archive: Archive | None = None) -> list[Outcome]:
    tried = attempts(EVERY, [Shouting()], seeds, archive=archive)
    return sorted((o for some in tried for o in some), key=lambda o: (o.seed, o.world))


def test_every_world_is_tried_once_per_seed() -> None:
    outcomes = run([1, 2, 3])

    assert len(outcomes) == len({(o.world, o.seed) for o in outcomes}) == 12


def test_processes_change_nothing_but_the_time() -> None:
    planted = (Plot(name="scope", role="plant", about="scope", plants=(Planted(),), events=800),)

    def tried(processes: int) -> list[Alarms]:
        some = attempts(planted, [Scope()], [1, 2], processes=processes)
        return [o.alarms for o in sorted((o for one in some for o in one), key=lambda o: o.seed)]

    assert tried(2) == tried(1)


class Once(Street):
    """Raises when it is drawn a second time."""

    drawn: int = 0

    def frame(self, seed: int) -> tuple[pl.DataFrame, datetime, datetime]:
        assert type(self).drawn == 0, "drawn again"
        type(self).drawn += 1
        return super().frame(seed)


def test_a_world_is_drawn_once_for_all_detectors() -> None:
    Once.drawn = 0

    (both,) = attempts([Once("once", "null")], [Shouting(), Scope()], [1])

    assert [outcome.detector for outcome in both] == ["shouting", "scope"]


def test_a_campaign_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    under_way = attempts(EVERY, [Shouting()], [1, 2], archive=Archive(tmp_path))
    first = [next(under_way), next(under_way)]
    del under_way

    again = run([1, 2], Archive(tmp_path))

    assert [o.seconds for some in first for o in some] == [
        o.seconds for o in again if o.seed == 1 and o.world in {"quiet", "market"}
    ][::-1]
    assert [o.alarms for o in again] == [o.alarms for o in run([1, 2])]


def test_processes_keep_to_one_thread_and_this_one_to_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POLARS_MAX_THREADS", "7")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    with campaign.single_threaded():
        assert os.environ["POLARS_MAX_THREADS"] == "1"

    assert os.environ["POLARS_MAX_THREADS"] == "7"
    assert "OMP_NUM_THREADS" not in os.environ
