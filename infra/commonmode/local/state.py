"""What a deployment says of itself in ``<data>/run/deployment.json``, for every other command."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from commonmode.local.identity import Identity

Stage = Literal["starting", "ready", "stopping", "stopped"]
Condition = Literal["waiting", "starting", "running", "restarting", "stopped"]


class ProcessState(Struct, frozen=True):
    """One process of the deployment.

    Parameters
    ----------
    name
        broker, owner, detect, watch or dashboard.
    state
        waiting (for others), starting, running, restarting (after it died) or stopped.
    restarts
        How often it was started again.
    reason
        Why it was last started again, or why it cannot start.
    """

    name: str
    state: Condition
    log: str
    restarts: int = 0
    process: Identity | None = None
    address: str | None = None
    reason: str | None = None


class DeploymentState(Struct, frozen=True):
    """Who runs the deployment, where its parts listen, and how each process is.

    It outlives the deployment: the next one takes the same ports again while they are free.
    """

    supervisor: Identity
    guard: Identity
    state: Stage
    broker: str | None = None
    flight: str | None = None
    dashboard: str | None = None
    public: str | None = None
    processes: tuple[ProcessState, ...] = ()


def write(data_dir: Path, state: DeploymentState) -> None:
    """Replace what is written, in one step."""
    path = _path(data_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    fresh.replace(path)


def read(data_dir: Path) -> DeploymentState | None:
    """Read what the last deployment wrote, whether it still runs or not."""
    try:
        return msgspec.json.decode(_path(data_dir).read_bytes(), type=DeploymentState)
    except (OSError, msgspec.DecodeError):
        return None


def running(data_dir: Path) -> DeploymentState | None:
    """Read the state of the deployment that runs on this folder now, None when none does."""
    state = read(data_dir)
    over = state is None or state.state == "stopped" or not state.supervisor.lives()
    return None if over else state


def bootstrap_of(data_dir: Path) -> str | None:
    """Address of the Kafka that the running deployment uses, None when none runs."""
    state = running(data_dir)
    return state.broker if state else None


def _path(data_dir: Path) -> Path:
    return data_dir / "run" / "deployment.json"
