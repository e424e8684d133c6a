from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from commonmode.events import Position, Rejected
from commonmode.stream.dead_letter import KEPT, DeadLetter, from_record, to_record

texts = st.text(st.characters(exclude_categories=["Cs"]))
places = st.builds(
    Position, texts, st.none() | st.integers(0, 2**31 - 1), st.integers(0, 2**63 - 1)
)
refused = st.builds(Rejected, texts, texts, st.binary(), places)
letters = st.builds(DeadLetter, refused, st.sampled_from(["pipe", "sink"]))
HERE = Position("commonmode.rejected", 0, 5)


@given(letters)
def test_a_dead_letter_is_read_back_as_it_was_written(letter: DeadLetter) -> None:
    _, headers, value = to_record(letter)

    assert from_record(headers, value, HERE) == letter


def test_a_long_payload_is_cut_and_says_how_long_it_was_and_its_hash() -> None:
    payload = b"x" * (KEPT + 1)
    _, headers, value = to_record(
        DeadLetter(Rejected("too long", "", payload, Position("f", None, 1)), "pipe")
    )

    assert value == payload[:KEPT]
    assert f"{KEPT + 1:,} bytes".encode() in headers["reason"]
    assert hashlib.sha256(payload).hexdigest().encode() in headers["reason"]


def test_a_foreign_record_among_the_dead_letters_is_itself_a_rejected_record() -> None:
    letter = from_record({"content-type": b"text/plain"}, b"hello", HERE)

    assert letter.rejected.payload == b"hello"
    assert letter.rejected.position == HERE
    assert "dead letter" in letter.rejected.reason
