"""Scope breaches as they happen: the rules of `Scope`, one event at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from commonmode.detectors.base import Window
from commonmode.detectors.finding import Finding, Status, finding_id
from commonmode.detectors.scope import escalation
from commonmode.detectors.scope.detector import Scope
from commonmode.detectors.scope.grants import Act, Grant
from commonmode.detectors.scope.ledger import Ledger, Review
from commonmode.detectors.scope.open_window import Clock, Judged, OpenWindow, Said
from commonmode.detectors.scope.scoring import score
from commonmode.detectors.scope.told import REASONS, Told, event_of, withdrawal_of
from commonmode.detectors.score import Score
from commonmode.events import (
    ActionTaken,
    DecisionReviewed,
    Event,
    FindingRaised,
    FindingRevised,
    PermissionGranted,
    PermissionRevoked,
    Position,
)

Place = tuple[Window, str]
"""A window and an agent."""

Topic = tuple[Window, str]
"""A window and a subject: what one finding is about."""

LATENESS = timedelta(hours=1)

FAR = timedelta(days=1)
"""An action that is so far ahead of everybody's clock has a wild one."""

_NEVER = datetime.min.replace(tzinfo=UTC)


class LiveJudge:
    """Raise provisional findings of scope breaches within the event that shows them.

    Any order of events and any number of repeats give, once all are fed, the scores that `Scope`
    gives over the same events, for every window that is still open: `scores` equals them, and
    what was raised and not withdrawn are the findings among them, with the same statistic and
    resources. A revision is sent when these change, not for every action beside them.

    A window closes when two agents were seen acting `lateness` after its end. Its actions are
    then forgotten, so that memory holds open windows and grants, and the batch detector has the
    word. Grants must reach every judge, whichever agents it watches: a chain passes through the
    grants of others.

    Parameters
    ----------
    detector : Scope, optional
        Whose windows and ids the findings carry.
    lateness : timedelta or None
        How long after its end a window stays open; None: for ever.

    Examples
    --------
    >>> at = datetime(2026, 1, 1, 9, tzinfo=UTC)
    >>> judge = LiveJudge()
    >>> granted = PermissionGranted(id="1", at=at, agent="ann", grant="g", resources=["repo/p1"])
    >>> act = ActionTaken(id="2", at=at, agent="ann", action="read", resource="repo/p19")
    >>> judge.feed(granted)
    []
    >>> raised, = judge.feed(act)
    >>> raised.finding["status"], raised.finding["score"]["statistic"]
    ('opened', 1.0)
    >>> judge.feed(act)
    []
    """

    def __init__(
        self, detector: Scope | None = None, lateness: timedelta | None = LATENESS
    ) -> None:
        self.detector = detector or Scope()
        self.lateness = lateness
        self._ledger = Ledger()
        self._open: dict[Place, OpenWindow] = {}
        self._places: dict[str, set[Place]] = defaultdict(set)
        self._naming: dict[str, set[Place]] = defaultdict(set)
        self._edges: dict[Topic, Score] = {}
        self._standing: dict[Topic, Finding] = {}
        self._clock = Clock()
        self._last = Window.of(_NEVER, self.detector.window)
        self._floor = _NEVER
        self._oldest = datetime.max.replace(tzinfo=UTC)
        self._positions: dict[str, int] = {}

    def feed(
        self, event: Event, at: Position | None = None
    ) -> list[FindingRaised | FindingRevised]:
        """Take one event and return what it changes."""
        if at is not None and at.partition is not None:
            place = f"{at.source}[{at.partition}]"
            self._positions[place] = max(at.offset + 1, self._positions.get(place, 0))
        changed = sorted(self._touched(event))
        findings = [found for place in changed for found in self._revise(place)]
        findings += self._flag(event)
        self._clock.see(event.agent, event.at)
        self._forget()
        return findings

    def go_on(self, since: datetime) -> None:
        """Leave windows that start before some time closed: another judge has closed them."""
        self._floor = max(self._floor, since)

    @property
    def since(self) -> datetime:
        """Start of the oldest window that is open: what happened before it is of no consequence."""
        reached = self._clock.reached
        if self.lateness is None or reached - _NEVER < self.lateness:
            return self._floor
        return max(self._floor, Window.of(reached - self.lateness, self.detector.window).start)

    def opens(self, at: datetime) -> datetime:
        """Return the start of the window in which what happened at some time is judged."""
        return self._window_of(at).start

    def is_far(self, at: datetime) -> bool:
        """Whether a time is so far ahead that its window will not close for long, if ever."""
        now = max(self._clock.reached, self._floor)
        return now > _NEVER and at - now > FAR

    def recall(self, said: Mapping[str, Any]) -> list[FindingRaised | FindingRevised]:
        """Return what is to be said of a finding that somebody told; nothing if it is not ours.

        It is ours while its window is open, when we watch the agent that it is about, or when it
        is about a grant. What another judge told, of events that came to it in another order, may
        be no finding here: then it is withdrawn.
        """
        told = Told.of(said)
        if told is None or not self._is_ours(told):
            return []
        topic = (told.window, told.subject)
        if self._stands(topic):
            return [event_of(self._standing[topic])]
        if told.status == "withdrawn":
            return []
        return [withdrawal_of(told, said, self.detector.name)]

    def scores(self) -> dict[Topic, Score]:
        """Return the scores of open windows, alarming or not, as the detector gives them."""
        speaking = [place for place, one in self._open.items() if not one.counts().silent]
        agents = {(place[0], f"agent:{place[1]}"): self._score(place) for place in speaking}
        return agents | self._edges

    def _is_ours(self, told: Told) -> bool:
        window, subject = told.window, told.subject
        if told.finding_id != finding_id(self.detector, window, subject) or self._closed(window):
            return False
        kind, _, name = subject.partition(":")
        return kind == "grant" or (window, name) in self._open

    def _touched(self, event: Event) -> Iterable[Place]:
        match event:
            case ActionTaken():
                return self._enter(event)
            case PermissionGranted():
                self._ledger.add(Grant.of(event))
                return self._judge_again(event.grant)
            case PermissionRevoked():
                known = event.recorded_at or event.at
                self._ledger.revoke(event.grant, event.at, known)
                return self._judge_again(event.grant)
            case DecisionReviewed(grant=str() as grant, choice="approve" | "reject" as choice):
                known = event.recorded_at or event.at
                self._ledger.review(grant, Review(choice == "approve", event.at, known))
                return self._judge_again(grant)
            case _:
                return ()

    def _enter(self, event: ActionTaken) -> Iterator[Place]:
        window = self._window_of(event.at)
        place = (window, event.agent)
        known = self._open.get(place)
        if self._closed(window) or (known is not None and event.id in known.judged):
            return
        act = Act.of(event)
        opened = self._begin(place) if known is None else known
        opened.put(event.id, Judged.of(event, act, self._ask(act, window)))
        if event.grant is not None:
            self._naming[event.grant].add(place)
        yield place

    def _window_of(self, at: datetime) -> Window:
        # Most events fall into the window of the one before, whose hash is known.
        if not self._last.start <= at < self._last.end:
            self._last = Window.of(at, self.detector.window)
        return self._last

    def _begin(self, place: Place) -> OpenWindow:
        window, agent = place
        self._oldest = min(self._oldest, window.end)
        self._places[agent].add(place)
        opened = self._open[place] = OpenWindow(agent)
        return opened

    def _judge_again(self, grant: str) -> set[Place]:
        """Judge again every action that a grant can have a say in."""
        agents = self._ledger.holders(self._ledger.lineage(grant))
        places = {place for agent in agents for place in self._places.get(agent, ())}
        places |= self._naming.get(grant, set())
        for place in places:
            opened = self._open[place]
            for name, judged in list(opened.judged.items()):
                opened.put(name, judged._replace(said=self._ask(judged.act, place[0])))
        return places

    def _ask(self, act: Act, window: Window) -> Said:
        now = self._ledger.answer(act, window.end)
        if self._ledger.knew_all(act.at):
            return Said(now, now)
        return Said(now, self._ledger.answer(act, window.end, by=act.at))

    def _flag(self, event: Event) -> Iterator[FindingRaised | FindingRevised]:
        """Judge again the escalation edges that a grant is an end of."""
        if not isinstance(event, PermissionGranted):
            return
        for name in sorted({event.grant, *self._ledger.heirs(event.grant)}):
            for window in sorted(self._windows_of(name)):
                topic = (window, f"grant:{name}")
                self._edges.pop(topic, None)
                if found := escalation.scores(self._escalations(name, window), window):
                    self._edges[topic] = found[0]
                    self._oldest = min(self._oldest, window.end)
                yield from self._tell(topic, self._edges.get(topic), (event.id,))

    def _windows_of(self, grant: str) -> set[Window]:
        """Return the open windows in which grants of an id came into force."""
        times = map(escalation.flagged_at, self._ledger.issued(grant))
        windows = {Window.of(at, self.detector.window) for at in times}
        return {window for window in windows if not self._closed(window)}

    def _escalations(self, name: str, window: Window) -> list[escalation.Edge]:
        given = [
            grant
            for grant in self._ledger.issued(name)
            if window.start <= escalation.flagged_at(grant) < window.end
        ]
        parents = {parent for grant in given for parent in self._ledger.above(grant, window.end)}
        return escalation.between(given, parents)

    def _score(self, place: Place) -> Score:
        window, agent = place
        return score(self._open[place].counts(), self._ledger.wider(agent, window.end), window)

    def _revise(self, place: Place) -> Iterator[FindingRaised | FindingRevised]:
        opened, topic = self._open[place], (place[0], f"agent:{place[1]}")
        if opened.breaching or self._stands(topic):
            yield from self._tell(topic, self._score(place), opened.evidence())

    def _stands(self, topic: Topic) -> bool:
        before = self._standing.get(topic)
        return before is not None and before.status != "withdrawn"

    def _tell(
        self, topic: Topic, now: Score | None, proof: tuple[str, ...]
    ) -> Iterator[FindingRaised | FindingRevised]:
        """Say what changes of a finding; without a score it is one no more."""
        before, stood = self._standing.get(topic), self._stands(topic)
        found = now is not None and now.verdict == "finding"
        if not (found or stood):
            return
        score = now if now is not None or before is None else before.score
        assert score is not None  # noqa: S101  what is found has a score, and what stood had one
        if found and stood and before is not None and _says(before.score) == _says(score):
            return
        status: Status = "withdrawn" if not found else "updated" if stood else "opened"
        revision = 0 if before is None else before.revision + 1
        self._standing[topic] = self._finding(topic, score, status, revision, proof)
        yield event_of(self._standing[topic])

    def _finding(
        self, topic: Topic, now: Score, status: Status, revision: int, proof: tuple[str, ...]
    ) -> Finding:
        window, _ = topic
        return Finding(
            finding_id=finding_id(self.detector, window, now.subject),
            detector=self.detector.name,
            version=self.detector.version,
            parameters=self.detector.parameters(),
            window=window,
            status=status,
            revision=revision,
            score=now,
            reason=REASONS[status],
            provisional=True,
            evidence_ids=proof,
            evidence_total=int(now.statistic),
            as_of=dict(self._positions),
        )

    def _closed(self, window: Window) -> bool:
        return window.start < self._floor or self._past(window.end)

    def _past(self, end: datetime) -> bool:
        return self.lateness is not None and self._clock.reached - end >= self.lateness

    def _forget(self) -> None:
        """Drop the windows that have closed."""
        if not self._past(self._oldest):
            return
        for topic in [topic for topic in (*self._edges, *self._standing) if self._closed(topic[0])]:
            self._edges.pop(topic, None)
            self._standing.pop(topic, None)
        for place in [place for place in self._open if self._closed(place[0])]:
            for judged in self._open.pop(place).judged.values():
                self._naming.get(judged.act.grant or "", set()).discard(place)
            self._places[place[1]].discard(place)
        ends = (window.end for window, _ in (*self._open, *self._edges))
        self._oldest = min(ends, default=datetime.max.replace(tzinfo=UTC))


def _says(one: Score) -> tuple[object, ...]:
    return (one.statistic, one.measures.get("breaches"), one.resources)
