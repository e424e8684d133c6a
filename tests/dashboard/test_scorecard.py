"""The scorecard view shows what came with the program, or what was made with the data folder."""

from pathlib import Path

import msgspec
from tests.dashboard.conftest import Open, healthy, words

from commonmode.dashboard.views.scorecard import charts, data
from commonmode.evaluation import published


def test_without_a_scorecard_of_ones_own_the_published_one_is_shown(
    opened: Open, tmp_path: Path
) -> None:
    at = opened("scorecard", tmp_path)

    assert healthy(at)
    assert "that came with the program" in words(at)
    assert published().command in words(at)


def test_ones_own_scorecard_is_shown_and_says_when_it_is_of_another_version(
    opened: Open, tmp_path: Path
) -> None:
    card = msgspec.structs.replace(published(), versions={**data.VERSIONS, "monoculture": 0})
    card.save(tmp_path / "scorecard" / "scorecard.json")

    at = opened("scorecard", tmp_path)

    assert healthy(at)
    assert "made with this data folder" in words(at)
    assert "monoculture version 0" in words(at)


def test_a_damaged_scorecard_is_passed_over(opened: Open, tmp_path: Path) -> None:
    file = tmp_path / "scorecard" / "scorecard.json"
    file.parent.mkdir()
    file.write_text("{", encoding="utf-8")

    assert healthy(opened("scorecard", tmp_path))


def test_every_curve_has_its_interval_round_it() -> None:
    curves = data.power(published())

    assert (curves["low"] <= curves["share"] + 1e-9).all()
    assert (curves["share"] <= curves["high"] + 1e-9).all()


def test_each_lookalike_is_drawn_once() -> None:
    frame = data.lookalikes(published())
    drawn = charts.lookalikes(frame)

    assert len(drawn["series"][1]["data"]) == frame.height == len(drawn["yAxis"]["data"])
