"""The scorecard in the documentation is the one that comes with the program."""

from pathlib import Path

from tests.docs.scorecard_page import PAGE, render

from commonmode.detectors import ALL
from commonmode.evaluation import published


def test_the_page_is_written_from_the_published_scorecard_and_names_what_it_is_not_of() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `make docs`, or `make scorecard`"


def test_every_detector_is_scored() -> None:
    assert list(published().versions) == [detector.name for detector in ALL]


def test_it_is_measured_on_seeds_that_no_threshold_was_set_on() -> None:
    first, _, _ = published().seeds.partition("-")

    assert int(first) >= 50


def test_the_wheel_carries_it_beside_the_code() -> None:
    assert (Path(PAGE).parents[1] / "analytics/commonmode/evaluation/published.json").exists()
