"""A finding: a score that was reported, with all it takes to prove it again."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec
from msgspec import Struct

from commonmode.detectors.base import Detector, Window
from commonmode.detectors.score import Score

Status = Literal["opened", "updated", "closed", "withdrawn"]


class Finding(Struct, frozen=True, kw_only=True):
    """A reported score at one point of its life.

    Attributes
    ----------
    finding_id : str
        Hash of detector, version, parameters, window and subject: the same for ever.
    status : {'opened', 'updated', 'closed', 'withdrawn'}
        Where it is in its life; `revision` counts from 0 and `reason` says why it changed.
    provisional : bool
        True when the live watch raised it and the batch detector has not yet judged it.
    score : Score
        Claim, statistic, null, evidence query.
    evidence_ids : tuple of str
        Ids of the events that prove it, the first ones where there are very many.
    evidence_total : int
        How many there are.
    as_of : dict of str to int
        ``topic[partition]`` → next offset: the log it was computed from.
    """

    finding_id: str
    detector: str
    version: int
    parameters: dict[str, Any]
    window: Window
    status: Status
    revision: int
    score: Score
    reason: str = ""
    provisional: bool = False
    evidence_ids: tuple[str, ...] = ()
    evidence_total: int = 0
    as_of: dict[str, int] = {}


def finding_id(detector: Detector, window: Window, subject: str) -> str:
    """Return the deterministic id of a finding.

    Formula: the first 16 hexadecimal digits of
    SHA-256(JSON(detector, version, parameters, window, subject)).
    """
    key = (detector.name, detector.version, detector.parameters(), window, subject)
    return hashlib.sha256(msgspec.json.encode(key, order="sorted")).hexdigest()[:16]
