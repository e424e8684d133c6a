"""Apache Kafka's jars: fetched once, held to the lock's sums, and only then used."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import file_digest
from pathlib import Path

import platformdirs
import requests
from filelock import FileLock
from jgo.env import EnvironmentSpec, LockedDependency, LockFile
from jgo.maven import MavenContext

from commonmode.local.errors import BrokerUnavailableError

SPEC = Path(__file__).parent / "kafka" / "jgo.toml"
LOCK = Path(__file__).parent / "kafka" / "jgo.lock.toml"

_TIMEOUT_SECONDS = 60
_PARALLEL_DOWNLOADS = 8


def cache_dir() -> Path:
    """Where what was downloaded is kept: ``COMMONMODE_CACHE`` or the user's cache folder."""
    named = os.environ.get("COMMONMODE_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("commonmode")


def kafka_version() -> str:
    """Version of Apache Kafka that the lock names."""
    return next(jar.version for jar in _locked() if jar.artifactId.startswith("kafka_"))


def missing_jars() -> list[str]:
    """File names of the locked jars that still have to be downloaded."""
    return [jar.name for jar in _paths() if not jar.exists()]


def class_path() -> str:
    """Java class path of the broker, every jar on it checked against the lock.

    Jars that are not in the cache are downloaded beside it and moved in once their sum is right,
    so an interrupted download never leaves half a jar behind.

    Raises
    ------
    BrokerUnavailableError
        When a jar cannot be had, or when its bytes are not the ones the lock names.
    """
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        _fetch([jar for jar in _locked() if not (folder / _file_name(jar)).exists()])
        for jar in _locked():
            _check(folder / _file_name(jar), jar)
    return os.pathsep.join(str(path) for path in _paths())


def _fetch(wanted: list[LockedDependency]) -> None:
    if not wanted:
        return
    with tempfile.TemporaryDirectory(dir=_folder()) as staging:
        context = _repositories(Path(staging))
        with ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool:
            paths = pool.map(lambda one: _download(context, one), wanted)
            for jar, path in zip(wanted, paths, strict=True):
                _check(path, jar)
                shutil.move(path, _folder() / _file_name(jar))


def _repositories(staging: Path) -> MavenContext:
    named = EnvironmentSpec.load(SPEC).repositories or None
    return MavenContext(repo_cache=staging, remote_repos=named, timeout=_TIMEOUT_SECONDS)


def _download(context: MavenContext, jar: LockedDependency) -> Path:
    component = context.project(jar.groupId, jar.artifactId).at_version(jar.version)
    try:
        return component.artifact(
            classifier=jar.classifier or "", packaging=jar.packaging
        ).resolve()
    except (requests.RequestException, RuntimeError, OSError) as error:
        cause = f"Kafka needs {_file_name(jar)}, which could not be downloaded: {error}"
        remedy = "look at the network or proxy settings and start again: what arrived is kept"
        raise BrokerUnavailableError(cause, [remedy]) from error


def _check(path: Path, jar: LockedDependency) -> None:
    with path.open("rb") as stream:
        found = file_digest(stream, "sha256").hexdigest()
    if found != jar.sha256:
        cause = f"{path} is not the locked jar: its sha256 must be {jar.sha256}, found {found}"
        raise BrokerUnavailableError(cause, [f"delete {path} and start again to fetch it anew"])


def _locked() -> list[LockedDependency]:
    locked: list[LockedDependency] = LockFile.load(LOCK).dependencies
    return locked


def _paths() -> Iterator[Path]:
    return (_folder() / _file_name(jar) for jar in _locked())


def _folder() -> Path:
    return cache_dir() / "jars"


def _file_name(jar: LockedDependency) -> str:
    classifier = f"-{jar.classifier}" if jar.classifier else ""
    return f"{jar.artifactId}-{jar.version}{classifier}.{jar.packaging}"
