"""One worker's view: its own agents' actions, everybody's grants, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from commonmode.events import ActionTaken, Event, MalformedEventError, Position
from commonmode.stream.arrivals import Arrival
from commonmode.stream.findings import FindingEvent
from commonmode.stream.records import read_record
from commonmode.stream.topics import Topics
from commonmode.stream.watch.judge import LiveJudge
from commonmode.stream.watch.notes import AUTHORITY, Copy, Mark, Start
from commonmode.stream.watch.progress import Progress
from commonmode.stream.watch.standing import Standing, Word

# Most of a log is not about permission: looking for the words spares decoding it.
_WORDS = (b"permission_granted", b"permission_revoked", b"decision_reviewed")
_OWN_WORDS = (b"action_taken", *_WORDS)

_FROM_THE_BEGINNING = Start({}, {}, [])


class View:
    """Feeds a judge from two sides and knows what is to be said.

    *The whole log* comes through `take_log`, from `start` to its moving end. Of it, grants,
    revocations and reviews are taken of all agents, because a chain of delegation passes through
    the grants of others; and actions of the partitions in `mine`, up to where the live side began.
    *Live actions* of those partitions come through `take_live`.
    Where the two overlap, what was taken is not taken again; no gap can be between them.

    What is found stays to be said until `said` has it: a worker that cannot publish asks again.

    Parameters
    ----------
    judge : LiveJudge
        A judge that has seen nothing yet.
    mine : set of int
        Partitions of the topic of events whose agents this worker watches.
    topics : Topics
        Names.
    start : Start
        Where the whole log is read from. Its copies are for `take_copies`.
    """

    def __init__(
        self,
        judge: LiveJudge,
        mine: Iterable[int],
        topics: Topics,
        start: Start = _FROM_THE_BEGINNING,
    ) -> None:
        self.mine = frozenset(mine)
        self.has_caught_up = False
        self.progress = Progress(self.mine, topics, start)
        self.doubted: dict[str, Word] = {}
        """Words of others that may not be ours, by finding: for `answer`, once all is read."""
        self._judge = judge
        self._topics = topics
        self._standing = Standing()
        self._unsaid: dict[str, FindingEvent] = {}
        self._answered: dict[tuple[str, bytes], datetime] = {}
        judge.go_on(start.since)

    @property
    def done(self) -> dict[int, int]:
        """The next offset to be judged, of each partition of ours."""
        return self.progress.done

    def take_copies(self, copies: Iterable[Copy]) -> None:
        """Take in what was copied from before the place where the log is read from."""
        for event, place in ((copy.event, copy.place) for copy in copies):
            if isinstance(event, AUTHORITY):
                self._judge_event(event, place)
            elif isinstance(event, ActionTaken) and place.partition in self.mine:
                self._judge_event(event, place)
                self._drop_if_closed(place, event.at)
            elif (word := Word.of(getattr(event, "finding", None))) is not None:
                self._standing.saw(word)
                self._drop_if_closed(place, word.opened)

    def _drop_if_closed(self, place: Position, at: datetime) -> None:
        if self._judge.opens(at) < self._judge.since:
            self.progress.copies.append(Copy(place, None))

    def take_log(self, arrivals: Iterable[Arrival]) -> None:
        """Take records of the whole log in."""
        for arrival in arrivals:
            if arrival.place.source == self._topics.findings:
                self._take_finding(arrival)
            else:
                self._take_logged(arrival)

    def catch_up(self) -> None:
        """Note that the log was read to its end: what its history has is to be said."""
        self.has_caught_up = True
        self.doubted = self._standing.words()

    def take_live(self, arrival: Arrival) -> None:
        """Take a live record in. Needs `has_caught_up`."""
        if self.progress.begin_live(arrival.place):
            event = _read(arrival, _OWN_WORDS)
            if isinstance(event, ActionTaken):
                self._take_action(event, arrival.place)

    def to_say(self) -> FindingEvent | None:
        """Return what is to be published next; None when all is said, or history is not whole."""
        while self.has_caught_up and self._unsaid:
            name, found = next(iter(self._unsaid.items()))
            news = self._standing.news(found)
            if news is not None:
                return news
            del self._unsaid[name]
        return None

    def said(self, news: FindingEvent) -> None:
        """Note that what `to_say` returned was published, or can never be."""
        self._standing.said(news)

    def answer(self, words: Iterable[Word]) -> None:
        """Say what we have to say to words of others; they may rest on less than we have read.

        Each is answered once, so that two workers that disagree come to rest.
        """
        for word in words:
            name = word.name
            if self.doubted.get(name) is word:
                del self.doubted[name]
            if (name, word.content) not in self._answered:
                self._answered[name, word.content] = word.opened
                self._hear(self._judge.recall(word.finding))

    def is_at_rest(self) -> bool:
        """Whether history is whole, and all that was found is said."""
        return self.has_caught_up and self.to_say() is None

    def marks(self) -> list[Mark]:
        """Return how much of our partitions matters no more, and forget it. Needs `is_at_rest`."""
        since = self._judge.since
        self._standing.close(since)
        self._answered = {key: at for key, at in self._answered.items() if at >= since}
        return self.progress.marks(since)

    def _take_logged(self, arrival: Arrival) -> None:
        own = self.progress.log(arrival.place)
        event = _read(arrival, _OWN_WORDS if own else _WORDS)
        if isinstance(event, AUTHORITY):
            self.progress.keep(event, arrival.place)
            self._judge_event(event, arrival.place)
        elif own and isinstance(event, ActionTaken):
            self._take_action(event, arrival.place)

    def _take_action(self, event: ActionTaken, place: Position) -> None:
        self._open(event, event.at, place)
        self._judge_event(event, place)

    def _take_finding(self, arrival: Arrival) -> None:
        self.progress.tell(arrival.place)
        event = _read(arrival, ())
        word = Word.of(getattr(event, "finding", None))
        if event is None or word is None:
            return
        self._open(event, word.opened, arrival.place)
        if self._standing.saw(word) and self.has_caught_up:
            self.doubted[word.name] = word

    def _open(self, event: Event, at: datetime, place: Position) -> None:
        """Note where a window is open; what is far ahead is copied, not to hold the log open."""
        if self._judge.is_far(at):
            self.progress.copies.append(Copy(place, event))
        else:
            self.progress.open(place, self._judge.opens(at))

    def _judge_event(self, event: Event, place: Position) -> None:
        self._hear(self._judge.feed(event, place))

    def _hear(self, found: Sequence[FindingEvent]) -> None:
        self._unsaid.update({one.finding["finding_id"]: one for one in found})


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
