"""Grants, acts and reviews in a few words, and what scope says of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.detectors.histories import (
    HOUR,
    START,
    frame,
)

from commonmode.detectors import Score
from commonmode.detectors.scope import Scope
from commonmode.events import (
    ActionTaken,
    DecisionReviewed,
    Event,
    PermissionGranted,
    PermissionRevoked,
)


def minute(m: int) -> datetime:
    return START + timedelta(minutes=m)


def grant(name: str, agent: str, at: int = 0, **fields: Any) -> PermissionGranted:
    return PermissionGranted(id=f"{name}@{at}", at=minute(at), agent=agent, grant=name, **fields)


def revoke(name: str, at: int) -> PermissionRevoked:
    return PermissionRevoked(id=f"no {name}@{at}", at=minute(at), agent="boss", grant=name)


def act(agent: str, at: int, action: str = "read", resource: str = "a", **f: Any) -> ActionTaken:
    name = f"{agent}@{at}{f}"
    return ActionTaken(id=name, at=minute(at), agent=agent, action=action, resource=resource, **f)


def review(name: str, choice: str, at: int) -> DecisionReviewed:
    return DecisionReviewed(
        id=f"{choice} {name}@{at}", at=minute(at), agent="officer", grant=name, choice=choice
    )


def every_score(*events: Event) -> dict[str, Score]:
    return {score.subject: score for score in Scope().detect(frame(list(events)), HOUR)}


def scores(*events: Event) -> dict[str, Score]:
    return {
        score.agents[0]: score
        for subject, score in every_score(*events).items()
        if subject.startswith("agent:")
    }


def verdict(*events: Event, of: str = "ann") -> str:
    """Return the verdict on an agent; one with no score kept to its grants."""
    said = scores(*events)
    return said[of].verdict if of in said else "clear"
