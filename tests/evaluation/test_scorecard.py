"""The scorecard adds alarms up, shows bad rows, and is undefined where it must be."""

import json
import math
from pathlib import Path

from tests.evaluation.labelled_worlds import EVERY, LOUD, QUIET, Shouting

from commonmode.evaluation import Row, Scorecard, attempts, load, rows, summary


def table(*worlds: object, least: int = 3) -> list[Row]:
    tried = attempts(worlds or EVERY, [Shouting(least=least)], range(20))  # type: ignore[arg-type]
    return rows(outcome for some in tried for outcome in some)


def row(name: str, *, least: int = 3) -> Row:
    return next(one for one in table(least=least) if one.world == name)


def test_there_is_one_row_per_detector_and_world() -> None:
    assert [one.world for one in table()] == ["quiet", "market", "loud", "everything"]


def test_a_lookalike_that_is_flagged_is_a_bad_row() -> None:
    market = row("market")

    assert market.false_alarms.value == 1.0
    assert market.bad
    assert market.accused[0] == "0:agent:ann"


def test_a_plant_that_is_missed_is_a_bad_row() -> None:
    assert row("everything", least=9).bad
    assert not row("everything").bad


def test_a_quiet_world_is_no_bad_row() -> None:
    assert not row("quiet").bad


def test_recall_is_undefined_where_nothing_was_planted() -> None:
    quiet = row("quiet")

    assert math.isnan(quiet.recall.value)
    assert quiet.recall.reason == "no culprit was planted"


def test_bias_is_effect_reported_minus_effect_planted() -> None:
    assert row("loud").bias == 1.0


def test_the_summary_has_the_keys_that_scripts_rely_on() -> None:
    figures = summary(table())["shouting"]

    assert figures["fdr"] == 0.0
    assert figures["recall"] == 1.0
    assert figures["false_alarm_rate"] == 0.5
    assert figures["bad_rows"] == ["market"]
    assert figures["power"] == {"loud": 1.0}


def test_undefined_figures_are_null_in_json_with_the_reason() -> None:
    figures = json.loads(json.dumps(summary(table(LOUD)), allow_nan=False))["shouting"]

    for name in ("fdr", "recall", "false_alarm_rate"):
        assert figures[name] is None
        assert "tried" in figures["undefined"][name]


def test_false_alarms_without_findings_are_none() -> None:
    figures = summary(table(QUIET))["shouting"]

    assert figures["false_alarm_rate"] == 0.0


def test_a_scorecard_that_was_saved_is_the_same_when_it_is_read(tmp_path: Path) -> None:
    card = Scorecard(
        command="x", seeds="0-19", versions={"shouting": 1}, rows=tuple(table()), calibrations=()
    )

    card.save(tmp_path / "deep" / "card.json")

    assert load(tmp_path / "deep" / "card.json") == card


def test_the_delay_is_the_median_over_culprits() -> None:
    delay = row("loud").delay

    assert delay is not None
    assert (delay.median, delay.found.value) == (3.0, 1.0)
    missed = row("loud", least=9).delay
    assert missed is not None
    assert (missed.median, missed.found.value) == (None, 0.0)
