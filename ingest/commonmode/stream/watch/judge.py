"""What the watch asks of whoever judges: one event in, what it changes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from commonmode.events import Event, Position
from commonmode.stream.findings import FindingEvent


class LiveJudge(Protocol):
    """Judges events one at a time.

    It must not mind their order, nor one that comes twice: events of different agents reach a
    worker in any order, and those around a restart reach it again.
    """

    def feed(self, event: Event, at: Position | None = None) -> Sequence[FindingEvent]:
        """Take one event; return the findings it raises or revises."""
        ...

    def recall(self, said: Mapping[str, Any]) -> Sequence[FindingEvent]:
        """Return what is to be said of a finding that somebody told, where it is ours to say."""
        ...

    @property
    def since(self) -> datetime:
        """Start of the oldest window that is open."""
        ...

    def go_on(self, since: datetime) -> None:
        """Leave windows that start before some time closed."""
        ...

    def opens(self, at: datetime) -> datetime:
        """Return the start of the window in which what happened at some time is judged."""
        ...

    def is_far(self, at: datetime) -> bool:
        """Whether a time is so far ahead that its window will not close for long, if ever."""
        ...


JudgeFactory = Callable[[], LiveJudge]
"""Makes a judge that has seen nothing yet."""
