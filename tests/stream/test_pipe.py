from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from tests.stream.conftest import NOON, actions

from commonmode.events import ContentObserved, Event, Position, Rejected, decode, encode
from commonmode.formats.parcel import pack
from commonmode.stream import BrokerUnreachableError, Connection, Pipe, PipeSummary, Topics
from commonmode.stream.dead_letter import KEPT, DeadLetter, from_record
from commonmode.stream.log_reader import to_arrivals
from commonmode.stream.topics import administration

pytestmark = pytest.mark.kafka


def read_topic(broker: str, topic: str, partitions: int, count: int) -> list[Message]:
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "test"})
    consumer.assign([TopicPartition(topic, n, 0) for n in range(partitions)])
    found: list[Message] = []
    while len(found) < count and (more := consumer.consume(count, 10)):
        found += more
    consumer.close()
    return found


def dead_letter(message: Message) -> DeadLetter:
    (arrival,) = to_arrivals([message])
    return from_record(arrival.headers, arrival.value or b"", arrival.place)


def test_each_agents_events_lie_in_one_partition_in_their_order(
    broker: str, topics: Topics
) -> None:
    sent = list(actions(500))

    Pipe(broker, topics).run(sent)

    found = read_topic(broker, topics.events, topics.partitions, 500)
    by_agent = itertools.groupby(sorted(found, key=lambda m: m.key() or b""), lambda m: m.key())
    for agent, group in by_agent:
        messages = sorted(group, key=lambda m: m.offset() or 0)
        assert len({m.partition() for m in messages}) == 1
        expected = [e for e in sent if e.agent.encode() == agent]
        assert [decode(m.value() or b"") for m in messages] == expected


def test_bad_lines_go_to_the_rejected_topic_with_reason_hint_and_line(
    broker: str, topics: Topics
) -> None:
    bad = [Rejected("no id", "add one", b"{%d" % n, Position("f.jsonl", None, n)) for n in (3, 9)]
    mixed: list[Event | Rejected] = [*actions(5), bad[0], *actions(5, "x"), bad[1]]

    summary = Pipe(broker, topics).run(mixed)

    assert summary == PipeSummary(read=12, sent=10, rejected=2)
    found = read_topic(broker, topics.rejected, 1, 2)
    assert [letter.rejected for letter in map(dead_letter, found)] == bad


def test_an_event_too_large_for_the_topic_is_rejected_and_the_rest_goes_on(
    broker: str, topics: Topics
) -> None:
    page = ContentObserved(id="huge", at=NOON, agent="a", content="x" * 9_000_000)

    summary = Pipe(broker, topics).run([*actions(3), page, *actions(3, "x")], "pages.jsonl")

    assert summary == PipeSummary(read=7, sent=6, rejected=1)
    (letter,) = map(dead_letter, read_topic(broker, topics.rejected, 1, 1))
    assert "too large" in letter.rejected.reason
    assert letter.rejected.position == Position("pages.jsonl", None, 4)
    assert encode(page).startswith(letter.rejected.payload)
    assert len(letter.rejected.payload) == KEPT


def test_an_event_that_cannot_be_written_as_json_is_rejected_too(
    broker: str, topics: Topics
) -> None:
    surrogate = ContentObserved(id="odd", at=NOON, agent="a", content="\ud800")

    assert Pipe(broker, topics).run([surrogate]) == PipeSummary(read=1, sent=0, rejected=1)


def test_what_is_in_flight_stays_bounded_however_fast_the_source(
    broker: str, topics: Topics
) -> None:
    limit = 100_000
    pipe = Pipe(broker, topics, in_flight=limit)
    most = 0

    def watched() -> Iterator[Event]:
        nonlocal most
        for event in actions(5_000):
            yield event
            most = max(most, pipe._outbox.out)

    pipe.run(watched())

    assert 0 < most <= limit / len(encode(next(actions(1)))) + 1


def test_an_agents_events_keep_their_order_however_often_the_queue_is_full(
    broker: str, topics: Topics
) -> None:
    sizes = itertools.cycle([10, 4_000, 1, 20_000, 300])
    sent = [
        ContentObserved(id=str(n), at=NOON, agent="a", content="x" * size)
        for n, size in zip(range(4_000), sizes, strict=False)
    ]
    pipe = Pipe(broker, topics, in_flight=50_000)

    pipe.deliver(pack(enumerate(sent, 1), "f.jsonl"))

    found = read_topic(broker, topics.events, topics.partitions, len(sent))
    assert [decode(message.value() or b"").id for message in found] == [e.id for e in sent]
    assert pipe.delivered == len(sent)


def small_topic(broker: str, name: str, limit: int) -> None:
    with administration(Connection(broker)) as admin:
        wanted = {"num_partitions": 1, "configs": {"max.message.bytes": str(limit)}}
        admin.create_topics({name: wanted}, wait_for_metadata=True)


def test_a_topic_that_takes_less_than_a_batch_still_gets_all_that_fits_a_record(
    broker: str, topics: Topics
) -> None:
    small_topic(broker, topics.events, 20_000)
    large = [ContentObserved(id=f"l{n}", at=NOON, agent="a", content="x" * 30_000) for n in (1, 2)]
    sent = [*actions(300), large[0], *actions(300, "x"), large[1]]

    summary = Pipe(broker, topics).deliver(pack(enumerate(sent, 1), "f.jsonl"))

    assert summary == PipeSummary(read=602, sent=600, rejected=2)
    found = read_topic(broker, topics.events, 1, 600)
    kept = {decode(message.value() or b"").id for message in found}
    assert kept == {event.id for event in sent} - {"l1", "l2"}
    letters = map(dead_letter, read_topic(broker, topics.rejected, 1, 2))
    assert [str(letter.rejected.position) for letter in letters] == ["f.jsonl:301", "f.jsonl:602"]


def test_a_dead_letter_too_large_for_its_topic_is_cut_to_what_fits(
    broker: str, topics: Topics
) -> None:
    small_topic(broker, topics.rejected, 20_000)
    long = Rejected("no id", "add one", b"{" + b"x" * 100_000, Position("f.jsonl", None, 9))

    assert Pipe(broker, topics).run([long, *actions(3)]).rejected == 1

    (letter,) = map(dead_letter, read_topic(broker, topics.rejected, 1, 1))
    assert letter.rejected.position == long.position
    assert letter.rejected.reason.startswith("no id (only ")
    assert long.payload.startswith(letter.rejected.payload)
    assert 9_000 < len(letter.rejected.payload) < 20_000


def test_progress_is_told_and_ends_with_the_summary(broker: str, topics: Topics) -> None:
    told: list[PipeSummary] = []

    summary = Pipe(broker, topics, on_progress=told.append).run(actions(2500))

    assert [each.read for each in told] == [1000, 2000, 2500]
    assert told[-1] == summary


def test_a_pipe_without_a_broker_says_so_at_once() -> None:
    with pytest.raises(BrokerUnreachableError, match="Hint"):
        Pipe("127.0.0.1:9")
