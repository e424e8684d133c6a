from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from tests.engine.tiny import (
    Bench,
    Busy,
    Strangers,
    Trespass,
    action,
    grant,
    registration,
    score,
)

from commonmode.detectors import Detector, Query, Score, Tallies, Window
from commonmode.engine import Explanation, UnknownFindingError, explain
from commonmode.engine.explain import find, with_parameters

KINDS: tuple[type[Detector], ...] = (Busy, Strangers, Trespass)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, Busy(often=2), Strangers(), Trespass())
    made.add(*(action(n, "a", 1.1 + n / 10) for n in range(3)), action(3, "b", 1.2))
    made.add(registration(4, "b", 0.5), grant(5, "b", 5.5, valid_from=0.5))
    made.tick(final=True)
    yield made
    made.close()


def proved(bench: Bench, detector: str) -> Explanation:
    sql = "SELECT finding_id FROM findings WHERE detector = $detector"
    [name] = bench.reader.query(sql, {"detector": detector})["finding_id"]
    return explain(bench.reader, name, KINDS)


@pytest.mark.parametrize("detector", ["busy", "strangers", "trespass"])
def test_a_finding_is_reproduced_from_its_sql_and_from_raw_events(
    bench: Bench, detector: str
) -> None:
    explanation = proved(bench, detector)

    assert explanation.notes == ()
    assert (explanation.recomputed, explanation.rejudged) == (3.0, 3.0)
    assert explanation.reproduced
    assert explanation.evidence["id"].to_list() == ["e0", "e1", "e2"]


def test_what_came_since_does_not_count(bench: Bench) -> None:
    bench.add(action(9, "a", 1.5), registration(10, "a", 0.1), grant(11, "a", 0.1))

    assert all(proved(bench, detector).reproduced for detector in ("busy", "strangers", "trespass"))


def test_a_withdrawn_finding_shows_the_score_that_withdrew_it(bench: Bench) -> None:
    bench.add(registration(10, "a", 0.1))
    bench.tick(final=True)
    explanation = proved(bench, "strangers")

    assert explanation.finding.status == "withdrawn"
    assert explanation.finding.score["verdict"] == "clear"
    assert explanation.reproduced


def test_events_that_vanished_are_noticed(bench: Bench) -> None:
    bench.writer.cursor().execute("DELETE FROM events WHERE id = 'e1'")
    explanation = proved(bench, "busy")

    assert not explanation.reproduced
    assert explanation.notes == (
        "its SQL gives 2; recorded is 3.0.",
        "the detector gives 2.0; recorded is 3.0.",
    )


def test_another_version_of_the_detector_cannot_prove_it(bench: Bench) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Newer(Busy):
        version: ClassVar[int] = 2

    [name] = bench.reader.query("SELECT finding_id FROM findings WHERE detector = 'busy'").rows()[0]
    explanation = explain(bench.reader, name, (Newer,))

    assert (explanation.recomputed, explanation.rejudged) == (3.0, None)
    assert explanation.notes == ("busy version 1 found it; it is version 2 here.",)


def test_a_number_that_its_sql_does_not_give_is_told(tmp_path: Path) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Boasting(Busy):
        name: ClassVar[str] = "boasting"

        def judge(self, tallies: Tallies, window: Window) -> list[Score]:
            made = score("a", 3, window, is_finding=True)
            fields = {name: getattr(made, name) for name in made.__struct_fields__}
            return [Score(**{**fields, "recompute": Query("SELECT 7 FROM events LIMIT 1")})]

    bench = Bench(tmp_path, Boasting())
    bench.add(action(1, "a", 0.1))
    bench.tick(final=True)
    [name] = bench.findings()["finding_id"]
    explanation = explain(bench.reader, name, (Boasting,))
    bench.close()

    assert explanation.rejudged == 3.0
    assert explanation.notes == ("its SQL gives 7; recorded is 3.0.",)
    assert not explanation.reproduced


def test_the_beginning_of_an_id_is_enough_when_only_one_begins_so(bench: Bench) -> None:
    [name, *_] = bench.findings()["finding_id"]

    assert find(bench.reader, name[:12]).finding_id == name


def test_an_unknown_id_suggests_ids_like_it(bench: Bench) -> None:
    [name, *_] = bench.findings()["finding_id"]
    wrong = name[:-1] + ("0" if name[-1] != "0" else "1")

    with pytest.raises(UnknownFindingError, match=f"Hint: did you mean {name}"):
        find(bench.reader, wrong)


def test_an_id_like_none_points_to_the_list(bench: Bench) -> None:
    with pytest.raises(UnknownFindingError, match="`commonmode findings` lists them"):
        find(bench.reader, "zzzz")


def test_no_findings_at_all_points_to_detect(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    with pytest.raises(UnknownFindingError, match="there are no findings yet"):
        find(bench.reader, "a")
    bench.close()


def test_an_empty_name_is_the_name_of_none(bench: Bench) -> None:
    with pytest.raises(UnknownFindingError, match="no finding is called ''"):
        find(bench.reader, "")


def test_several_findings_that_begin_so_are_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Busy(often=1))
    bench.add(*(action(n, f"agent {n}", 0.1) for n in range(17)))
    bench.tick(final=True)
    initials = [name[0] for name in bench.findings()["finding_id"]]
    shared = max(initials, key=initials.count)

    with pytest.raises(UnknownFindingError, match="needed the id of one finding"):
        find(bench.reader, shared)
    bench.close()


@pytest.mark.parametrize("detector", [Busy(often=7), Strangers(), Trespass(seed=3)])
def test_parameters_as_stored_make_the_same_detector(detector: Detector) -> None:
    assert with_parameters(type(detector), detector.parameters()) == detector
