"""What the watch asks of whoever judges: one event in, what it changes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

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


JudgeFactory = Callable[[], LiveJudge]
"""Makes a judge that has seen nothing yet."""
