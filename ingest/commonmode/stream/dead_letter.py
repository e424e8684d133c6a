"""Rejected records as Kafka records, and back: what was refused, why, and where it stood."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from commonmode.events import Position, Rejected

Stage = Literal["pipe", "sink"]

KEPT = 2**19
"""Bytes of a payload that a dead letter carries; a longer one is cut and says so."""

_UNPARTITIONED = -1


class DeadLetter(Struct, frozen=True):
    """A rejected record, and which stage of the way refused it."""

    rejected: Rejected
    stage: Stage


def to_record(letter: DeadLetter) -> tuple[bytes, dict[str, bytes], bytes]:
    """Write a dead letter as key, headers and value; the value is the original bytes.

    Examples
    --------
    >>> refused = Rejected("not JSON", "", b"{", Position("runs.jsonl", None, 7))
    >>> key, headers, value = to_record(DeadLetter(refused, "pipe"))
    >>> key, headers["reason"], value
    (b'runs.jsonl:7', b'not JSON', b'{')
    """
    rejected, place = letter.rejected, letter.rejected.position
    partition = _UNPARTITIONED if place.partition is None else place.partition
    headers = {
        "stage": letter.stage,
        "reason": rejected.reason + _cut_note(rejected.payload),
        "hint": rejected.hint,
        "source": place.source,
        "partition": str(partition),
        "offset": str(place.offset),
    }
    encoded = {name: text.encode(errors="replace") for name, text in headers.items()}
    return str(place).encode(errors="replace"), encoded, rejected.payload[:KEPT]


def _cut_note(payload: bytes) -> str:
    if len(payload) <= KEPT:
        return ""
    digest = hashlib.sha256(payload).hexdigest()
    return f" (cut to {KEPT:,} of {len(payload):,} bytes; sha256 of the whole: {digest})"


def from_record(headers: Mapping[str, bytes], value: bytes, place: Position) -> DeadLetter:
    """Read a dead letter back.

    A record that somebody else put into the topic is itself a rejected record, at `place`.
    """
    text = {name: content.decode(errors="replace") for name, content in headers.items()}
    try:
        partition, offset = int(text["partition"]), int(text["offset"])
        if not (_UNPARTITIONED <= partition < 2**31 and 0 <= offset < 2**63):
            raise ValueError  # noqa: TRY301  caught like any number that is none
        origin = Position(
            text["source"], None if partition == _UNPARTITIONED else partition, offset
        )
        stage: Stage = "sink" if text["stage"] == "sink" else "pipe"
        return DeadLetter(Rejected(text["reason"], text["hint"], value, origin), stage)
    except (KeyError, ValueError):
        reason = "needed a dead letter with the headers of one; found another record."
        return DeadLetter(Rejected(reason, "", value, place), "pipe")
