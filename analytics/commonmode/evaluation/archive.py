"""Outcomes kept on disk, so that a campaign goes on where it was broken off."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path

import msgspec

from commonmode import detectors, statistics
from commonmode.detectors import Detector
from commonmode.evaluation.trials import Outcome, World

_OWN = 3
"""``commonmode.detectors.scope``: the part of a module's name that is a phenomenon's own."""

_DECISIVE = ("alarms", "looks", "trials", "truth")
"""Modules beside this one that decide what an outcome is."""


class Archive:
    """Outcomes by detector, world and seed, as long as the code that they came from stands.

    A line of JSON per seed, in a file per detector and world whose name holds a digest of the
    world, of the detector's parameters and of the source of both. Nothing stale can be found.

    Parameters
    ----------
    folder : Path or None
        Where; nothing is kept without.
    forgetful : bool
        Whether to find nothing that was kept before, so that it is tried again.
    """

    def __init__(self, folder: Path | None, *, forgetful: bool = False) -> None:
        self.folder, self.forgetful = folder, forgetful
        self._known: dict[Path, dict[int, Outcome]] = {}

    def find(self, world: World, detector: Detector, seed: int) -> Outcome | None:
        """Return an outcome that was kept, if it was."""
        if self.folder is None or self.forgetful:
            return None
        file = self._file(self.folder, world, detector)
        if file not in self._known:
            self._known[file] = _read(file)
        return self._known[file].get(seed)

    def keep(self, world: World, detector: Detector, outcome: Outcome) -> None:
        """Keep an outcome, at once."""
        if self.folder is None:
            return
        file = self._file(self.folder, world, detector)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as lines:
            lines.write(msgspec.json.encode(outcome) + b"\n")

    def _file(self, folder: Path, world: World, detector: Detector) -> Path:
        told = f"{world!r} {detector!r} {_sources(type(world), type(detector))}"
        digest = hashlib.sha256(told.encode()).hexdigest()[:16]
        return folder / f"{detector.name}-{detector.version}" / f"{digest}.jsonl"


def _read(file: Path) -> dict[int, Outcome]:
    if not file.exists():
        return {}
    found: dict[int, Outcome] = {}
    for line in file.read_bytes().splitlines():
        try:
            outcome = msgspec.json.decode(line, type=Outcome)
        except msgspec.DecodeError:
            continue  # cut off in the middle: it will be tried again
        found[outcome.seed] = outcome
    return found


@cache
def _sources(world: type, detector: type) -> str:
    """Return a digest of the code of a world, of a detector, and of what tries and matches."""
    here = Path(__file__).parent
    files = {
        *_file_of(world.__module__).parent.rglob("*.py"),
        *_file_of(detectors.__name__).parent.glob("*.py"),
        *_file_of(statistics.__name__).parent.rglob("*.py"),
        *_own(detector),
        *(here / f"{name}.py" for name in _DECISIVE),
    }
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _own(detector: type) -> list[Path]:
    file = _file_of(".".join(detector.__module__.split(".")[:_OWN]))
    return list(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]


def _file_of(module: str) -> Path:
    return Path(str(sys.modules[module].__file__))
