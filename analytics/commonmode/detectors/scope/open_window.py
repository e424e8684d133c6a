"""What the live judge remembers of an agent in an open window, and when windows close."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from commonmode.detectors.scope.grants import BREACHING, PERMITTED, Act, Answer
from commonmode.detectors.scope.scoring import MOST_NAMED, Counts
from commonmode.events import ActionTaken


class Said(NamedTuple):
    """What is said of an action: as known now, and by what was known when it was done."""

    now: Answer
    then: Answer


class Judged(NamedTuple):
    """An action with what is said of it so far."""

    act: Act
    attempt: bool
    said: Said

    @classmethod
    def of(cls, event: ActionTaken, act: Act, said: Said) -> Judged:
        """Read what a count depends on from an action."""
        attempt = bool(event.attempted) or event.outcome in ("denied", "error")
        return cls(act, attempt, said)


class OpenWindow:
    """The actions of one agent in one window, counted as they come."""

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.judged: dict[str, Judged] = {}
        self._breaching: dict[str, datetime] = {}
        self._said = Counter[tuple[Said, bool]]()
        self._resources = Counter[str]()

    def put(self, name: str, judged: Judged) -> None:
        """Enter an action, or its new answer."""
        before = self.judged.get(name)
        if before is not None:
            self._enter(name, before, -1)
        self.judged[name] = judged
        self._enter(name, judged, 1)

    @property
    def breaching(self) -> bool:
        """Whether any action is a breach, as known now."""
        return bool(self._breaching)

    def counts(self) -> Counts:
        """Return what a score is made of."""
        return Counts(
            agent=self.agent,
            n=len(self.judged),
            breaches=self._count(now=BREACHING, attempt=False),
            attempts=self._count(now=BREACHING, attempt=True),
            confused=self._count(now=("confused",)),
            break_glass=self._count(now=("break-glass",)),
            undetermined=self._count(now=("undetermined",)),
            breaches_then=self._count(now=(*BREACHING, *PERMITTED), then=BREACHING),
            covered_since=self._count(now=PERMITTED, then=BREACHING),
            permitted_then=self._count(now=BREACHING, then=PERMITTED),
            resources=sorted(self._resources)[:MOST_NAMED],
        )

    def _count(
        self,
        now: Sequence[Answer],
        then: Sequence[Answer] | None = None,
        attempt: bool | None = None,  # noqa: FBT001  a filter, given by name
    ) -> int:
        return sum(
            count
            for (said, tried), count in self._said.items()
            if said.now in now
            and (then is None or said.then in then)
            and (attempt is None or tried == attempt)
        )

    def evidence(self) -> tuple[str, ...]:
        """Return the ids of the first breaching actions."""
        first = heapq.nsmallest(MOST_NAMED, ((at, name) for name, at in self._breaching.items()))
        return tuple(name for _, name in first)

    def _enter(self, name: str, judged: Judged, one: int) -> None:
        self._said[judged.said, judged.attempt] += one
        if judged.said.now not in BREACHING:
            return
        resource = judged.act.resource
        if one > 0:
            self._breaching[name] = judged.act.at
        else:
            del self._breaching[name]
        if resource is not None:
            self._resources[resource] += one
            if self._resources[resource] == 0:
                del self._resources[resource]


class Clock:
    """How far event time has come: the latest time that two different agents agree was reached.

    One agent with a wild clock must not close everybody's windows.

    Examples
    --------
    >>> clock = Clock()
    >>> clock.see("ann", datetime(9999, 1, 1, tzinfo=UTC))
    >>> clock.see("bob", datetime(2026, 1, 1, tzinfo=UTC))
    >>> clock.reached.year
    2026
    """

    def __init__(self) -> None:
        self.reached = datetime.min.replace(tzinfo=UTC)
        self._ahead = ("", self.reached)

    def see(self, agent: str, at: datetime) -> None:
        """Take note of an event's time."""
        leader, lead = self._ahead
        if agent == leader:
            self._ahead = (agent, max(lead, at))
        elif at > lead:
            self._ahead, self.reached = (agent, at), lead
        else:
            self.reached = max(self.reached, at)
