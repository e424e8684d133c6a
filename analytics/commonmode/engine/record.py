"""Findings at rest: as events of the log, and read back from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from commonmode.detectors import Detector, Finding, Window
from commonmode.events import Event, FindingRaised, FindingRevised

STANDING: frozenset[str] = frozenset({"opened", "updated", "closed"})
"""States of a finding that is upheld."""

Fields = dict[str, Any]


class Recorded(Struct, frozen=True):
    """A finding as it was last recorded: its latest revision, its score as JSON."""

    finding_id: str
    detector: str
    version: int
    status: str
    revision: int
    window: Window
    parameters: Fields
    score: Fields
    provisional: bool = False
    fields: Fields = {}

    @property
    def stands(self) -> bool:
        """Whether the finding is upheld."""
        return self.status in STANDING


def findings_in(texts: Iterable[str]) -> Iterator[Recorded]:
    """Read findings from the JSON of their events; anyone may write there, so others pass by."""
    for text in texts:
        try:
            fields: Fields = msgspec.json.decode(text)
            one = msgspec.convert(fields, Recorded)
        except msgspec.MsgspecError:
            continue
        yield msgspec.structs.replace(one, fields=fields)


def latest(findings: Iterable[Recorded], detector: Detector) -> list[Recorded]:
    """Return the latest revision of each finding of exactly this detector.

    Whatever the live watch says after the detector has spoken changes nothing.
    """
    parameters = as_json(detector.parameters())
    of_detector = (detector.name, detector.version, parameters)
    newest: dict[str, Recorded] = {}
    for one in findings:
        if (one.detector, one.version, one.parameters) == of_detector:
            known = newest.get(one.finding_id, one)
            newest[one.finding_id] = max(known, one, key=lambda f: (not f.provisional, f.revision))
    return list(newest.values())


def as_json(value: object) -> Any:
    """Return a value as it reads once it was written to the log."""
    return msgspec.json.decode(msgspec.json.encode(value))


def fields_of(finding: Finding) -> Fields:
    """Return the JSON fields of a finding, its queries written out beside it for people."""
    fields: Fields = msgspec.to_builtins(finding)
    return {
        **fields,
        "evidence_sql": finding.score.evidence.literal(),
        "recompute_sql": finding.score.recompute.literal(),
    }


def event_of(fields: Mapping[str, Any]) -> Event:
    """Return the event that records a finding at one point of its life.

    Its id is the finding's with the revision, so that sending it twice records it once.
    """
    kind = FindingRevised if fields["revision"] else FindingRaised
    return kind(
        id=f"{fields['finding_id']}:{fields['revision']}",
        at=msgspec.convert(fields["window"], Window).end,
        agent=f"commonmode/{fields['detector']}",
        finding=dict(fields),
    )
