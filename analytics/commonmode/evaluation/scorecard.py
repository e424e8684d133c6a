"""The scorecard: what detectors get right and wrong, bad rows included."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from commonmode.evaluation.calibration import Calibration
from commonmode.evaluation.rates import Rate
from commonmode.evaluation.rows import HARMLESS, Row

WHOLE = "everything"
"""The world that holds every plant and every lookalike."""


class Scorecard(Struct, frozen=True, kw_only=True):
    """All that was found out in one campaign; free of dates and times, so that it can be compared.

    Attributes
    ----------
    command : str
        What prints it again.
    seeds : str
        ``first-last``.
    versions : dict of str to int
        Of the detectors, by name.
    rows : tuple of Row
        One per detector and world.
    calibrations : tuple of Calibration
        p-values where nothing is planted.
    """

    command: str
    seeds: str
    versions: dict[str, int]
    rows: tuple[Row, ...]
    calibrations: tuple[Calibration, ...]

    @property
    def seed_count(self) -> int:
        """How many seeds each world was drawn with, at most."""
        return max((row.seeds for row in self.rows), default=0)

    def of(self, detector: str) -> list[Row]:
        """Return the rows of one detector."""
        return [row for row in self.rows if row.detector == detector]

    def stale(self, versions: Mapping[str, int]) -> dict[str, tuple[int, int | None]]:
        """Return the detectors whose version differs: measured, and now (None when gone)."""
        return {
            name: (measured, versions.get(name))
            for name, measured in self.versions.items()
            if versions.get(name) != measured
        }

    def power_curves(self) -> dict[tuple[str, str], list[Row]]:
        """Return the rows of each power curve, by detector and knob, the weakest first."""
        curves: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            if row.knob and row.role == "plant" and row.about == row.detector:
                curves.setdefault((row.detector, row.knob[0]), []).append(row)
        return {key: sorted(some, key=lambda r: r.knob or ("", 0)) for key, some in curves.items()}

    def crossfire(self) -> tuple[list[str], dict[tuple[str, str], Row]]:
        """Return the worlds with plants, and the row of each detector on plants of others."""
        cells = {
            (row.detector, row.world): row
            for row in self.rows
            if row.role == "plant" and row.about != row.detector
        }
        planted = dict.fromkeys(row.world for row in self.rows if row.role == "plant")
        return [world for world in planted if any(world == w for _, w in cells)], cells

    def save(self, file: Path) -> None:
        """Write it down as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(msgspec.json.encode(self) + b"\n")


def load(file: Path) -> Scorecard:
    """Read a scorecard that was saved.

    Raises
    ------
    msgspec.DecodeError, msgspec.ValidationError
        When it is none, or one of another version of the program.
    """
    return msgspec.json.decode(file.read_bytes(), type=Scorecard)


def published() -> Scorecard:
    """Return the scorecard that came with this version of the program."""
    text = files("commonmode.evaluation").joinpath("published.json").read_bytes()
    return msgspec.json.decode(text, type=Scorecard)


def harmless(table: Sequence[Row]) -> Rate:
    """Return the share of worlds without any plant that raised a finding."""
    alarms = [row.false_alarms for row in table if row.role in HARMLESS]
    return Rate(
        sum(rate.hits for rate in alarms),
        sum(rate.trials for rate in alarms),
        "no world without plants was tried",
    )


def whole(table: Sequence[Row]) -> Row | None:
    """Return the row of the world with everything in it, if it was tried."""
    return next((row for row in table if row.world == WHOLE), None)


def summary(table: Sequence[Row]) -> dict[str, Any]:
    """Return, per detector, the figures that scripts rely on, JSON-ready; undefined is None.

    ``fdr`` and ``recall`` are those of the world with every plant and every lookalike;
    ``false_alarm_rate`` is the share of worlds without any plant that raised a finding.
    """
    names = dict.fromkeys(row.detector for row in table)
    return {name: _figures([row for row in table if row.detector == name]) for name in names}


def _figures(table: Sequence[Row]) -> dict[str, Any]:
    everything, false = whole(table), harmless(table)
    untried = f"{WHOLE!r} was not tried"
    recall = everything.recall if everything else Rate(0, 0, untried)
    own, other = table[0].detector, [row for row in table if row.role == "plant"]
    figures = {
        "fdr": everything.fdr if everything else math.nan,
        "recall": recall.value,
        "false_alarm_rate": false.value,
        "power": {row.world: row.recall.value for row in other if row.about == own},
        "bias": {row.world: row.bias for row in other if row.about == own},
        "delay_hours": {row.world: row.delay.median for row in other if row.delay},
        "false_alarms": {
            row.world: row.false_alarms.value for row in table if row.role in HARMLESS
        },
        "called": {row.world: row.called for row in table if row.called},
        "crossfire": {row.world: row.false_alarms.value for row in other if row.about != own},
        "bad_rows": [row.world for row in table if row.bad],
        "undefined": {
            "fdr": "" if everything else untried,
            "recall": recall.reason,
            "false_alarm_rate": false.reason,
        },
    }
    return {name: _plain(value) for name, value in figures.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if inner != ""}
    return None if isinstance(value, float) and math.isnan(value) else value
