"""How far the store is behind the log, written by its owner and read by everybody else."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct


class Lag(Struct, frozen=True):
    """Records of each topic that are in the log and not yet in the store, at a time (epoch s).

    Of a broker that is away they are unknown, None.
    """

    at: float
    topics: dict[str, int] | None


def write_lag(data_dir: Path, lag: Lag) -> None:
    """Replace what was written, in one step."""
    path = lag_path(data_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(lag))
    fresh.replace(path)


def read_lag(data_dir: Path) -> Lag | None:
    """Read what the owner last wrote, None when no owner did."""
    try:
        return msgspec.json.decode(lag_path(data_dir).read_bytes(), type=Lag)
    except (OSError, msgspec.DecodeError):
        return None


def lag_path(data_dir: Path) -> Path:
    """Where it is written; as long as the owner works, every second."""
    return data_dir / "run" / "lag.json"
