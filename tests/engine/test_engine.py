"""Ticks: windows are judged when they close, and findings revised when more is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import msgspec
import polars as pl
import pytest
from tests.engine.tiny import (
    HOUR,
    START,
    Bench,
    Busy,
    Strangers,
    Trespass,
    action,
    grant,
    registration,
    score,
)

from commonmode.detectors import Finding, Score, Tallies, Window, finding_id
from commonmode.engine import Tick
from commonmode.events import ActionTaken, Event, FindingRaised

ALL = (Busy(), Strangers(), Trespass())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, *ALL)
    yield made
    made.close()


def by(bench: Bench, detector: str) -> pl.DataFrame:
    return bench.findings().filter(pl.col("detector") == detector)


# --- late events ------------------------------------------------------------------------------


def test_a_window_is_judged_when_the_agents_have_passed_its_end(bench: Bench) -> None:
    bench.add(*(action(n, "a", 0.1) for n in range(3)))
    before = bench.tick()
    bench.add(action(9, "a", 1.5))
    after = bench.tick()

    assert (before.windows, before.opened) == (0, 0)
    assert by(bench, "busy")["status"].to_list() == ["opened"]
    assert after.windows == len(ALL)


def test_a_late_event_revises_the_finding_and_says_why(bench: Bench) -> None:
    bench.add(*(action(n, "a", 0.1) for n in range(3)), action(9, "a", 1.5))
    bench.tick()
    bench.add(action(10, "a", 0.2))
    bench.tick()

    [row] = by(bench, "busy").select("status", "revision", "reason", "statistic").rows()
    assert row == ("updated", 1, "1 event came late: statistic 3 → 4", 4.0)


def test_a_late_registration_withdraws_what_it_explains_in_later_windows(bench: Bench) -> None:
    bench.add(action(1, "a", 2.5), action(2, "a", 3.5))
    bench.tick(final=True)
    bench.add(registration(3, "a", 0.5))
    bench.tick(final=True)

    rows = by(bench, "strangers").select("status", "reason").rows()
    late = "1 event of other windows came late and holds here, too: clear. a acted 1 times."
    assert rows == [("withdrawn", late)] * 2


def test_a_registration_explains_nothing_in_earlier_windows(bench: Bench) -> None:
    bench.add(action(1, "a", 0.5))
    bench.tick(final=True)
    bench.add(registration(3, "a", 1.2))
    bench.tick(final=True)

    assert by(bench, "strangers")["status"].to_list() == ["opened"]


def test_a_permission_in_arrears_withdraws_from_since_it_was_valid(bench: Bench) -> None:
    bench.add(action(1, "a", 0.5), action(2, "a", 2.5))
    bench.tick(final=True)
    bench.add(grant(3, "a", 4.5, valid_from=2.0))
    bench.tick(final=True)

    assert by(bench, "trespass")["status"].to_list() == ["opened", "withdrawn"]


@dataclass(frozen=True, kw_only=True)
class Quiet(Busy):
    """Finds agents that did not act exactly twice."""

    name: ClassVar[str] = "quiet"

    def judge(self, tallies: Tallies, window: Window) -> list[Score]:
        return [score(a, n, window, is_finding=n != 2) for a, n in tallies["actions"].rows()]


def test_what_is_found_again_after_it_was_withdrawn_is_opened_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Quiet())
    bench.add(action(1, "a", 0.5))
    bench.tick(final=True)
    bench.add(action(2, "a", 0.6))
    bench.tick(final=True)
    bench.add(action(3, "a", 0.7))
    bench.tick(final=True)

    assert [step[1] for step in bench.life()] == ["opened", "withdrawn", "opened"]
    bench.close()


def test_a_finding_closes_when_the_window_that_follows_has_closed(bench: Bench) -> None:
    bench.add(*(action(n, "a", 0.1) for n in range(3)), action(9, "a", 1.5))
    bench.tick()
    bench.add(action(10, "a", 2.1))
    closing = bench.tick()

    [row] = by(bench, "busy").select("status", "revision").rows()
    assert row == ("closed", 1)
    assert closing.closed >= 1


def test_a_tick_without_news_changes_nothing(bench: Bench) -> None:
    bench.add(*(action(n, "a", 0.1) for n in range(3)))
    bench.tick(final=True)
    life = bench.life()

    assert bench.tick(final=True) == Tick()
    assert bench.life() == life


def test_an_event_from_the_year_9999_stops_nothing(bench: Bench) -> None:
    wild = ActionTaken(id="w", at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), agent="a")
    bench.add(wild, *(action(n, "a", 0.1) for n in range(3)))
    first = bench.tick()
    bench.tick(final=True)

    assert first.windows == 0
    assert by(bench, "busy")["subject"].to_list() == ["agent:a"]


def test_a_log_from_the_future_closes_its_windows_when_most_agents_live_there(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, Busy())
    bench.now = START - 100 * HOUR
    bench.add(*(action(n, "abc"[n % 3], 0.1) for n in range(9)))
    before = bench.tick()
    bench.add(*(action(10 + n, "abc"[n], 1.1) for n in range(3)))
    after = bench.tick()

    assert (before.windows, after.windows) == (0, 1)
    bench.close()


def test_one_agent_from_the_future_is_not_believed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Busy())
    bench.now = START + HOUR / 2
    bench.add(*(action(n, "abc"[n % 3], 0.1) for n in range(9)))
    bench.add(*(action(10 + n, "d", 100 + n) for n in range(9)))

    assert bench.tick().windows == 0
    bench.close()


def test_other_parameters_are_other_findings(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Busy(), Busy(often=2))
    bench.add(*(action(n, "a", 0.1) for n in range(3)))
    bench.tick(final=True)

    assert bench.findings()["finding_id"].n_unique() == 2
    assert set(bench.findings()["status"]) == {"opened"}
    bench.close()


# --- the live watch ---------------------------------------------------------------------------


def heard(agent: str, window: Window, revision: int = 0) -> Event:
    found = score(agent, 1, window, is_finding=True)
    key = finding_id(Busy(), window, found.subject)
    finding = Finding(
        finding_id=key,
        detector="busy",
        version=1,
        parameters=Busy().parameters(),
        window=window,
        status="opened",
        revision=revision,
        score=found,
        provisional=True,
    )
    return FindingRaised(
        id=f"{key}:live:{revision}",
        at=window.end,
        agent="watch",
        finding=msgspec.to_builtins(finding),
    )


def test_what_the_watch_raised_is_confirmed_or_withdrawn(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Busy())
    window = Window(START, START + HOUR)
    bench.add(heard("a", window), heard("b", window))
    bench.add(*(action(n, "a", 0.1) for n in range(3)), action(9, "b", 0.1))
    open_still = bench.tick()
    bench.tick(final=True)

    assert open_still.steps == 0
    rows = bench.findings().select("subject", "status", "provisional").rows()
    assert rows == [("agent:a", "updated", False), ("agent:b", "withdrawn", False)]
    bench.close()


def test_what_the_watch_says_after_the_detector_has_spoken_changes_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Busy())
    bench.add(*(action(n, "a", 0.1) for n in range(3)))
    bench.tick(final=True)
    bench.add(heard("a", Window(START, START + HOUR), revision=3))
    bench.add(action(4, "a", 0.2))
    bench.tick(final=True)

    [row] = by(bench, "busy").select("status", "revision", "provisional").rows()
    assert row == ("updated", 1, False)
    bench.close()


def test_what_the_watch_raises_after_the_judgement_is_judged_still(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Busy())
    bench.add(action(1, "a", 0.1))
    bench.tick(final=True)
    bench.add(heard("a", Window(START, START + HOUR)))
    bench.tick(final=True)

    assert bench.findings()["status"].to_list() == ["withdrawn"]
    bench.close()


# --- evidence and proof -----------------------------------------------------------------------


def test_a_finding_cites_its_events_and_says_as_of_when(bench: Bench) -> None:
    bench.add(*(action(n, "a", 0.1 * n) for n in range(3)), action(7, "b", 0.1))
    bench.tick(final=True)

    [row] = by(bench, "busy").select("finding_id", "evidence_total", "as_of").rows()
    cited = bench.reader.query(
        "SELECT event_id FROM evidence WHERE finding_id = $id ORDER BY position", {"id": row[0]}
    )
    assert cited["event_id"].to_list() == ["e0", "e1", "e2"]
    assert row[1:] == (3, '{"seq":4}')
