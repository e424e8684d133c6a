"""What this machine has and lacks for a deployment, each with what to do about it."""

from __future__ import annotations

import shutil
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import psutil
from msgspec import Struct

from commonmode.local import jars, ports, state
from commonmode.local.errors import BrokerUnavailableError
from commonmode.local.java import find_java

Verdict = Literal["ok", "warning", "missing"]

LEAST_FREE_DISK = 2 * 2**30
LEAST_FREE_MEMORY = 2**30
_CLOCK_SLACK_SECONDS = 5.0
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Check(Struct, frozen=True):
    """One thing that was looked at.

    Parameters
    ----------
    name
        What.
    verdict
        ok; warning (it works, but); missing (a deployment cannot start).
    found
        What there is.
    remedy
        What to do, empty when all is well.
    """

    name: str
    verdict: Verdict
    found: str
    remedy: str = ""


def examine(data_dir: Path) -> Iterator[Check]:
    """Look at everything a deployment on this folder needs."""
    for check in (python, java, kafka_jars, loopback, disk, memory, token, clock, processes):
        yield check(data_dir)


def python(_data_dir: Path) -> Check:
    """Look at the running Python."""
    return Check("python", "ok", f"{sys.version.split()[0]} at {sys.executable}")


def java(_data_dir: Path) -> Check:
    """Look for a Java that Kafka can run on."""
    try:
        found = find_java()
    except BrokerUnavailableError as error:
        return Check("java", "missing", error.cause, error.remedies[0])
    return Check("java", "ok", f"Java {found.version} at {found.path}")


def kafka_jars(_data_dir: Path) -> Check:
    """Look whether Kafka's jars are here and the ones that were locked."""
    version = f"Apache Kafka {jars.kafka_version()}"
    if missing := jars.missing_jars():
        told = f"{version}: {len(missing)} jars are still to be downloaded"
        return Check("kafka", "warning", told, "commonmode up fetches them; it needs the network")
    try:
        jars.class_path()
    except BrokerUnavailableError as error:
        return Check("kafka", "missing", error.cause, error.remedies[0])
    return Check("kafka", "ok", f"{version}: every jar in {jars.cache_dir()} has its locked sum")


def loopback(_data_dir: Path) -> Check:
    """Look whether a server can be reached on loopback."""
    with socket.socket() as server:
        server.bind((ports.LOOPBACK, 0))
        server.listen()
        port = server.getsockname()[1]
        if ports.answers(port):
            return Check("ports", "ok", f"a free port on {ports.LOOPBACK} could be served")
    told = f"nothing answers on {ports.LOOPBACK}, even what was just started there"
    return Check("ports", "missing", told, "allow loopback connections in the firewall")


def disk(data_dir: Path) -> Check:
    """Look at free space and at the right to write where the data is kept."""
    folder = next(path for path in (data_dir, *data_dir.absolute().parents) if path.exists())
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        told = f"cannot write to {folder}: {error.strerror}"
        return Check("disk", "missing", told, "name a folder of yours with --data")
    free = shutil.disk_usage(folder).free
    found = f"{free / 2**30:.1f} GiB free at {folder}"
    if free < LEAST_FREE_DISK:
        return Check("disk", "warning", found, "make room, or name another folder with --data")
    return Check("disk", "ok", found)


def memory(_data_dir: Path) -> Check:
    """Look at free memory: the broker takes about half a GiB."""
    free = psutil.virtual_memory().available
    found = f"{free / 2**30:.1f} GiB available"
    if free < LEAST_FREE_MEMORY:
        return Check(
            "memory", "warning", found, "close something, or use a Kafka elsewhere with -b"
        )
    return Check("memory", "ok", found)


def token(data_dir: Path) -> Check:
    """Look whether others could read the token that opens the store."""
    path = data_dir / "run" / "token"
    if not path.exists():
        return Check(
            "token", "ok", "none yet; the owner of the store makes it, readable by you only"
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        told = f"{path} has mode {mode:04o}: other users can read it"
        return Check("token", "warning", told, f"chmod 600 {path}, then restart the deployment")
    return Check("token", "ok", f"{path} has mode {mode:04o}")


def clock(data_dir: Path) -> Check:
    """Look whether time went backwards since something was last written here."""
    written = [path.stat().st_mtime for path in (data_dir / "run").glob("*") if path.is_file()]
    ahead = max(written, default=0.0) - time.time()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if ahead > _CLOCK_SLACK_SECONDS:
        told = f"{now}, yet files in {data_dir} are from {ahead:.0f} s later"
        return Check("clock", "warning", told, "set the clock: lateness and lag are reckoned by it")
    return Check("clock", "ok", f"{now}, later than everything in {data_dir / 'run'}")


def processes(data_dir: Path) -> Check:
    """Look at the deployment that runs here, if one does."""
    running = state.running(data_dir)
    if running is None:
        return Check("deployment", "ok", f"none runs on {data_dir}")
    ill = [one for one in running.processes if one.state != "running"]
    if ill:
        told = "; ".join(f"{one.name} {one.state}: {one.reason or one.log}" for one in ill)
        return Check("deployment", "warning", told, "read the logs named here")
    told = f"{len(running.processes)} processes run, Kafka at {running.broker}"
    return Check("deployment", "ok", told)
