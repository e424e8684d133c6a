from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import ClassVar, Self

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
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

from commonmode.detectors import Detector, Finding, Query, Score, Tallies, Window, finding_id
from commonmode.engine import Tick
from commonmode.events import ActionTaken, Event, FindingRaised
from commonmode.store import Appended, Appender, Batch, Offset, StoreUnreachableError

ALL = (Busy(), Strangers(), Trespass())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, *ALL)
    yield made
    made.close()


def by(bench: Bench, detector: str) -> pl.DataFrame:
    return bench.findings().filter(pl.col("detector") == detector)


# --- what must hold for every log -------------------------------------------------------------


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Draw a few hours of a few agents, in any order of arrival."""
    agents, quarters = st.sampled_from("abc"), st.integers(0, 19)
    made: list[Event] = []
    for number in range(draw(st.integers(1, 16))):
        agent, hours = draw(agents), draw(quarters) / 4
        what = draw(st.integers(0, 5))
        if what == 0:
            made.append(registration(number, agent, hours))
        elif what == 1:
            made.append(grant(number, agent, hours, draw(st.none() | quarters.map(float))))
        else:
            made.append(action(number, agent, hours))
    return made


detectors = st.sampled_from(ALL)


Rows = list[tuple[object, ...]]


def in_one_batch(events: Sequence[Event], detector: Detector) -> tuple[Rows, Rows]:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), detector)
        bench.add(*events)
        bench.tick(final=True)
        standing = bench.standing(), bench.said()
        bench.close()
    return standing


few = settings(
    max_examples=8,
    deadline=None,
    # Each example fills a store; shrinking one would take minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)


@few
@given(events=logs(), detector=detectors, cuts=st.sets(st.integers(0, 16)), data=st.data())
def test_any_split_into_ticks_finds_what_one_batch_finds(
    events: list[Event], detector: Detector, cuts: set[int], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), detector)
        for first, last in pairwise(sorted({0, *cuts, len(events)})):
            bench.add(*events[first:last])
            span = data.draw(st.sampled_from([2, 500_000]))
            bench.engine(span=span).tick(final=data.draw(st.booleans()))
        bench.tick(final=True)
        standing = bench.standing(), bench.said()
        steps = bench.reader.query("SELECT id FROM finding_events")["id"].to_list()
        bench.close()

    assert standing == in_one_batch(events, detector)
    assert len(set(steps)) == len(steps)


class Failing:
    """Stores batches, but now and then dies before it did so, or before it could say so."""

    def __init__(self, appender: Appender, chance: random.Random) -> None:
        self._appender = appender
        self._chance = chance

    def append(self, batch: Batch) -> Appended:
        self._perhaps_die()
        done = self._appender.append(batch)
        self._perhaps_die()
        return done

    def _perhaps_die(self) -> None:
        if self._chance.random() < 0.3:
            msg = "the owner went away."
            raise StoreUnreachableError(msg)

    def offsets(self) -> list[Offset]:
        return self._appender.offsets()

    def close(self) -> None:
        """Keep the store: it outlives whoever crashes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def until_it_lives(bench: Bench, chance: random.Random, *, final: bool) -> None:
    for _ in range(200):
        try:
            bench.engine(Failing(bench.writer, chance), span=4).tick(final=final)
        except StoreUnreachableError:
            continue
        return
    pytest.fail("200 ticks died")


@few
@given(events=logs(), detector=detectors, cut=st.integers(0, 16), seed=st.integers(0, 2**32))
def test_a_crash_between_any_two_steps_loses_and_doubles_nothing(
    events: list[Event], detector: Detector, cut: int, seed: int
) -> None:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), detector)
        chance = random.Random(seed)
        for part, final in ((events[:cut], False), (events[cut:], True)):
            bench.add(*part)
            until_it_lives(bench, chance, final=final)
        standing = bench.standing(), bench.said()
        steps = bench.reader.query("SELECT id FROM finding_events")["id"].to_list()
        bench.close()

    assert standing == in_one_batch(events, detector)
    assert len(set(steps)) == len(steps)


@settings(few, max_examples=4)
@given(events=logs(), seed=st.integers(0, 2**32))
def test_findings_reach_the_log_in_order_and_once_by_id(events: list[Event], seed: int) -> None:
    chance, log = random.Random(seed), list[str]()

    def send(page: Sequence[Event]) -> None:
        for event in page:
            if chance.random() < 0.1:
                msg = "no broker"
                raise ConnectionError(msg)
            log.append(event.id)

    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), Strangers())
        bench.add(*events)
        bench.tick(final=True)
        for _ in range(500):
            try:
                bench.engine(Failing(bench.writer, chance)).publish(send)
                break
            except (ConnectionError, StoreUnreachableError):
                continue
        recorded = bench.reader.query("SELECT id FROM finding_events ORDER BY seq")["id"]
        again = bench.engine().publish(send)
        bench.close()

    assert list(dict.fromkeys(log)) == recorded.to_list()
    assert again == 0


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


# --- failures ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Quiet(Busy):
    """Finds agents that did not act exactly twice."""

    name: ClassVar[str] = "quiet"

    def judge(self, tallies: Tallies, window: Window) -> list[Score]:
        return [score(a, n, window, is_finding=n != 2) for a, n in tallies["actions"].rows()]


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


def test_a_broken_store_stops_the_run(bench: Bench) -> None:
    bench.add(action(1, "a", 0.5))
    dying = random.Random(0)
    dying.random = lambda: 0.0  # type: ignore[method-assign]

    with pytest.raises(StoreUnreachableError):
        bench.engine(Failing(bench.writer, dying)).tick(final=True)


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
