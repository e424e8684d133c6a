"""Rejected records, read again: once each, all or nothing of a record, the others untouched."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.store.samples import action, with_empty_store

from commonmode.events import Event, MalformedEventError, Position, Rejected
from commonmode.formats import get
from commonmode.formats.cloudevents import to_kafka
from commonmode.store import Batch, Writer, connect
from commonmode.stream.retry import OpenRecord, ReadAgain, Retried, as_today, retry

LINE = b'{"id":"%d","kind":"task_ended","at":"2026-01-01T00:00:00Z","agent":"a"}'
CLOUD = b"""{"specversion":"1.0","type":"task_ended","source":"a","id":"c",
    "time":"2026-01-01T00:00:00Z","data":{}}"""


def refused(*payloads: bytes, partition: int | None = None) -> Batch:
    places = (Position("log", partition, n) for n in range(len(payloads)))
    return Batch(
        rejected=[Rejected("was new", "", p, at) for p, at in zip(payloads, places, strict=True)]
    )


def retried(writer: Writer, read: ReadAgain, source: str | None = None) -> Retried:
    with connect(writer.path) as reader:
        return sum(retry(reader, writer, read, source), Retried())


def test_what_is_an_event_now_is_stored_where_it_stood_and_marked(tmp_path: Path) -> None:
    with Writer(with_empty_store(tmp_path)) as writer:
        writer.append(refused(LINE % 1, b"{", LINE % 2, CLOUD, partition=3))

        done = retried(writer, as_today())
        assert (done.retried, done.stored, done.rejected) == (3, 3, 1)

        places = writer.cursor().execute('SELECT id, topic, partition, "offset" FROM events')
        assert places.fetchall() == [("1", "log", 3, 0), ("2", "log", 3, 2), ("c", "log", 3, 3)]
        still = "SELECT seq, reason FROM rejected WHERE retried_at IS NULL"
        assert writer.cursor().execute(still).fetchall() == [(2, "was new")]


def test_reading_again_a_second_time_stores_nothing_more(tmp_path: Path) -> None:
    with Writer(with_empty_store(tmp_path)) as writer:
        writer.append(refused(LINE % 1, LINE % 2))
        first, second = retried(writer, as_today()), retried(writer, as_today())

        assert first == Retried(2, 2, 0, 0)
        assert second == Retried(0, 0, 0, 0)


def test_every_record_sent_still_counts_once_after_a_retry(tmp_path: Path) -> None:
    with Writer(with_empty_store(tmp_path)) as writer:
        writer.append(refused(LINE % 1, LINE % 1, b"{"))
        retried(writer, as_today())

        counts = writer.cursor().execute("FROM ingest_counts").fetchall()
        assert counts == [("log", 1, 1, 1)]


def test_a_record_of_many_events_becomes_all_of_them_or_none(tmp_path: Path) -> None:
    def read(record: OpenRecord) -> list[Event]:
        odd = "\ud800" if record.payload == b"odd" else "plain"
        name = record.payload.decode()
        return [action(1, id=f"{name}/1"), action(2, id=f"{name}/2", task=odd)]

    with Writer(with_empty_store(tmp_path)) as writer:
        writer.append(refused(b"odd", b"whole", b"entire"))
        done = retried(writer, read)

        assert (done.retried, done.stored, done.rejected) == (2, 4, 1)
        assert "does not fit the store" in done.reasons[0]
        ids = writer.cursor().execute("SELECT id FROM events ORDER BY id").fetchall()
        assert [i for (i,) in ids] == ["entire/1", "entire/2", "whole/1", "whole/2"]


def test_a_record_without_any_event_stays(tmp_path: Path) -> None:
    with Writer(with_empty_store(tmp_path)) as writer:
        writer.append(refused(b"a header line"))

        assert retried(writer, lambda _record: []).rejected == 1


def test_only_records_of_the_source_named_are_read(tmp_path: Path) -> None:
    with Writer(with_empty_store(tmp_path)) as writer:
        writer.append(refused(LINE % 1))

        assert retried(writer, as_today(), "another") == Retried(0, 0, 0, 0)
        assert retried(writer, as_today(), "log").retried == 1


def test_many_and_large_records_are_read_page_by_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commonmode.stream.retry.PAGE_ROWS", 10)
    monkeypatch.setattr("commonmode.stream.retry.PAGE_BYTES", 1_000)
    pages: list[list[int]] = [[]]

    def read(record: OpenRecord) -> list[Event]:
        pages[-1].append(len(record.payload))
        if record.seq % 3 == 0:
            msg = "divisible"
            raise MalformedEventError(msg)
        return [action(record.seq)]

    sizes = [*range(1, 26), 400, 400, 400, 5_000, 10]
    with Writer(with_empty_store(tmp_path)) as writer:
        writer.append(refused(*map(bytes, sizes)))
        with connect(tmp_path) as reader:
            done = Retried()
            for page in retry(reader, writer, read):
                done += page
                pages.append([])

    assert pages == [sizes[:10], sizes[10:20], [*sizes[20:25], 400, 400], [400], [5_000], [10], []]
    assert (done.retried, done.stored, done.rejected) == (20, 20, 10)
    assert done.reasons == ("divisible",)


def test_a_format_named_now_is_used_for_every_record(tmp_path: Path) -> None:
    _, value = to_kafka(action(1))
    with Writer(with_empty_store(tmp_path)) as writer:
        writer.append(refused(value, CLOUD))

        assert retried(writer, as_today(get("canonical"))).retried == 1
