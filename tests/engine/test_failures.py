"""A detector that fails, and a store that breaks: the others go on, and it is said."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest
from tests.engine.failing import Failing
from tests.engine.tiny import (
    HOUR,
    START,
    Bench,
    Busy,
    action,
    score,
)

from commonmode.detectors import Query, Score, Tallies, Window
from commonmode.store import StoreUnreachableError


@dataclass(frozen=True, kw_only=True)
class Broken(Busy):
    """Fails on one window."""

    name: ClassVar[str] = "broken"
    fails_at: timedelta = timedelta(0)

    def judge(self, tallies: Tallies, window: Window) -> list[Score]:
        if window.start == START + self.fails_at:
            msg = "no such number"
            raise ArithmeticError(msg)
        return list(super().judge(tallies, window))


@dataclass(frozen=True, kw_only=True)
class Uncountable(Busy):
    """Fails on every event."""

    name: ClassVar[str] = "uncountable"

    def tally(self, events: pl.LazyFrame) -> Tallies:
        return {"actions": events.select("no such column").collect()}


@dataclass(frozen=True, kw_only=True)
class Misquoting(Busy):
    """Has a query for its evidence that does not parse."""

    name: ClassVar[str] = "misquoting"

    def judge(self, tallies: Tallies, window: Window) -> list[Score]:
        made = score("a", 3, window, is_finding=True)
        fields = {name: getattr(made, name) for name in made.__struct_fields__}
        return [Score(**{**fields, "evidence": Query("SELECT FROM nothing")})]


def test_a_window_that_cannot_be_judged_waits_and_the_others_go_on(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Broken(), Busy())
    bench.add(*(action(n, "a", n / 4) for n in range(8)))
    done = bench.tick(final=True)
    again = bench.tick(final=True)

    assert [f.split(":", 1)[0] for f in done.failures] == [
        "broken failed judging the window from 2026-01-01 00"
    ]
    assert bench.findings().group_by("detector").len().sort("detector").rows() == [
        ("broken", 1),
        ("busy", 2),
    ]
    assert again.failures == done.failures
    bench.close()


@dataclass(frozen=True, kw_only=True)
class Choking(Busy):
    """Fails on the events of one hour."""

    name: ClassVar[str] = "choking"

    def tally(self, events: pl.LazyFrame) -> Tallies:
        if events.select(pl.col("at").min()).collect().item() < START + HOUR:
            msg = "no such hour"
            raise ArithmeticError(msg)
        return super().tally(events)


def test_a_window_that_cannot_be_counted_waits_and_the_others_go_on(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Choking())
    bench.add(*(action(n, "a", n / 4) for n in range(12)))
    done = bench.tick(final=True)

    assert [f.split(":", 1)[0] for f in done.failures] == [
        "choking failed counting the window from 2026-01-01 00"
    ]
    assert bench.findings().height == 2
    bench.close()


def test_a_failure_is_written_down_until_it_is_over(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Uncountable())
    bench.add(action(1, "a", 0.5))
    done = bench.tick(final=True)
    sql = "SELECT state::VARCHAR AS state FROM detector_progress WHERE detector_key <> 'watermark'"
    [state] = bench.reader.query(sql)["state"]

    assert "uncountable failed counting the window" in done.failures[0]
    assert "uncountable failed counting the window" in state
    bench.close()


def test_evidence_that_cannot_be_fetched_is_the_detectors_failure(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Misquoting(), Busy())
    bench.add(*(action(n, "a", 0.1) for n in range(3)))
    done = bench.tick(final=True)

    assert "misquoting failed fetching the evidence of agent:a" in done.failures[0]
    assert bench.findings()["detector"].to_list() == ["busy"]
    bench.close()


def test_a_broken_store_stops_the_run(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Busy())
    bench.add(action(1, "a", 0.5))
    dying = random.Random(0)
    dying.random = lambda: 0.0  # type: ignore[method-assign]

    with pytest.raises(StoreUnreachableError):
        bench.engine(Failing(bench.writer, dying)).tick(final=True)
    bench.close()
