"""What must hold however the store is read: from its file, or from its owner over Flight."""

from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pyarrow as pa
import pytest
from msgspec.structs import replace
from tests.store.samples import NOON, actions, batch, finding, refused

from commonmode.store import QueryError, QueryRefusedError, Reader

Holding = Callable[..., Reader]


def test_parameters_are_given_by_name_or_in_order(reader_of: Holding) -> None:
    store = reader_of(batch(actions(5)))

    named = store.query(
        'SELECT id FROM events WHERE "at" >= $since AND id IN (SELECT unnest($ids))',
        {"since": NOON + timedelta(seconds=2), "ids": ["event-1", "event-4"]},
    )
    ordered = store.query("SELECT id FROM events WHERE seq = ? OR id = ?", [1, "event-1"])

    assert named.to_series().to_list() == ["event-4"]
    assert ordered.to_series().to_list() == ["event-0", "event-1"]


def test_pages_hold_all_rows_in_order_and_the_last_may_have_none(reader_of: Holding) -> None:
    store = reader_of()
    numbers = "SELECT range AS n FROM range(100_000)"

    pages = list(store.pages(numbers, rows=30_000))
    [nothing] = store.pages("SELECT id FROM events WHERE seq = $seq", {"seq": -1}, rows=30_000)

    assert all(page.height >= 30_000 for page in pages[:-1])
    assert len(pages) > 1
    assert pl.concat(pages)["n"].to_list() == list(range(100_000))
    assert (nothing.height, nothing.columns) == (0, ["id"])


def test_text_in_parameters_is_never_run(reader_of: Holding) -> None:
    hostile = "'; DROP TABLE events; --"

    assert reader_of().query("SELECT $text AS text", {"text": hostile}).item() == hostile


def test_times_come_back_in_utc_and_lists_as_lists(reader_of: Holding) -> None:
    store = reader_of(batch([finding()]))

    row = store.query("FROM findings").row(0, named=True)

    assert row["window_start"] == NOON - timedelta(hours=12)
    assert row["agents"] == ["a", "b"]
    assert row["null_sample"] == [0, 0.5, 2]
    assert (row["statistic"], row["p_value"], row["q_value"]) == (3.0, 0.01, None)
    assert (row["provisional"], row["evidence_total"], row["reason"]) == (False, 2, "")


def test_what_is_provisional_never_hides_what_the_batch_detector_said(reader_of: Holding) -> None:
    said = finding(0, claim="batch", provisional=False)
    live = [replace(finding(n, provisional=True), id=f"f:live:{n}") for n in range(3)]

    assert reader_of(batch([said, *live])).query(
        "SELECT revision, provisional FROM findings"
    ).rows() == [(0, False)]


def test_evidence_is_in_the_order_that_the_detector_gave(reader_of: Holding) -> None:
    store = reader_of(batch([finding(), *actions(3)]))

    rows = store.query("SELECT event_id FROM evidence ORDER BY position").to_series().to_list()

    assert rows == ["event-2", "event-1"]


def test_a_finding_that_is_nonsense_does_not_hide_the_others(reader_of: Holding) -> None:
    broken = finding(finding_id="x", window=3, score="high", evidence_ids="none", version="?")
    store = reader_of(batch([finding(), broken]))

    assert store.query("SELECT finding_id FROM findings ORDER BY 1").height == 2
    assert store.query("FROM evidence").height == 2


def test_a_scan_reads_only_when_collected_and_only_what_is_needed(reader_of: Holding) -> None:
    store = reader_of(batch(actions(50)))

    lazy = store.scan("FROM events")
    few = lazy.filter(pl.col("seq") > 10).select("id", "seq").head(2)

    assert lazy.collect_schema().names() == store.query("FROM events LIMIT 0").columns
    assert few.collect().rows() == [("event-10", 11), ("event-11", 12)]
    assert lazy.select(pl.len()).collect().item() == 50


def test_a_scan_with_parameters_and_a_semicolon(reader_of: Holding) -> None:
    store = reader_of(batch(actions(3)))

    frame = store.scan("SELECT id FROM events WHERE seq > $seq; -- the newest", {"seq": 1})

    assert frame.collect().height == 2


def test_rows_are_streamed_and_may_be_left_unread(reader_of: Holding) -> None:
    store = reader_of(batch(actions(1)))

    batches = store.batches("SELECT i FROM range(10_000_000) AS t(i)")
    first = batches.read_next_batch()
    batches.close()
    del batches

    assert isinstance(first, pa.RecordBatch)
    assert first.num_rows < 1_000_000
    assert store.last_seq() == 1


def test_a_query_without_rows_still_has_its_columns(reader_of: Holding) -> None:
    frame = reader_of().query("SELECT id, seq FROM events")

    assert frame.schema == {"id": pl.String, "seq": pl.Int64}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT nothing FROM events", "nothing"),
        ("SELEC 1", "syntax error"),
        ("SELECT at FROM events", 'keywords used as names need quotes: "at"'),
        ("SELECT CAST(id AS INTEGER) FROM events", "event-0"),
        ("SELECT $missing", "missing"),
        ("SELECT error('mid stream') FROM range(100_000)", "mid stream"),
    ],
)
def test_a_wrong_query_is_told_apart_and_the_next_one_runs(
    reader_of: Holding, query: str, said: str
) -> None:
    store = reader_of(batch(actions(1)))

    with pytest.raises(QueryError, match=said) as caught:
        store.query(query)

    assert not isinstance(caught.value, QueryRefusedError)
    assert "gRPC" not in str(caught.value)
    assert store.last_seq() == 1


def test_rejected_records_can_be_read_with_their_bytes(reader_of: Holding) -> None:
    row = reader_of(batch([], [refused(7)])).query("FROM rejected").row(0, named=True)

    assert (row["topic"], row["partition"], row["offset"]) == ("log.jsonl", None, 7)
    assert (row["reason"], row["hint"], row["payload"]) == (
        "needed an object",
        "send one",
        b"\xff\x00",
    )
