from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from commonmode.store import Offset
from commonmode.stream.positions import Partition, all_partitions, starting_offsets
from commonmode.stream.topics import TopicState

TOPICS = {"events": TopicState("now", 3), "findings": TopicState("f", 1)}


def test_a_partition_goes_on_where_the_store_stopped_and_a_new_one_starts_at_its_beginning() -> (
    None
):
    stored = [Offset("events", 0, 40, "now"), Offset("events", 1, 7, "now")]

    starts = starting_offsets(all_partitions(TOPICS), stored, TOPICS)

    assert starts == {
        Partition("events", 0): 40,
        Partition("events", 1): 7,
        Partition("events", 2): 0,
        Partition("findings", 0): 0,
    }


def test_a_topic_made_anew_is_read_from_its_beginning() -> None:
    stored = [Offset("events", 0, 40, "before")]

    assert starting_offsets([Partition("events", 0)], stored, TOPICS) == {Partition("events", 0): 0}


@given(st.lists(st.builds(Offset, st.just("events"), st.integers(0, 5), st.integers(0, 99))))
def test_exactly_the_partitions_asked_for_are_given_a_start(stored: list[Offset]) -> None:
    asked = [Partition("events", 1), Partition("findings", 0)]

    assert list(starting_offsets(asked, stored, TOPICS)) == asked
