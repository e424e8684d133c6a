"""The table of who asked what: bounded, and in nobody's way."""

from __future__ import annotations

import pytest

from commonmode.store import Writer
from commonmode.store.flight import audit


def test_the_table_of_queries_stays_bounded(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "TRIM_EVERY", 50)
    monkeypatch.setattr(audit, "MOST_ROWS", 100)
    log = audit.QueryLog(writer.cursor())
    for number in range(1_000):
        with audit.Asked(log.note, "ada", f"SELECT {number}").until_done():
            pass
    log.close()

    kept = writer.cursor().execute('SELECT count(*), arg_max(sql, "at") FROM queries').fetchall()
    assert kept == [(100, "SELECT 999")]


def test_long_queries_take_no_more_room_than_many_short_ones(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST_CHARACTERS", 25_000)
    log = audit.QueryLog(writer.cursor())
    for number in range(audit.TRIM_EVERY):
        with audit.Asked(log.note, "ada", f"SELECT {number} --" + 20_000 * "x").until_done():
            pass
    log.close()

    kept = writer.cursor().execute("SELECT length(sql) FROM queries").fetchall()
    assert kept == [(10_000,), (10_000,)]


def test_a_query_that_cannot_be_noted_is_answered_all_the_same(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(audit, "_INSERT", "INSERT INTO nowhere SELECT 1")
    log = audit.QueryLog(writer.cursor())
    with audit.Asked(log.note, "ada", "SELECT 1").until_done():
        pass
    log.close()

    assert "1 queries could not be noted" in caplog.text
