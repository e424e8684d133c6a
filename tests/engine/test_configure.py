from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
from tests.engine.tiny import Busy, Strangers

from commonmode.engine.configure import (
    SettingError,
    UnknownDetectorError,
    configured,
    duration,
)

KNOWN = (Busy, Strangers)


@dataclass(frozen=True, kw_only=True)
class Picky(Busy):
    name: ClassVar[str] = "picky"
    where: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.often < 1:
            msg = f"`often` must be at least 1; found {self.often}."
            raise ValueError(msg)


@pytest.mark.parametrize(
    ("text", "length"),
    [("30s", timedelta(seconds=30)), ("1.5h", timedelta(minutes=90)), ("2w", timedelta(days=14))],
)
def test_a_length_of_time_has_a_unit(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize("text", ["", "1", "h", "-1h", "0m", "1y"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="needed a length of time"):
        duration(text)


def test_all_detectors_run_where_none_is_named() -> None:
    assert configured(known=KNOWN) == (Busy(), Strangers())


def test_a_named_detector_runs_alone_and_once() -> None:
    assert configured(["strangers", "strangers"], known=KNOWN) == (Strangers(),)


def test_settings_become_parameters_of_their_type() -> None:
    settings = ["busy.window=30m", "busy.often=5"]

    assert configured(["busy"], settings, KNOWN) == (Busy(window=timedelta(minutes=30), often=5),)


def test_a_list_is_given_as_json() -> None:
    assert configured(["picky"], ['picky.where=["x","y"]'], [Picky]) == (Picky(where=("x", "y")),)


def test_an_unknown_detector_is_told_which_there_are() -> None:
    with pytest.raises(UnknownDetectorError, match="Hint: there are busy, strangers"):
        configured(["buzy"], known=KNOWN)


def test_an_unknown_parameter_is_told_which_there_are() -> None:
    with pytest.raises(SettingError, match="it has window, seed, often"):
        configured(settings=["busy.offen=5"], known=KNOWN)


def test_a_value_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(SettingError, match=r"'busy.often=many' does not fit"):
        configured(settings=["busy.often=many"], known=KNOWN)


def test_a_value_that_the_detector_refuses_is_refused_in_its_words() -> None:
    with pytest.raises(SettingError, match=r"picky: `often` must be at least 1"):
        configured(settings=["picky.often=0"], known=[Picky])


@pytest.mark.parametrize("setting", ["often=5", "busy.often", "busy", "busy.=5"])
def test_a_setting_names_detector_parameter_and_value(setting: str) -> None:
    with pytest.raises(SettingError, match=r"needed DETECTOR\.PARAMETER=VALUE"):
        configured(settings=[setting], known=KNOWN)


def test_a_setting_for_a_detector_that_does_not_run_is_refused() -> None:
    with pytest.raises(SettingError, match="does not run"):
        configured(["strangers"], ["busy.often=5"], KNOWN)
