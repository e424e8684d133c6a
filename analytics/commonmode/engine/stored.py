"""What is kept under a detector's name: its progress, by its version and parameters."""

from __future__ import annotations

import hashlib

import msgspec

from commonmode.detectors import Detector


def parameters_hash(detector: Detector) -> str:
    """Return 16 hexadecimal digits that stand for a detector's parameters."""
    data = msgspec.json.encode(detector.parameters(), order="sorted")
    return hashlib.sha256(data).hexdigest()[:16]


def key_of(detector: Detector) -> str:
    """Return the key of a detector's progress: name, version and parameters.

    Whoever changes a parameter starts from the first event, beside the old findings.
    """
    return f"{detector.name}/{detector.version}/{parameters_hash(detector)}"
