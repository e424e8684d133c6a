"""What must hold however a batch is stored: directly, or by the owner over Flight."""

from datetime import timedelta

import polars as pl
import pytest
from tests.store.samples import NOON, action, actions, batch, finding, refused

from commonmode.events import Position, to_table
from commonmode.store import (
    Appended,
    Appender,
    Batch,
    BatchRefusedError,
    Offset,
    Progress,
    Reader,
)


def test_a_batch_is_stored_whole(appender: Appender, ask: Reader) -> None:
    appended = appender.append(
        batch(
            actions(3),
            [refused()],
            offsets=[Offset("t", 0, 7, "id")],
            progress=[Progress("d", 4, b"state")],
        )
    )

    assert appended == Appended(stored=3, duplicates=0, rejected=1)
    assert ask.query("SELECT seq, id FROM events ORDER BY seq").rows() == [
        (1, "event-0"),
        (2, "event-1"),
        (3, "event-2"),
    ]
    assert ask.query('SELECT topic, "offset", payload FROM rejected').rows() == [
        ("log.jsonl", 1, b"\xff\x00")
    ]
    assert appender.offsets() == [Offset("t", 0, 7, "id")]
    assert ask.query("FROM detector_progress").rows() == [("d", 4, b"state")]


def test_the_store_position_goes_on_from_batch_to_batch(appender: Appender, ask: Reader) -> None:
    for first in (0, 3, 6):
        appender.append(batch(actions(3, first)))

    assert ask.query("SELECT seq FROM events").to_series().to_list() == list(range(1, 10))
    assert ask.last_seq() == 9


def test_a_batch_that_was_refused_leaves_no_gap_in_the_positions(
    appender: Appender, ask: Reader
) -> None:
    appender.append(batch(actions(3)))
    events = to_table(actions(2, 3))
    column = events.schema.get_field_index("args")
    with pytest.raises(BatchRefusedError):
        appender.append(Batch(events.set_column(column, "args", [["{}", "no JSON"]])))

    appender.append(batch(actions(2, 3)))

    assert ask.query("SELECT seq FROM events").to_series().to_list() == [1, 2, 3, 4, 5]


def test_an_event_sent_again_is_dropped_and_counted(appender: Appender, ask: Reader) -> None:
    appender.append(batch(actions(3)))

    again = appender.append(batch([*actions(4), action(3)]))

    assert again == Appended(stored=1, duplicates=4, rejected=0)
    assert ask.query("SELECT count(*) FROM events").item() == 4


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=400), timedelta(days=-400)])
def test_an_id_used_again_never_changes_the_stored_row(
    appender: Appender, ask: Reader, late: timedelta
) -> None:
    appender.append(batch([action(0, action="buy")]))

    again = appender.append(batch([action(0, action="sell", at=NOON + late)]))

    assert again.duplicates == 1
    assert ask.query("SELECT action FROM events").to_series().to_list() == ["buy"]


def test_findings_are_kept_apart_from_what_agents_did(appender: Appender, ask: Reader) -> None:
    appended = appender.append(batch([finding(0), action(0), finding(1)]))

    assert appended.stored == 3
    assert ask.query("SELECT kind FROM events").to_series().to_list() == ["action_taken"]
    assert ask.query("SELECT revision, status FROM findings").rows() == [(1, "updated")]
    assert ask.query("SELECT kind FROM finding_events ORDER BY seq").to_series().to_list() == [
        "finding_raised",
        "finding_revised",
    ]


def test_every_record_is_counted_by_where_it_came_from(appender: Appender, ask: Reader) -> None:
    places = [Position("commonmode.events", 0, n) for n in range(3)]
    events = [action(0), action(1), action(0)]
    appender.append(Batch(to_table(events, places), [refused(), refused(2)]))

    counts = "SELECT topic, stored, duplicates, rejected FROM ingest_counts ORDER BY topic"
    assert ask.query(counts).rows() == [("commonmode.events", 2, 1, 0), ("log.jsonl", 0, 0, 2)]


