"""Old wire versions are read for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commonmode.events import BY_NAME, MalformedEventError, decode, encode, kind_of
from commonmode.events.upcast import upcast

GOLDEN = Path(__file__).parents[1] / "golden" / "events-v1.ndjson"
"""One event of each kind as version 1 wrote them. Never edit it: add a file for a new version."""


def rename(fields: dict[str, Any]) -> dict[str, Any]:
    return {"actor" if key == "agent" else key: value for key, value in fields.items()}


def test_version_1_bytes_are_read_as_they_were_meant() -> None:
    lines = GOLDEN.read_bytes().splitlines()
    events = [decode(line) for line in lines]

    assert [kind_of(event) for event in events] == list(BY_NAME)
    assert [encode(event) for event in events] == lines


def test_an_old_event_passes_every_step_in_order() -> None:
    steps = {1: rename, 2: lambda fields: {**fields, "seen": list(fields)}}

    assert upcast({"agent": "a"}, steps=steps, current=3) == {
        "actor": "a",
        "seen": ["actor"],
        "schema": 3,
    }


def test_todays_event_passes_unchanged() -> None:
    fields = {"schema": 2, "agent": "a"}

    assert upcast(fields, steps={1: rename}, current=2) is fields


def test_an_event_from_the_future_is_refused_with_the_remedy() -> None:
    with pytest.raises(MalformedEventError) as caught:
        upcast({"schema": 3}, current=2)

    assert "upgrade" in caught.value.hint
