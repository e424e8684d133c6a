from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaConsumer
from kafka.structs import TopicPartition
from tests.engine.tiny import Bench, Busy, action

from commonmode.events import Event
from commonmode.formats.cloudevents import from_kafka
from commonmode.stream import Topics, publish_findings

pytestmark = pytest.mark.kafka

TOPICS = Topics.named("engine.events")


def on_the_log(broker: str) -> list[Event]:
    place = TopicPartition(TOPICS.findings, 0)
    events: list[Event] = []
    with closing(KafkaConsumer(bootstrap_servers=broker)) as consumer:
        consumer.assign([place])
        consumer.seek_to_beginning()
        end = consumer.end_offsets([place])[place]
        while len(events) < end:
            records = consumer.poll(timeout_ms=1000).get(place, ())
            events.extend(from_kafka(dict(record.headers), record.value) for record in records)
    return events


def test_the_life_of_a_finding_reaches_kafka_in_order(broker: str, tmp_path: Path) -> None:
    def send(events: Sequence[Event]) -> None:
        publish_findings(broker, events, TOPICS)

    bench = Bench(tmp_path, Busy())
    bench.add(*(action(n, "a", 0.1) for n in range(3)), action(8, "a", 1.5))
    bench.tick()
    bench.engine().publish(send)
    bench.add(action(9, "a", 0.2))
    bench.tick()
    bench.engine().publish(send)
    recorded = bench.reader.query("SELECT id FROM finding_events ORDER BY seq")["id"].to_list()
    bench.close()
    sent = on_the_log(broker)

    assert [event.id for event in sent] == recorded
    assert [event.id.rpartition(":")[2] for event in sent] == ["0", "1"]
