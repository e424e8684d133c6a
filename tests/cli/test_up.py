"""`commonmode up` whole: its own broker, redaction on the way in, named readers elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from kafka import KafkaConsumer
from tests.cli.test_redact import WORDS, lines

from commonmode.local.ports import answers, free_port
from commonmode.local.status import status
from commonmode.store import Reader, StoreError, TokenBook, connect, run_dir

pytestmark = pytest.mark.kafka

COMMAND = [sys.executable, "-m", "commonmode.cli.main"]
PATIENCE = 90.0


class Whole:
    """A deployment of its own that redacts, and what a reader elsewhere needs."""

    def __init__(self, data: Path, address: str, token: str) -> None:
        self.data, self.address, self.token = data, address, token

    def reader(self, token: str | None = None) -> Reader:
        return connect(self.address, token=token or self.token, ca=self.data / "ca.pem")

    def pipe(self, lines: list[bytes], *options: str) -> dict[str, int]:
        done = subprocess.run(
            [*COMMAND, "pipe", "--json", "--data", str(self.data), *options],
            input=b"\n".join(lines),
            capture_output=True,
            check=False,
        )
        assert done.returncode in {0, 3}, done.stderr.decode()
        told: dict[str, int] = json.loads(done.stdout)
        return told

    def sent(self) -> bytes:
        """Return all that stands in the broker's topics."""
        consumer = KafkaConsumer(
            "commonmode.events",
            "commonmode.rejected",
            bootstrap_servers=status(self.data)["broker"],
            auto_offset_reset="earliest",
            consumer_timeout_ms=3_000,
        )
        said = b"\n".join(repr(record).encode() for record in consumer)
        consumer.close()
        return said

    def counted(self, at_least: int) -> tuple[int, ...]:
        """Return stored, duplicates and rejected, once so many were taken."""
        until = time.monotonic() + PATIENCE
        counts: tuple[int, ...] = ()
        with self.reader() as store:
            while sum(counts) < at_least and time.monotonic() < until:
                time.sleep(0.2)
                counts = store.query(
                    "SELECT coalesce(sum(stored), 0)::INT, coalesce(sum(duplicates), 0)::INT,"
                    " coalesce(sum(rejected), 0)::INT FROM ingest_counts"
                ).row(0)
        return counts


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    data = tmp_path_factory.mktemp("whole")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(data / "ca.pem")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(data / "store.pem")
    issued.private_key_pem.write_to_path(data / "store.key")
    (data / "store.key").chmod(0o600)
    token = TokenBook(run_dir(data)).add("ada")
    port = free_port()
    up = [*COMMAND, "up", "--data", str(data), "--redact", "patterns", "--no-watch", "--no-detect"]
    up += ["--no-dashboard", "--listen", f"127.0.0.1:{port}"]
    up += ["--tls-cert", str(data / "store.pem"), "--tls-key", str(data / "store.key")]
    with subprocess.Popen(up, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            until = time.monotonic() + PATIENCE
            while not answers(port):
                assert running.poll() is None
                assert time.monotonic() < until
                time.sleep(0.1)
            yield Whole(data, f"grpc+tls://localhost:{port}", token)
        finally:
            running.terminate()
    assert running.returncode == 130


def test_what_the_pipe_takes_out_never_reaches_the_broker(whole: Whole) -> None:
    told = whole.pipe(lines(), "--redact", "patterns")
    said = whole.sent()

    assert told["sent"] + told["rejected"] == told["read"] == 200
    assert said
    assert [word for word in WORDS if word.encode() in said] == []
    assert sum(whole.counted(200)) == 200


def test_what_others_send_is_taken_out_before_it_is_stored(whole: Whole) -> None:
    before = sum(whole.counted(1))
    whole.pipe(lines())
    said = whole.sent()

    assert [word for word in WORDS if word.encode() in said] != []
    assert sum(whole.counted(before + 200)) == before + 200
    with whole.reader() as store:
        held = [str(store.query(f"SELECT * FROM {t}").rows()) for t in ("events", "rejected")]
        taken = store.query("SELECT sum(parts)::INT FROM redactions").item()
    assert [word for word in WORDS if word in "".join(held)] == []
    assert taken > 0


def test_only_the_named_read_and_it_is_known_who_asked(whole: Whole) -> None:
    with pytest.raises(StoreError, match="token"), whole.reader("not-a-token") as store:
        store.query("SELECT 1")
    with whole.reader() as store:
        assert store.query("SELECT 7 AS asked_here").item() == 7
        with pytest.raises(StoreError):
            store.query("DROP TABLE events")

    with connect(whole.data) as local:
        deadline = time.monotonic() + 20
        while not (asked := local.query("FROM queries WHERE contains(sql, 'asked_here')").rows()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert {name for _, name, *_ in asked} == {"ada"}
        assert whole.token not in str(local.query("FROM queries").rows())
