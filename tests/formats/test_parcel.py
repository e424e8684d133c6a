"""What is sent of a block: lines as they came where they may go, the rest read and written anew."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from tests.events.test_redaction import KEY, SECRETS
from tests.formats.blocks import blocks, good
from tests.stream.conftest import NOON

from commonmode.events import (
    LEVELS,
    Event,
    Level,
    MessageSent,
    Redaction,
    Rejected,
    clean_agents,
    decode,
    encode,
)
from commonmode.formats import FORMATS, Format, ReadOptions, get
from commonmode.formats.lines import Block
from commonmode.formats.parcel import Parcel, pack, pack_block

CANONICAL = get("canonical")


def saying(content: str) -> bytes:
    """Make a clean line with a text of the agent's."""
    return encode(MessageSent(id=content, at=NOON, agent="a", content=content))


def read_alike(parcels: Iterable[Parcel]) -> tuple[list[tuple[int, bytes, Event]], list[Rejected]]:
    """Say what whoever reads parcels makes of them."""
    every = list(parcels)
    events = [(line, key, decode(value)) for parcel in every for line, key, value in parcel.events]
    return events, [rejected for parcel in every for rejected in parcel.rejected]


@given(good)
def test_a_line_that_goes_as_it_came_is_the_same_event_as_the_line_written_anew(
    line: bytes,
) -> None:
    parcel = pack_block(CANONICAL, Block(1, line), "log", ReadOptions())
    ((_, key, value),) = parcel.events
    event = decode(line)

    assert value == line.rstrip(b"\r")
    assert decode(value) == decode(encode(event)) == event
    assert key == event.agent.encode()


@given(blocks)
def test_a_block_is_sent_as_its_records_one_by_one_would_be(block: Block) -> None:
    whole = pack_block(CANONICAL, block, "log", ReadOptions())
    one_by_one = pack(CANONICAL.numbered_in(block, "log"), "log")

    assert read_alike([whole]) == read_alike(one_by_one)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_no_line_goes_as_it_came_where_something_is_to_be_taken_out(
    form: Format, level: Level
) -> None:
    options = ReadOptions(redaction=Redaction(level, KEY))

    assert not form.may_pass(options)


@pytest.mark.parametrize("level", LEVELS)
def test_of_a_clean_line_no_secret_is_sent_and_each_line_that_had_one_is_counted(
    level: Level,
) -> None:
    secrets = sorted(SECRETS.values())
    lines = [saying(secret) for secret in secrets]
    assert None not in clean_agents(lines)

    block = Block(5, b"\n".join(lines))
    parcel = pack_block(CANONICAL, block, "log", ReadOptions(redaction=Redaction(level, KEY)))

    sent = str(parcel)
    assert [secret for secret in secrets if secret in sent] == []
    assert [number for number, _, _ in parcel.events] == list(range(5, 5 + len(lines)))
    assert parcel.redacted == len(lines)
