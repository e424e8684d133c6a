"""A window whose agents are screened first says what reading it whole says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, NoReturn

import pytest
from hypothesis import given, settings
from tests.detectors.histories import histories
from tests.engine.tiny import HOUR, START, Bench, Busy, action

from commonmode.detectors import Query, Scope
from commonmode.engine import tick
from commonmode.engine.as_of import STORED
from commonmode.engine.log import Log
from commonmode.engine.screening import screen
from commonmode.engine.windows import window_of
from commonmode.events import Event
from commonmode.store import QueryTooLargeError, Reader
from commonmode.store.execution import Parameters

FIRST, SECOND = (window_of(START + hour * HOUR, HOUR) for hour in (0, 1))


@dataclass(frozen=True, kw_only=True)
class Named(Busy):
    """Doubts agents of one name alone."""

    name: ClassVar[str] = "named"
    doubts: str = "agent = 'a'"

    def doubted(self, where: Query) -> Query:
        text = f'SELECT agent, "at" FROM events WHERE {self.doubts} AND {where.text}'
        return Query(text, where.parameters)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, Named(often=1))
    made.add(action(1, "a", 0.1), action(2, "b", 0.2), action(3, "b", 1.1), action(4, "a", 0.3))
    yield made
    made.close()


def said(events: Sequence[Event], worth: int) -> tuple[object, ...]:
    """Return all that is said of events, where windows of one in so many are screened."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(tick, "WORTH_A_LOOK", worth)
        made = Bench(Path(folder), Scope(window=HOUR / 3))
        made.add(*events)
        done = made.tick(final=True)
        standing = made.standing()
        made.close()
    assert not done.failures
    return standing, done.undetermined, done.windows


@settings(max_examples=20, deadline=None)
@given(histories)
def test_screened_windows_say_what_windows_read_whole_say(events: list[Event]) -> None:
    assert said(events, 1_000) == said(events, 0)


def test_only_agents_that_are_doubted_in_a_window_are_read_there(bench: Bench) -> None:
    doubts = screen(bench.reader, Named(), [FIRST, SECOND], {STORED: 9})

    assert doubts is not None
    assert doubts.rows.rows() == [(START, "a")]
    assert doubts.windows([FIRST, SECOND]) == [FIRST]
    assert doubts.agents([FIRST]) == ["a"]
    assert doubts.agents([SECOND]) == []


def test_of_others_the_values_beside_are_read_once(bench: Bench) -> None:
    detector = Scope()
    asked = Named().doubted(Query("true"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Scope, "doubted", lambda _self, _where: asked)
        doubts = screen(bench.reader, detector, [FIRST, SECOND], {STORED: 9})
    parts = Log(bench.reader, detector, {STORED: 9}).parts([FIRST, SECOND], doubts)

    [part] = parts[FIRST]
    assert sorted(part["actions"]["agent"].to_list(), key=str) == [None, "a", "a"]
    assert parts[SECOND] == []


def test_a_detector_that_does_not_screen_is_read_whole(bench: Bench) -> None:
    assert screen(bench.reader, Busy(), [FIRST], {STORED: 9}) is None


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

    assert screen(Busier(), Named(), [FIRST], {STORED: 9}) is None
    assert "named reads whole windows: Out of Memory" in caplog.text


def test_events_after_the_positions_are_not_screened(bench: Bench) -> None:
    doubts = screen(bench.reader, Named(), [FIRST], {STORED: 0})

    assert doubts is not None
    assert doubts.rows.is_empty()


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
