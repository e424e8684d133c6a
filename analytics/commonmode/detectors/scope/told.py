"""What the live judge tells the world of a finding, and how it reads what was told before."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from commonmode.detectors.base import Window
from commonmode.detectors.finding import Finding, Status
from commonmode.events import FindingRaised, FindingRevised

REASONS: dict[Status, str] = {
    "opened": "seen live",
    "updated": "more was seen",
    "withdrawn": "a grant or an approval that came later covers it",
}


class Told(NamedTuple):
    """A finding that somebody told, as far as it matters who has a say in it."""

    finding_id: str
    window: Window
    subject: str
    status: str

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Told | None:
        """Read what was told; None when it is not a finding.

        Examples
        --------
        >>> window = {"start": "2026-01-01T09:00:00Z", "end": "2026-01-01T10:00:00Z"}
        >>> said = {"finding_id": "f", "status": "opened", "window": window}
        >>> Told.of({**said, "score": {"subject": "agent:ann"}}).subject
        'agent:ann'
        >>> Told.of(said) is None
        True
        """
        with suppress(LookupError, TypeError, msgspec.ValidationError):
            window = msgspec.convert(said["window"], Window)
            words = (said["finding_id"], window, said["score"]["subject"], said["status"])
            return msgspec.convert(words, cls)
        return None


def event_of(finding: Finding) -> FindingRaised | FindingRevised:
    """Return the event that tells a finding."""
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


def withdrawal_of(told: Told, said: Mapping[str, Any], by: str) -> FindingRevised:
    """Return the event that takes back what somebody told."""
    return FindingRevised(
        id=f"{told.finding_id}:withdrawn",
        at=told.window.end,
        agent=f"commonmode/{by}",
        finding={**said, "status": "withdrawn", "reason": REASONS["withdrawn"]},
    )
