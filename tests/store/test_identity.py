"""However a log is cut, shuffled and repeated, the store holds the same."""

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.samples import actions, batch, new_folder

from commonmode.events import Event
from commonmode.store import Appended, Writer, connect, content_hash
from commonmode.store.known_ids import KnownIds

EVENTS = actions(12)
deliveries = st.lists(st.lists(st.sampled_from(EVENTS), max_size=12), max_size=6)


@settings(max_examples=25)
@given(deliveries)
def test_any_split_order_and_repetition_stores_each_event_once(
    parts: list[list[Event]],
) -> None:
    sent = [event for part in parts for event in part]
    distinct = {event.id: event for event in sent}
    with new_folder() as folder, Writer(folder) as writer:
        told = sum((writer.append(batch(part)) for part in parts), Appended())
        cursor = writer.cursor()
        stored = cursor.execute("SELECT id, seq FROM events ORDER BY seq").fetchall()
        counted = cursor.execute(
            "SELECT sum(stored), sum(duplicates) FROM ingest_counts"
        ).fetchall()

    assert [name for name, _ in stored] == list(distinct)
    assert [seq for _, seq in stored] == list(range(1, len(distinct) + 1))
    assert told == Appended(len(distinct), len(sent) - len(distinct), 0)
    assert counted == [(len(distinct), len(sent) - len(distinct))] or not sent


@settings(max_examples=8)
@given(st.permutations(EVENTS), st.integers(1, len(EVENTS)))
def test_the_content_hash_is_blind_to_order_and_batches(events: list[Event], size: int) -> None:
    assert hash_of(events, size) == in_one_batch()


@cache
def in_one_batch() -> str:
    return hash_of(list(EVENTS), len(EVENTS))


def hash_of(events: list[Event], size: int) -> str:
    with new_folder() as folder:
        with Writer(folder) as writer:
            for start in range(0, len(events), size):
                writer.append(batch(events[start : start + size]))
        with connect(folder) as store:
            return content_hash(store)


def test_a_writer_opened_anew_knows_what_was_stored() -> None:
    with new_folder() as folder:
        with Writer(folder) as writer:
            writer.append(batch(EVENTS))
        with Writer(folder) as writer:
            assert writer.append(batch(EVENTS)) == Appended(duplicates=len(EVENTS))


@given(st.lists(st.lists(st.integers(0, 40), max_size=10), max_size=10), st.integers(0, 40))
def test_known_ids_have_what_was_added_and_nothing_else(parts: list[list[int]], asked: int) -> None:
    known = KnownIds()
    for part in parts:
        known.add(np.array(part, np.uint64))

    assert known.have(np.array([asked], np.uint64))[0] == any(asked in part for part in parts)
