"""What one Kafka node needs before it starts: settings, ports, formatted storage."""

from __future__ import annotations

import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

import msgspec
from msgspec import Struct

from commonmode.local import ports
from commonmode.local.errors import BrokerUnavailableError
from commonmode.local.identity import Identity

SETTINGS = Path(__file__).parent / "kafka" / "server.properties"


class Ports(Struct, frozen=True):
    """Where clients connect, and where the node's own controller listens."""

    clients: int = 0
    controller: int = 0


class LastRun(Struct, frozen=True):
    """What the node of last time left behind: who it was, and on which ports."""

    process: Identity
    ports: Ports


def last_run(folder: Path) -> LastRun | None:
    """Read what `remember` wrote, None when there is nothing to read."""
    try:
        return msgspec.json.decode((folder / "node.json").read_bytes(), type=LastRun)
    except (OSError, msgspec.DecodeError):
        return None


def remember(folder: Path, run: LastRun) -> None:
    """Write down who runs and where, in one step, for whoever starts the node next."""
    fresh = folder / "node.new"
    fresh.write_bytes(msgspec.json.encode(run))
    fresh.replace(folder / "node.json")


def choose_ports(last: Ports, named: int = 0) -> Ports:
    """Choose the named port or that of last time, both only while free.

    Raises
    ------
    PortTakenError
        When the named port is taken.
    """
    return Ports(ports.named_or_free(named, last.clients), ports.free_port(last.controller))


def write_settings(folder: Path, chosen: Ports) -> Path:
    """Write the node's settings: the measured ones, and the folders and ports of this run."""
    folder.mkdir(parents=True, exist_ok=True)
    controller = f"{ports.LOOPBACK}:{chosen.controller}"
    listeners = f"PLAINTEXT://{ports.LOOPBACK}:{chosen.clients},CONTROLLER://{controller}"
    path = folder / "server.properties"
    path.write_text(
        f"{SETTINGS.read_text(encoding='utf-8')}\n"
        f"listeners={listeners}\n"
        f"advertised.listeners={listeners}\n"
        f"controller.quorum.bootstrap.servers={controller}\n"
        f"log.dirs={folder / 'log'}\n",
        encoding="utf-8",
    )
    return path


def format_storage(java: list[str | Path], folder: Path, settings: Path) -> None:
    """Give the storage its cluster id, once.

    Raises
    ------
    BrokerUnavailableError
        When Kafka cannot write there; its reason is in the message.
    """
    if (folder / "log" / "meta.properties").exists():
        return
    # One id in 64 begins with a hyphen; joined to its option it is not taken for another.
    cluster = f"--cluster-id={_cluster_id()}"
    order = ["kafka.tools.StorageTool", "format", "--standalone", cluster, "-c"]
    done = subprocess.run(  # noqa: S603 - Java and jars that were just checked
        [*java, *order, settings], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        cause = f"Kafka could not format {folder}: {(done.stderr or done.stdout).strip()}"
        raise BrokerUnavailableError(cause, ["look at free space and permissions of that folder"])


def _cluster_id() -> str:
    return urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
