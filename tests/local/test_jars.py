"""A jar is used only when its bytes are the locked ones."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from jgo.env import LockedDependency, LockFile, compute_spec_hash
from requests import ConnectionError as NoConnectionError

from commonmode.local import jars
from commonmode.local.errors import BrokerUnavailableError

GOOD = b"the bytes that were locked"
NO_NETWORK = BrokerUnavailableError("no network")
REASON = ("name resolution failed",)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache and a lock of two jars."""
    monkeypatch.setenv("COMMONMODE_CACHE", str(tmp_path / "cache"))
    sha256 = hashlib.sha256(GOOD).hexdigest()
    locked = [
        LockedDependency("org.example", name, "1.0", sha256=sha256) for name in ("one", "two")
    ]
    lock = tmp_path / "jgo.lock.toml"
    LockFile(locked).save(lock)
    monkeypatch.setattr(jars, "LOCK", lock)
    return tmp_path / "cache" / "jars"


@pytest.fixture
def deliver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, bytes]], None]:
    """Let the network deliver these bytes for these jars, and nothing for others."""

    def deliver(contents: dict[str, bytes]) -> None:
        def download(_context: object, jar: LockedDependency) -> Path:
            if jar.artifactId not in contents:
                raise NO_NETWORK
            path = tmp_path / f"{jar.artifactId}.download"
            path.write_bytes(contents[jar.artifactId])
            return path

        monkeypatch.setattr(jars, "_download", download)

    return deliver


def test_jars_are_fetched_once(cache: Path, deliver: Callable[[dict[str, bytes]], None]) -> None:
    deliver({"one": GOOD, "two": GOOD})
    assert jars.missing_jars() == ["one-1.0.jar", "two-1.0.jar"]

    first = jars.class_path()
    deliver({})
    again = jars.class_path()

    assert first == again == f"{cache / 'one-1.0.jar'}:{cache / 'two-1.0.jar'}"
    assert jars.missing_jars() == []


def test_a_jar_with_other_bytes_is_refused_by_name(
    cache: Path, deliver: Callable[[dict[str, bytes]], None]
) -> None:
    deliver({"one": GOOD, "two": GOOD})
    jars.class_path()
    with (cache / "two-1.0.jar").open("ab") as jar:
        jar.write(b"!")

    with pytest.raises(
        BrokerUnavailableError, match=r"two-1\.0\.jar is not the locked jar: .*found"
    ):
        jars.class_path()


def test_a_wrong_download_never_reaches_the_cache(
    cache: Path, deliver: Callable[[dict[str, bytes]], None]
) -> None:
    deliver({"one": GOOD, "two": b"half of"})

    with pytest.raises(BrokerUnavailableError, match="is not the locked jar"):
        jars.class_path()

    assert [path.name for path in cache.glob("*.jar")] == ["one-1.0.jar"]


def test_what_arrived_before_the_network_went_is_kept(
    cache: Path, deliver: Callable[[dict[str, bytes]], None]
) -> None:
    deliver({"one": GOOD})
    with pytest.raises(BrokerUnavailableError, match="no network"):
        jars.class_path()

    deliver({"two": GOOD})

    assert jars.class_path()
    assert cache.exists()


@pytest.mark.usefixtures("cache")
def test_without_a_network_the_cause_and_the_remedies_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NoConnectionError(*REASON)

    monkeypatch.setattr("requests.request", refuse)

    with pytest.raises(BrokerUnavailableError) as caught:
        jars.class_path()

    message = str(caught.value)
    assert "Kafka needs one-1.0.jar, which could not be downloaded" in message
    assert "name resolution failed" in message
    for remedy in ("-b HOST:PORT", "compose.yaml", "commonmode load"):
        assert remedy in message


def test_the_lock_was_made_from_the_spec_that_stands() -> None:
    lock = LockFile.load(jars.LOCK)

    assert lock.spec_hash == compute_spec_hash(jars.SPEC)
    assert all(jar.sha256 for jar in lock.dependencies)
    assert jars.kafka_version() in jars.SPEC.read_text()