def test_a_refused_record_sent_again_is_kept_once(appender: Appender, ask: Reader) -> None:
    appender.append(Batch(rejected=[refused(), refused(), refused(payload=b"other")]))

    assert appender.append(Batch(rejected=[refused()])).rejected == 1
    assert ask.query("SELECT payload FROM rejected ORDER BY seq").to_series().to_list() == [
        b"\xff\x00",
        b"other",
    ]


def test_a_rejected_record_that_became_an_event_is_marked_and_counted_as_one(
    appender: Appender, ask: Reader
) -> None:
    appender.append(Batch(rejected=[refused(), refused(2)]))
    place = refused(2).position
    for _ in range(2):
        appender.append(Batch(to_table([action(0)], [place]), retried=[2]))

    marks = ask.query("SELECT seq, retried_at IS NOT NULL FROM rejected ORDER BY seq").rows()
    assert marks == [(1, False), (2, True)]
    counts = ask.query("SELECT stored, duplicates, rejected FROM ingest_counts").rows()
    assert counts == [(1, 1, 1)]


def test_a_slow_sink_does_not_take_the_place_of_a_fast_one_back(appender: Appender) -> None:
    for offset in (5, 3):
        appender.append(Batch(offsets=[Offset("t", 0, offset, "one")]))
    assert appender.offsets() == [Offset("t", 0, 5, "one")]

    appender.append(Batch(offsets=[Offset("t", 0, 1, "made anew")]))
    assert appender.offsets() == [Offset("t", 0, 1, "made anew")]


def test_progress_of_the_same_key_is_replaced(appender: Appender, ask: Reader) -> None:
    for data in (b"old", b"new"):
        appender.append(Batch(progress=[Progress("d", len(data), data)]))

    assert ask.query("SELECT state FROM detector_progress").rows() == [(b"new",)]


def test_a_batch_that_does_not_fit_leaves_nothing_behind(appender: Appender, ask: Reader) -> None:
    events = to_table(actions(2))
    broken = events.set_column(events.schema.get_field_index("args"), "args", [["{}", "no JSON"]])

    with pytest.raises(BatchRefusedError, match="nothing of it was stored"):
        appender.append(Batch(broken, [refused()], [Offset("t", 0, 9)]))

    assert appender.offsets() == []
    assert ask.query("SELECT count(*) FROM rejected").item() == 0
    assert appender.append(batch(actions(2))) == Appended(stored=2)


def test_a_table_without_a_needed_column_is_refused(appender: Appender) -> None:
    with pytest.raises(BatchRefusedError):
        appender.append(Batch(to_table(actions(1)).drop_columns(["agent"])))


def test_text_of_any_kind_comes_back_as_it_went_in(appender: Appender, ask: Reader) -> None:
    hostile = "nul \0 quote ' \u202e \U0001f600 \x1b[2J"
    appender.append(batch([action(0, id=hostile, agent=hostile, args={"k": hostile})]))

    row = ask.query("SELECT id, agent, args ->> '$.k' AS k FROM events").row(0)

    assert row == (hostile, hostile, hostile)
    assert appender.append(batch([action(0, id=hostile)])).duplicates == 1


def test_the_oldest_and_the_newest_years_are_stored(appender: Appender, ask: Reader) -> None:
    years = [NOON.replace(year=1), NOON.replace(year=9999)]
    appender.append(batch([action(n, at=at) for n, at in enumerate(years)]))

    found = ask.query('SELECT epoch_us("at") AS at FROM events ORDER BY seq').to_series()
    epoch = NOON.replace(year=1970, month=1, day=1, hour=0)
    wanted = [(at - epoch) // timedelta(microseconds=1) for at in years]
    assert found.to_list() == wanted
    assert ask.query('SELECT "at" FROM events').schema == {"at": pl.Datetime("us", "UTC")}
