"""How far the store is behind the log, written by its owner and read by everybody else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TypeVar

import msgspec
from msgspec import Struct

EVERY_SECONDS = 10.0
"""How far apart two samples of the history are."""
KEPT = 360
"""Samples of the history that are kept: an hour of them."""
STALE_SECONDS = 15.0
"""An owner measures every second; what is older than this says nothing of now."""

_FEWEST = 6
_TELLING = 1_000
T = TypeVar("T")


class Lag(Struct, frozen=True):
    """Records that are in the log and not yet in the store, at a time (epoch s).

    Parameters
    ----------
    at : float
        When it was measured, in seconds since 1970.
    partitions : dict or None
        Topic → partition → records; None while the broker is away: unknown is not zero.
    """

    at: float
    partitions: dict[str, dict[int, int]] | None

    @property
    def topics(self) -> dict[str, int] | None:
        """The same for each topic.

        Examples
        --------
        >>> Lag(0.0, {"t": {0: 3, 1: 4}}).topics
        {'t': 7}
        """
        if self.partitions is None:
            return None
        return {topic: sum(behind.values()) for topic, behind in self.partitions.items()}


class LagJournal:
    """Writes what the owner measures: the newest every time, the history at its own pace.

    Parameters
    ----------
    data_dir : Path
        The data folder; the history of an earlier owner is gone on with.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._history = read_history(data_dir)

    def note(self, lag: Lag) -> None:
        """Write a measurement down."""
        _write(lag_path(self._data_dir), lag)
        if not self._history or lag.at - self._history[-1].at >= EVERY_SECONDS:
            self._history = [*self._history, lag][-KEPT:]
            _write(_history_path(self._data_dir), self._history)


def read_lag(data_dir: Path) -> Lag | None:
    """Read what the owner last wrote, None when no owner did."""
    return _read(lag_path(data_dir), Lag)


def read_history(data_dir: Path) -> list[Lag]:
    """Read the samples of the last hour that an owner ran, the oldest first."""
    return _read(_history_path(data_dir), list[Lag]) or []


def level_at(samples: Sequence[Lag]) -> float | None:
    """Return when the store last held all that the log did, None when no sample says so.

    Examples
    --------
    >>> level_at([Lag(10.0, {"t": {0: 0}}), Lag(20.0, {"t": {0: 5}})])
    10.0
    """
    level = [one.at for one in samples if one.topics is not None and not any(one.topics.values())]
    return max(level, default=None)


def growth(samples: Sequence[Lag]) -> float:
    """Return by how many records a second the lag grows, 0 when it does not clearly.

    It grows when every value of the newer half lies above every one of the older half, so neither
    noise nor a burst that is being worked off counts; fewer than 6 samples, and less than a
    thousand records, say nothing.

    Examples
    --------
    >>> growth([Lag(10.0 * x, {"t": {0: 1000 * x}}) for x in range(6)])
    100.0
    >>> growth([Lag(10.0 * x, {"t": {0: 9000 - 1000 * x}}) for x in range(6)])
    0.0
    """
    known = [(one.at, sum(one.topics.values())) for one in samples if one.topics is not None]
    older, newer = known[: len(known) // 2], known[len(known) // 2 :]
    if len(known) < _FEWEST or newer[-1][1] < _TELLING:
        return 0.0
    if max(behind for _, behind in older) >= min(behind for _, behind in newer):
        return 0.0
    (began, before), (ended, after) = _middle(older), _middle(newer)
    return (after - before) / (ended - began)


def _middle(samples: Sequence[tuple[float, int]]) -> tuple[float, float]:
    return median(at for at, _ in samples), median(behind for _, behind in samples)


def lag_path(data_dir: Path) -> Path:
    """Where it is written; as long as the owner works, every second."""
    return data_dir / "run" / "lag.json"


def _history_path(data_dir: Path) -> Path:
    return data_dir / "run" / "lag-history.json"


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(value))
    fresh.replace(path)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError):
        return None
