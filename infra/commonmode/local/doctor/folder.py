"""Checks of the data folder and of what runs on it."""

from __future__ import annotations

import shutil
import stat
import tempfile
import time
from urllib.parse import urlsplit

import psutil

from commonmode.local import ports, state
from commonmode.local.doctor.check import Diagnosis, Patient
from commonmode.store import StoreUnreachableError, StoreVersionError, connect, store_path
from commonmode.store.lag import STALE_SECONDS, growth, level_at, read_history, read_lag

LEAST_FREE_DISK = 2 * 2**30
CLOCK_SLACK_SECONDS = 5.0
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def disk(patient: Patient) -> Diagnosis:
    """Look at free space and at the right to write where the data is kept."""
    data_dir = patient.data_dir
    folder = next(path for path in (data_dir, *data_dir.absolute().parents) if path.exists())
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        told = f"cannot write to {folder}: {error.strerror}"
        return Diagnosis("error", told, "name a folder of yours with --data")
    free = shutil.disk_usage(folder).free
    found = f"{free / 2**30:.1f} GiB free at {folder}"
    if free < LEAST_FREE_DISK:
        return Diagnosis("warning", found, "make room, or name another folder with --data")
    return Diagnosis("ok", found)


def taken_ports(patient: Patient) -> Diagnosis:
    """Look whether somebody else listens where this deployment is to listen, or did last time."""
    if state.running(patient.data_dir) is not None:
        return Diagnosis("ok", "the deployment here has its own")
    named = [port for port in patient.ports if not ports.is_free(port)]
    if named:
        told = ", ".join(f"{port} is taken by {_who_listens(port)}" for port in named)
        return Diagnosis("error", told, "stop it, or name another port, or none to get a free one")
    moved = [port for port in _last_ports(patient) if not ports.is_free(port)]
    if moved:
        told = ", ".join(
            f"{port}, as last time, is taken by {_who_listens(port)}" for port in moved
        )
        return Diagnosis("warning", told, "commonmode up takes other ports; status tells them")
    return Diagnosis(
        "ok", "those asked for are free" if patient.ports else "whichever are free will do"
    )


def _last_ports(patient: Patient) -> list[int]:
    last = state.read(patient.data_dir)
    addresses = (last.broker, last.flight, last.dashboard) if last else ()
    parsed = [urlsplit(one if "//" in one else f"//{one}") for one in addresses if one]
    return [p.port for p in parsed if p.port and p.hostname == ports.LOOPBACK]


def _who_listens(port: int) -> str:
    try:
        pids = [
            one.pid
            for one in psutil.net_connections("tcp")
            if one.status == psutil.CONN_LISTEN and one.laddr[1:] == (port,) and one.pid
        ]
        return f"{psutil.Process(pids[0]).name()} (pid {pids[0]})"
    except (psutil.Error, IndexError):
        return "another process"


def token(patient: Patient) -> Diagnosis:
    """Look whether others could read the tokens that open the store."""
    found = sorted((patient.data_dir / "run").glob("*token*"))
    if not found:
        return Diagnosis("ok", "none yet; the owner of the store makes it, readable by you only")
    open_ones = [path for path in found if stat.S_IMODE(path.stat().st_mode) & _OTHERS]
    if open_ones:
        paths = " ".join(map(str, open_ones))
        told = "; ".join(
            f"{path} has mode {stat.S_IMODE(path.stat().st_mode):04o}: other users can read it"
            for path in open_ones
        )
        return Diagnosis("warning", told, f"chmod 600 {paths}, and restart the deployment")
    return Diagnosis("ok", "; ".join(f"{path}: readable by you only" for path in found))


def store(patient: Patient) -> Diagnosis:
    """Look whether this commonmode can read the store that is here."""
    path = store_path(patient.data_dir)
    if not path.exists():
        return Diagnosis("ok", f"none yet at {path}")
    try:
        with connect(patient.data_dir) as reader:
            events = reader.query("SELECT count(*) AS n FROM events")["n"].item()
    except (StoreVersionError, StoreUnreachableError) as error:
        cause, _, hint = str(error).partition("Hint: ")
        return Diagnosis("error", cause.strip(), hint or "name another folder with --data")
    return Diagnosis("ok", f"{events:,} events in {path}")


def clock(patient: Patient) -> Diagnosis:
    """Look whether time went backwards since something was last written here."""
    run = patient.data_dir / "run"
    written = [path.stat().st_mtime for path in run.glob("*") if path.is_file()]
    ahead = max(written, default=0.0) - patient.now()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(patient.now()))
    if ahead > CLOCK_SLACK_SECONDS:
        told = f"{now}, yet files in {patient.data_dir} are from {ahead:.0f} s later"
        return Diagnosis("warning", told, "set the clock: lateness and lag are reckoned by it")
    return Diagnosis("ok", f"{now}, later than everything in {run}")


def lag(patient: Patient) -> Diagnosis:
    """Look whether the store falls further and further behind the log."""
    newest = read_lag(patient.data_dir)
    if newest is None or patient.now() - newest.at > STALE_SECONDS:
        return Diagnosis("ok", "nothing is stored from Kafka here now")
    if newest.topics is None:
        return Diagnosis("warning", "unknown: Kafka is away", "look whether Kafka runs")
    behind = sum(newest.topics.values())
    samples = [*read_history(patient.data_dir), newest]
    rate = growth(samples)
    if rate:
        level = level_at(samples)
        since = "" if level is None else f"; level {patient.now() - level:.0f} s ago"
        told = f"{behind:,} records wait to be stored, {rate:,.0f} more every second{since}"
        remedy = "send more slowly, or give the owner a faster disk and another core"
        return Diagnosis("warning", told, remedy)
    return Diagnosis("ok", f"{behind:,} records wait to be stored, and they do not grow")


def processes(patient: Patient) -> Diagnosis:
    """Look at the deployment that runs here, if one does."""
    running = state.running(patient.data_dir)
    if running is None:
        return Diagnosis("ok", f"none runs on {patient.data_dir}")
    ill = [one for one in running.processes if one.state != "running"]
    if ill:
        told = "; ".join(f"{one.name} {one.state}: {one.reason or one.log}" for one in ill)
        return Diagnosis("warning", told, "read the logs named here")
    told = f"{len(running.processes)} processes run, Kafka at {running.broker}"
    return Diagnosis("ok", told)
