from __future__ import annotations

from datetime import timedelta

from tests.engine.tiny import HOUR, START

from commonmode.engine.state import Pending, State, decode, encode
from commonmode.engine.windows import window_of


def test_a_window_waits_until_the_watermark_passes_its_end() -> None:
    state = State().touched({START: Pending(added=2)})

    assert state.closed(HOUR, START + HOUR - timedelta(seconds=1), final=False) == []
    assert [w for w, _ in state.closed(HOUR, START + HOUR, final=False)] == [window_of(START, HOUR)]


def test_final_closes_every_window_in_order_of_time() -> None:
    state = State().touched({START + HOUR: Pending(added=1), START: Pending(added=1)})

    assert [w.start for w, _ in state.closed(HOUR, None, final=True)] == [START, START + HOUR]


def test_reasons_to_judge_a_window_again_add_up() -> None:
    state = State().touched({START: Pending(added=1, judged=True)})
    state = state.touched({START: Pending(added=2, carried=3)})

    assert state.pending == {START: Pending(added=3, carried=3, judged=True)}


def test_a_judged_window_waits_no_more() -> None:
    state = State().touched({START: Pending(), START + HOUR: Pending()})

    assert list(state.judged([START], settling=[]).pending) == [START + HOUR]


def test_findings_settle_when_the_window_that_follows_has_closed() -> None:
    state = State().judged([], settling=[START])

    assert state.settled(HOUR, START + HOUR) == []
    assert state.settled(HOUR, START + 2 * HOUR) == [START]
    assert state.without([START]).settling == ()


def test_the_latest_window_with_events_is_remembered() -> None:
    state = State().touched({START: Pending()}).touched({START - HOUR: Pending()})

    assert state.latest == START


def test_what_the_live_watch_found_waits_without_counting_as_seen() -> None:
    state = State().listened(7, [START])

    assert (state.heard, state.latest, list(state.pending)) == (7, None, [START])


def test_a_state_reads_back_as_it_was_written() -> None:
    state = State({START: Pending(1, 2, judged=True)}, (START,), START, 5, "it failed")

    assert decode(encode(state)) == state


def test_nothing_stored_is_nothing_done() -> None:
    assert decode(b"") == State()
