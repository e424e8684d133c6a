"""Scope breaches as they happen: the rules of `Scope`, one event at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from commonmode.detectors.base import Window
from commonmode.detectors.finding import Finding, Status, finding_id
from commonmode.detectors.scope.detector import Scope
from commonmode.detectors.scope.grants import Act, Grant, Ledger
from commonmode.detectors.scope.open_window import Clock, Judged, OpenWindow
from commonmode.detectors.scope.scoring import score
from commonmode.detectors.score import Score
from commonmode.events import (
    ActionTaken,
    Event,
    FindingRaised,
    FindingRevised,
    PermissionGranted,
    PermissionRevoked,
    Position,
)

Place = tuple[Window, str]
"""A window and an agent: what one finding is about."""

LATENESS = timedelta(hours=1)

_REASONS: dict[Status, str] = {
    "opened": "seen live",
    "updated": "more was seen",
    "withdrawn": "a grant that came later covers it",
}


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
        self._standing: dict[Place, Finding] = {}
        self._clock = Clock()
        self._oldest = datetime.max.replace(tzinfo=UTC)
        self._positions: dict[str, int] = {}

    def feed(
        self, event: Event, at: Position | None = None
    ) -> list[FindingRaised | FindingRevised]:
        """Take one event and return what it changes."""
        if at is not None and at.partition is not None:
            self._positions[f"{at.source}[{at.partition}]"] = at.offset + 1
        changed = sorted(self._touched(event))
        findings = [found for place in changed for found in self._revise(place)]
        self._clock.see(event.agent, event.at)
        self._forget()
        return findings

    def scores(self) -> dict[Place, Score]:
        """Return the score of every agent that acted in an open window, alarming or not."""
        return {place: self._score(place) for place in sorted(self._open)}

    def _touched(self, event: Event) -> Iterable[Place]:
        match event:
            case ActionTaken():
                return self._enter(event)
            case PermissionGranted():
                self._ledger.add(Grant.of(event))
                return self._judge_again(event.grant)
            case PermissionRevoked():
                self._ledger.revoke(event.grant, event.at)
                return self._judge_again(event.grant)
            case _:
                return ()

    def _enter(self, event: ActionTaken) -> Iterator[Place]:
        window = Window.of(event.at, self.detector.window)
        place = (window, event.agent)
        known = self._open.get(place)
        if self._closed(window) or (known is not None and event.id in known.judged):
            return
        answer = self._ledger.answer(Act.of(event), window.end)
        opened = self._open.setdefault(place, OpenWindow(event.agent))
        opened.put(event.id, Judged.of(event, answer))
        self._oldest = min(self._oldest, window.end)
        self._places[event.agent].add(place)
        if event.grant is not None:
            self._naming[event.grant].add(place)
        yield place

    def _judge_again(self, grant: str) -> set[Place]:
        """Judge again every action that a grant can have a say in."""
        agents = self._ledger.holders(self._ledger.lineage(grant))
        places = {place for agent in agents for place in self._places.get(agent, ())}
        places |= self._naming.get(grant, set())
        for place in places:
            opened = self._open[place]
            for name, judged in list(opened.judged.items()):
                answer = self._ledger.answer(judged.act, place[0].end)
                opened.put(name, judged._replace(answer=answer))
        return places

    def _score(self, place: Place) -> Score:
        window, agent = place
        return score(self._open[place].counts(), self._ledger.wider(agent, window.end), window)

    def _revise(self, place: Place) -> Iterator[FindingRaised | FindingRevised]:
        before = self._standing.get(place)
        stood = before is not None and before.status != "withdrawn"
        counts = self._open[place].counts()
        found = counts.breaches + counts.attempts > 0
        if not (found or stood):
            return
        now = self._score(place)
        if stood and before is not None and _says(before.score) == _says(now):
            return
        status: Status = "withdrawn" if not found else "updated" if stood else "opened"
        finding = self._finding(place, now, status, 0 if before is None else before.revision + 1)
        self._standing[place] = finding
        yield _event(finding)

    def _finding(self, place: Place, now: Score, status: Status, revision: int) -> Finding:
        window, _ = place
        return Finding(
            finding_id=finding_id(self.detector, window, now.subject),
            detector=self.detector.name,
            version=self.detector.version,
            parameters=self.detector.parameters(),
            window=window,
            status=status,
            revision=revision,
            score=now,
            reason=_REASONS[status],
            provisional=True,
            evidence_ids=self._open[place].evidence(),
            evidence_total=int(now.statistic),
            as_of=dict(self._positions),
        )

    def _closed(self, window: Window) -> bool:
        return self._past(window.end)

    def _past(self, end: datetime) -> bool:
        return self.lateness is not None and self._clock.reached - end >= self.lateness

    def _forget(self) -> None:
        """Drop the windows that have closed."""
        if not self._past(self._oldest):
            return
        for place in [place for place in self._open if self._closed(place[0])]:
            for judged in self._open.pop(place).judged.values():
                self._naming.get(judged.act.grant or "", set()).discard(place)
            self._places[place[1]].discard(place)
            self._standing.pop(place, None)
        ends = (window.end for window, _ in self._open)
        self._oldest = min(ends, default=datetime.max.replace(tzinfo=UTC))


def _says(one: Score) -> tuple[object, ...]:
    return (one.statistic, one.measures["breaches"], one.resources)


def _event(finding: Finding) -> FindingRaised | FindingRevised:
    kind = FindingRevised if finding.revision else FindingRaised
    queries = {
        "evidence_sql": finding.score.evidence.literal(),
        "recompute_sql": finding.score.recompute.literal(),
    }
    return kind(
        id=f"{finding.finding_id}:{finding.revision}",
        at=finding.window.end,
        agent=f"commonmode/{finding.detector}",
        finding={**msgspec.to_builtins(finding), **queries},
    )
