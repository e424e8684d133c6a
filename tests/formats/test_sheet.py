"""What is stored of a block: the rows of its records, whichever way they are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.events.test_redaction import KEY, SECRETS
from tests.formats.blocks import blocks
from tests.formats.test_parcel import saying
from tests.stream.conftest import NOON

from commonmode.events import LEVELS, ContentObserved, Level, Redaction
from commonmode.formats import ReadOptions, get
from commonmode.formats.lines import Block
from commonmode.formats.sheet import LARGE, SIZE, gathered, sheet_of, sheets

CANONICAL = get("canonical")


@given(blocks)
def test_a_block_is_laid_out_as_its_records_one_by_one_would_be(block: Block) -> None:
    whole = sheet_of(CANONICAL, block, "log", ReadOptions())
    records = list(CANONICAL.numbered_in(block, "log"))
    (one_by_one,) = sheets(records, "log", most=len(records)) if records else [whole]

    assert whole.table.equals(one_by_one.table)
    assert whole.rejected == one_by_one.rejected


@pytest.mark.parametrize("level", LEVELS)
def test_of_a_clean_line_no_secret_is_stored_and_each_is_counted(level: Level) -> None:
    secrets = sorted(SECRETS.values())
    block = Block(1, b"\n".join([*map(saying, secrets), b"{broken"]))

    sheet = sheet_of(CANONICAL, block, "log", ReadOptions(redaction=Redaction(level, KEY)))

    kept = str((sheet.table.to_pylist(), sheet.rejected))
    assert [secret for secret in secrets if secret in kept] == []
    assert sheet.redacted == sheet.table.num_rows + len(sheet.rejected) == len(secrets) + 1


def test_an_event_that_fits_no_column_is_rejected_with_its_line_and_the_rest_stay() -> None:
    some = [ContentObserved(id=text, at=NOON, agent="a", content=text) for text in ("a", "\ud800")]
    (sheet,) = sheets(enumerate(some, 7), "log")

    assert sheet.table["id"].to_pylist() == ["a"]
    assert [str(rejected.position) for rejected in sheet.rejected] == ["log:8"]


@pytest.mark.parametrize(("bytes_each", "most"), [(LARGE, SIZE // 8), (LARGE // 2, SIZE)])
def test_of_large_records_fewer_bytes_are_stored_at_once(bytes_each: int, most: int) -> None:
    event = ContentObserved(id="a", at=NOON, agent="a", content="x" * bytes_each)
    (one,) = sheets([(1, event)] * 8, "log")

    sheet = next(gathered([one] * (2 * SIZE // one.size)))

    assert most <= sheet.size < most + one.size
