"""Outcomes are found again only for the same world, detector and code."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.evaluation.labelled_worlds import LOUD, QUIET, Shouting

from commonmode.evaluation import Archive, Outcome, archive, attempt


def kept(folder: Path) -> Outcome:
    (outcome,) = attempt(LOUD, [Shouting()], 7)
    Archive(folder).keep(LOUD, Shouting(), outcome)
    return outcome


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    outcome = kept(tmp_path)

    assert Archive(tmp_path).find(LOUD, Shouting(), 7) == outcome


def test_other_seeds_worlds_and_parameters_find_nothing(tmp_path: Path) -> None:
    kept(tmp_path)
    known = Archive(tmp_path)

    assert known.find(LOUD, Shouting(), 8) is None
    assert known.find(QUIET, Shouting(), 7) is None
    assert known.find(replace(LOUD, shouts=7), Shouting(), 7) is None
    assert known.find(LOUD, Shouting(least=4), 7) is None


def test_changed_code_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path)

    monkeypatch.setattr(archive, "_sources", lambda *_: "other code")

    assert Archive(tmp_path).find(LOUD, Shouting(), 7) is None


def test_a_line_that_was_cut_off_is_tried_again(tmp_path: Path) -> None:
    kept(tmp_path)
    (file,) = tmp_path.rglob("*.jsonl")
    file.write_bytes(file.read_bytes()[:-20])

    assert Archive(tmp_path).find(LOUD, Shouting(), 7) is None


def test_a_forgetful_archive_finds_nothing_and_keeps_all_the_same(tmp_path: Path) -> None:
    outcome = kept(tmp_path)

    assert Archive(tmp_path, forgetful=True).find(LOUD, Shouting(), 7) is None
    assert Archive(tmp_path).find(LOUD, Shouting(), 7) == outcome


def test_nothing_is_kept_without_a_folder() -> None:
    (outcome,) = attempt(LOUD, [Shouting()], 7)
    nowhere = Archive(None)

    nowhere.keep(LOUD, Shouting(), outcome)

    assert nowhere.find(LOUD, Shouting(), 7) is None
