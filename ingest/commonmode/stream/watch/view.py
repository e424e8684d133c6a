"""One worker's view: its own agents' actions, everybody's grants, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from commonmode.events import (
    ActionTaken,
    DecisionReviewed,
    Event,
    MalformedEventError,
    PermissionGranted,
    PermissionRevoked,
)
from commonmode.stream.arrivals import Arrival
from commonmode.stream.findings import FindingEvent
from commonmode.stream.records import read_record
from commonmode.stream.topics import Topics
from commonmode.stream.watch.judge import LiveJudge
from commonmode.stream.watch.standing import Standing

AUTHORITY = (PermissionGranted, PermissionRevoked, DecisionReviewed)

# Most of a log is not about permission: looking for the words spares decoding it.
_WORDS = (b"permission_granted", b"permission_revoked", b"decision_reviewed")
_OWN_WORDS = (b"action_taken", *_WORDS)


class View:
    """Feeds a judge from two sides and says what is news.

    *The whole log* comes through `take_log`, from its beginning to its moving end. Of it, grants,
    revocations and reviews are taken of all agents, because a chain of delegation passes through
    the grants of others; and actions of the partitions in `mine`, up to where the live side began.
    *Live actions* of those partitions come through `take_live`.
    Where the two overlap, what was taken is not taken again; no gap can be between them.

    Parameters
    ----------
    judge : LiveJudge
        A judge that has seen nothing yet.
    mine : set of int
        Partitions of the topic of events whose agents this worker watches.
    topics : Topics
        Names.
    """

    def __init__(self, judge: LiveJudge, mine: Iterable[int], topics: Topics) -> None:
        self.mine = frozenset(mine)
        self.has_caught_up = False
        self.done: dict[int, int] = {}
        self._judge = judge
        self._topics = topics
        self._standing = Standing()
        self._live_from: dict[int, int] = {}
        self._held: dict[str, FindingEvent] = {}

    def take_log(self, arrivals: Iterable[Arrival]) -> list[FindingEvent]:
        """Take records of the whole log in; return what is news, nothing until caught up."""
        found = [one for arrival in arrivals for one in self._judge_logged(arrival)]
        if self.has_caught_up:
            return self._news(found)
        self._held.update({one.finding["finding_id"]: one for one in found})
        return []

    def catch_up(self) -> list[FindingEvent]:
        """Note that the log was read to its end; return what its history has that is news."""
        self.has_caught_up = True
        held, self._held = self._held, {}
        return self._news(held.values())

    def take_live(self, arrival: Arrival) -> list[FindingEvent]:
        """Take a live record in; return what is news. Needs `has_caught_up`."""
        partition, offset = arrival.place.partition or 0, arrival.place.offset
        self._live_from.setdefault(partition, offset)
        if offset < self.done.get(partition, 0):
            return []
        self.done[partition] = offset + 1
        event = _read(arrival, _OWN_WORDS)
        if not isinstance(event, ActionTaken):
            return []
        return self._news(self._judge.feed(event, arrival.place))

    def _judge_logged(self, arrival: Arrival) -> Sequence[FindingEvent]:
        if arrival.place.source == self._topics.findings:
            self._see_finding(arrival)
            return ()
        own = self._is_own(arrival)
        event = _read(arrival, _OWN_WORDS if own else _WORDS)
        if isinstance(event, AUTHORITY) or (own and isinstance(event, ActionTaken)):
            return self._judge.feed(event, arrival.place)
        return ()

    def _is_own(self, arrival: Arrival) -> bool:
        """Tell whether a record of the log is ours to judge, and note that it was."""
        partition, offset = arrival.place.partition or 0, arrival.place.offset
        if partition not in self.mine or offset >= self._live_from.get(partition, offset + 1):
            return False
        self.done[partition] = max(offset + 1, self.done.get(partition, 0))
        return True

    def _see_finding(self, arrival: Arrival) -> None:
        event = _read(arrival, ())
        if event is not None:
            self._standing.saw(event)

    def _news(self, found: Iterable[FindingEvent]) -> list[FindingEvent]:
        return [news for one in found if (news := self._standing.news(one)) is not None]


def _read(arrival: Arrival, words: Sequence[bytes]) -> Event | None:
    """Read a record that may matter; the sink is who says what is wrong with the others."""
    value = arrival.value
    if value is None or (words and not arrival.headers and not _says_any(value, words)):
        return None
    try:
        return read_record(arrival.headers, value)
    except MalformedEventError:
        return None


def _says_any(value: bytes, words: Sequence[bytes]) -> bool:
    # A loop, as a generator takes twice as long, and this is asked of every record of the log.
    for word in words:  # noqa: SIM110  for the reason above
        if word in value:
            return True
    return False
