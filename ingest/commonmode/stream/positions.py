"""Where in the log to go on: what is stored decides, not what the broker remembers of us."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from commonmode.store import Offset
from commonmode.stream.topics import TopicState


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


def all_partitions(topics: Mapping[str, TopicState]) -> list[Partition]:
    """Return every partition of the topics, in order.

    Examples
    --------
    >>> all_partitions({"t": TopicState("id", 2)})
    [Partition(topic='t', number=0), Partition(topic='t', number=1)]
    """
    return [
        Partition(name, number)
        for name, state in sorted(topics.items())
        for number in range(state.partitions)
    ]


def starting_offsets(
    partitions: Iterable[Partition], stored: Iterable[Offset], topics: Mapping[str, TopicState]
) -> dict[Partition, int]:
    """Return the first offset that is not stored yet, of each partition.

    A topic that was deleted and made again is another log under an old name:
    its id differs from the stored one, and it is read from its beginning.

    Examples
    --------
    >>> stored = [Offset("t", 0, 17, "one")]
    >>> starting_offsets([Partition("t", 0)], stored, {"t": TopicState("one", 1)})
    {Partition(topic='t', number=0): 17}
    >>> starting_offsets([Partition("t", 0)], stored, {"t": TopicState("two", 1)})
    {Partition(topic='t', number=0): 0}
    """
    known = {Partition(o.topic, o.partition): o for o in stored}

    def start(partition: Partition) -> int:
        offset = known.get(partition)
        state = topics.get(partition.topic)
        same_log = offset is not None and state is not None and offset.topic_id == state.topic_id
        return offset.next_offset if offset is not None and same_log else 0

    return {partition: start(partition) for partition in partitions}
