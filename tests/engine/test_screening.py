"""A window whose agents are screened first says what reading it whole says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, NoReturn

import msgspec
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from tests.detectors.histories import histories
from tests.engine.tiny import HOUR, START, Bench, Busy, action, grant, registration

from commonmode.detectors import Detector, Query, Scope, Screen, Window
from commonmode.detectors.bound import digest
from commonmode.detectors.screen import Doubting
from commonmode.engine import tick
from commonmode.engine.as_of import STORED
from commonmode.engine.log import Log
from commonmode.engine.screening import Doubts, Screening
from commonmode.engine.windows import window_of
from commonmode.events import ActionTaken, Event, PermissionGranted
from commonmode.store import QueryTooLargeError, Reader
from commonmode.store.execution import Parameters
from commonmode.store.file_reader import CursorReader

A, B = (digest(pl.Series([name])).item() for name in "ab")
"""Digests of two agents."""
FIRST, SECOND = (window_of(START + hour * HOUR, HOUR) for hour in (0, 1))


@dataclass(frozen=True)
class One(Screen):
    """Doubts agents of one name alone, of whom it is asked by minutes."""

    doubts: str

    def plain(self) -> Query:
        return Query("SELECT DISTINCT agent_digest FROM events WHERE NOT (" + self.doubts + ")")

    def asked(self, where: Query) -> Query:
        text = f"""
            SELECT agent_digest, min("at") AS first, max("at") AS last
            FROM events WHERE {where.text}
            GROUP BY agent_digest, time_bucket(INTERVAL 1 MINUTE, "at")
        """
        return Query(text, where.parameters)

    def doubting(self, plain: pl.DataFrame) -> Doubting:
        return lambda asked: asked.join(plain, on="agent_digest", how="anti")

    def apart(self, where: Query) -> Query:
        text = f"""
            SELECT agent_digest, "at" AS first, "at" AS last FROM events
            WHERE kind = 'agent_registered' AND {where.text}
        """
        return Query(text, where.parameters)


@dataclass(frozen=True, kw_only=True)
class Named(Busy):
    """Doubts agents of one name alone, and any that is registered."""

    name: ClassVar[str] = "named"
    doubts: str = "agent = 'a'"

    def screen(self) -> One:
        return One(self.doubts)


def screened(reader: Reader, detector: Detector, *windows: Window, seq: int = 9) -> Doubts | None:
    return Screening(reader, detector, {STORED: seq}).doubts([windows])


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, Named(often=1))
    made.add(action(1, "a", 0.1), action(2, "b", 0.2), action(3, "b", 1.1), action(4, "a", 0.3))
    yield made
    made.close()


def said(
    events: Sequence[Event], worth: int
) -> tuple[list[tuple[object, ...]], list[str], int, int]:
    """Return all that is said of events, where windows of one in so many are screened."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(tick, "WORTH_A_LOOK", worth)
        made = Bench(Path(folder), Scope(window=HOUR / 3))
        made.add(*events)
        done = made.tick(final=True)
        standing, measured = made.standing(), made.findings()["measures"].to_list()
        made.close()
    assert not done.failures
    return standing, measured, done.undetermined, done.windows


@settings(max_examples=20, deadline=None)
@given(histories)
def test_screened_windows_say_what_windows_read_whole_say(events: list[Event]) -> None:
    assert said(events, 1_000) == said(events, 0)


@pytest.mark.parametrize("worth", [0, 1_000])
def test_what_a_doubted_agent_could_reach_counts_the_resources_of_others(worth: int) -> None:
    given = [
        PermissionGranted(id=f"g{who}", at=START, agent=who, grant=who, resources=["repo"])
        for who in "ab"
    ]
    acts = [("a", "vault/x"), ("a", "repo/1"), ("b", "repo/2"), ("b", "repo/3")]
    took = [
        ActionTaken(id=f"t{n}", at=START + HOUR / 9, agent=who, resource=place)
        for n, (who, place) in enumerate(acts)
    ]
    measured = said([*given, *took], worth)[1]

    assert msgspec.json.decode(measured[0])["blast_radius"] == 3


class Cramped(CursorReader):
    """A store that has no memory to look for who is related to whom."""

    def batches(self, sql: str, parameters: Parameters = None) -> pa.RecordBatchReader:
        if "lineage" in sql:
            msg = "Out of Memory Error: failed to allocate."
            raise QueryTooLargeError(msg, "narrow the query")
        return super().batches(sql, parameters)


