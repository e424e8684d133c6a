from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from commonmode.stream import BrokerUnreachableError, Connection, Topics, ensure
from commonmode.stream.topics import administration, describe, ensure_notes, grow

pytestmark = pytest.mark.kafka


def configuration(broker: str, topic: str) -> dict[str, Any]:
    with administration(Connection(broker)) as admin:
        found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    settings: dict[str, Any] = found["topic"][topic]
    return {name: each["value"] for name, each in settings.items()}


def test_topics_are_created_so_that_nothing_in_them_expires(broker: str, made: Topics) -> None:
    found = describe(Connection(broker), made.names)

    assert {name: state.partitions for name, state in found.items()} == {
        made.events: made.partitions,
        made.findings: 1,
        made.rejected: 1,
    }
    for name in made.names:
        settings = configuration(broker, name)
        assert settings["retention.ms"] == "-1"
        assert settings["cleanup.policy"] == "delete"


def test_of_what_the_watch_notes_the_last_word_on_each_thing_is_kept(
    broker: str, made: Topics
) -> None:
    for _ in range(2):
        ensure_notes(Connection(broker), made)

    settings = configuration(broker, made.notes)
    assert settings["cleanup.policy"] == "compact"
    assert settings["retention.ms"] == "-1"


def test_making_them_again_or_at_the_same_time_changes_nothing(broker: str, made: Topics) -> None:
    before = describe(Connection(broker), made.names)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: ensure(Connection(broker), made), range(2)))

    assert describe(Connection(broker), made.names) == before


def test_a_topic_grows_and_never_shrinks(broker: str, made: Topics) -> None:
    for wanted, expected in ((12, 12), (3, 12)):
        grow(Connection(broker), made.events, wanted)

        assert describe(Connection(broker), (made.events,))[made.events].partitions == expected


def test_an_absent_broker_is_reported_within_seconds() -> None:
    started = time.monotonic()

    with pytest.raises(BrokerUnreachableError, match=r"127\.0\.0\.1:9 cannot be reached.*Hint"):
        ensure(Connection("127.0.0.1:9"), Topics())

    # Seconds, not the minutes that clients wait by default.
    assert time.monotonic() - started < 30