@pytest.mark.parametrize("worth", [0, 1_000])
def test_where_there_is_no_memory_for_what_is_related_all_of_it_is_read(
    tmp_path: Path, worth: int
) -> None:
    made = Bench(tmp_path, Scope())
    made.add(grant(1, "a", 0), action(2, "a", 0.5), action(3, "b", 0.6))
    made.reader = Cramped(made.writer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tick, "WORTH_A_LOOK", worth)
        done = made.tick(final=True)
    made.close()

    assert (done.windows, done.failures) == (1, ())
    assert done.undetermined == 1


def test_only_agents_that_are_doubted_in_a_window_are_read_there(bench: Bench) -> None:
    doubts = screened(bench.reader, Named(), FIRST, SECOND)

    assert doubts is not None
    assert doubts.named == {FIRST: [A]}
    assert doubts.windows([FIRST, SECOND]) == [FIRST]
    assert doubts.agents([FIRST]) == [A]
    assert doubts.agents([SECOND]) == []


def test_who_is_doubted_apart_is_read_whatever_else_it_did(bench: Bench) -> None:
    bench.add(registration(9, "b", 1.5))

    assert screened(bench.reader, Named(), FIRST, SECOND) == Doubts({FIRST: [A], SECOND: [B]})


def test_windows_are_asked_about_block_by_block(bench: Bench) -> None:
    screening = Screening(bench.reader, Named(doubts="agent = 'b'"), {STORED: 9})

    assert screening.doubts([[FIRST], [SECOND]]) == Doubts({FIRST: [B], SECOND: [B]})


def test_what_is_doubted_over_several_windows_is_read_in_all_of_them() -> None:
    third = window_of(START + 2 * HOUR, HOUR)
    rows = pl.DataFrame({"agent_digest": [A], "first": [START + HOUR / 2], "last": [third.start]})

    assert Doubts.of(rows, [FIRST, SECOND, third]).named == {
        FIRST: [A],
        SECOND: [A],
        third: [A],
    }


def test_of_others_the_values_beside_are_read_once(bench: Bench) -> None:
    log = Log(bench.reader, Scope(), {STORED: 9})
    doubts = Doubts({FIRST: [A]})

    [own] = log.parts([FIRST, SECOND], doubts)[FIRST]
    [beside] = log.beside(FIRST, doubts)
    assert own["actions"]["agent"].to_list() == ["a", "a"]
    assert beside["actions"].select("agent", "resource").rows() == [(None, None)]
    assert log.parts([SECOND], doubts)[SECOND] == []


def test_a_detector_that_does_not_screen_is_read_whole(bench: Bench) -> None:
    assert screened(bench.reader, Busy(), FIRST) is None


class Busier(Reader):
    """A store that has no memory for what is asked."""

    def batches(self, sql: str, parameters: Parameters = None) -> NoReturn:
        del sql, parameters
        msg = "Out of Memory Error: failed to allocate."
        raise QueryTooLargeError(msg, "narrow the query")

    def close(self) -> None:
        """Nothing to let go of."""


def test_what_there_is_no_memory_to_screen_is_read_whole(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")

    assert screened(Busier(), Named(), FIRST) is None
    assert "named reads whole windows: Out of Memory" in caplog.text


def test_events_after_the_positions_are_not_screened(bench: Bench) -> None:
    assert screened(bench.reader, Named(), FIRST, seq=0) == Doubts({})


def test_a_query_that_fails_is_its_detectors_and_judges_nothing(tmp_path: Path) -> None:
    made = Bench(tmp_path, Named(doubts="no_such_column"), Busy(often=1))
    made.add(action(1, "a", 0.1))
    done = made.tick(final=True)
    made.close()

    assert [failure.split(":")[0] for failure in done.failures] == [
        "named failed screening the log"
    ]
    assert done.windows == 1


@pytest.mark.parametrize("worth", [0, 32])
def test_windows_that_are_little_of_the_log_are_not_screened(bench: Bench, worth: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tick, "WORTH_A_LOOK", worth)
        bench.tick(final=True)

    assert sorted(set(bench.findings()["subject"])) == (
        ["agent:a"] if worth else ["agent:a", "agent:b"]
    )
