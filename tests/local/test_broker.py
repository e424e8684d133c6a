"""A real Kafka of our own: it keeps what it acknowledged, whatever ends it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic

from commonmode.local.broker import Broker
from commonmode.local.errors import BrokerUnavailableError, PortTakenError
from commonmode.local.node import last_run

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Broker, Path]]:
    """A broker that the tests of this file may ill-treat, and its data folder."""
    folder = tmp_path_factory.mktemp("own")
    broker = Broker(folder)
    broker.start()
    yield broker, folder
    broker.stop()


def make_topic(bootstrap: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1)])
    admin.close()


def produce(bootstrap: str, topic: str, count: int) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    sent = [producer.send(topic, b"value %d" % number) for number in range(count)]
    for one in sent:
        one.get(timeout=30)
    producer.close()


def consume(bootstrap: str, topic: str, count: int) -> set[bytes]:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None
    )
    values: set[bytes] = set()
    until = time.monotonic() + 30
    while len(values) < count and time.monotonic() < until:
        for records in consumer.poll(timeout_ms=500).values():
            values.update(record.value for record in records)
    consumer.close()
    return values


def test_what_is_produced_is_consumed(broker: str) -> None:
    make_topic(broker, "local.produced")
    produce(broker, "local.produced", 500)

    assert consume(broker, "local.produced", 500) == {b"value %d" % n for n in range(500)}


def test_it_listens_on_loopback_only(own_broker: tuple[Broker, Path]) -> None:
    running, _ = own_broker
    assert running.process is not None
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(running.process.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]

    assert len(listening) >= 2
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_a_topic_is_never_made_by_a_typing_error(own_broker: tuple[Broker, Path]) -> None:
    running, _ = own_broker
    admin = KafkaAdminClient(bootstrap_servers=running.bootstrap)
    consumer = KafkaConsumer("local.typo", bootstrap_servers=running.bootstrap, group_id=None)
    consumer.poll(timeout_ms=500)
    consumer.close()

    assert "local.typo" not in admin.list_topics()
    admin.close()


def test_what_it_acknowledged_survives_kill_9_on_the_same_port(
    own_broker: tuple[Broker, Path],
) -> None:
    running, _ = own_broker
    before = running.bootstrap
    make_topic(before, "local.killed")
    produce(before, "local.killed", 300)
    assert running.process is not None
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()

    after = running.start()

    assert after == before
    assert len(consume(after, "local.killed", 300)) == 300


def test_a_port_taken_meanwhile_is_replaced_and_the_data_kept(
    own_broker: tuple[Broker, Path],
) -> None:
    running, folder = own_broker
    make_topic(running.bootstrap, "local.moved")
    produce(running.bootstrap, "local.moved", 50)
    running.stop()
    last = last_run(folder / "kafka")
    assert last is not None
    with socket.socket() as clients, socket.socket() as controller:
        for taker, port in ((clients, last.ports.clients), (controller, last.ports.controller)):
            taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taker.bind(("127.0.0.1", port))
            taker.listen()

        moved = running.start()

        assert not moved.endswith(f":{last.ports.clients}")
        assert len(consume(moved, "local.moved", 50)) == 50


def test_a_second_broker_on_the_same_data_is_refused(
    own_broker: tuple[Broker, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, folder = own_broker
    monkeypatch.setattr("commonmode.local.broker.GRACE_SECONDS", 0.1)

    with pytest.raises(
        BrokerUnavailableError, match=rf"(?s)already runs on .*-b {running.bootstrap}"
    ):
        Broker(folder).start()


def test_a_named_port_that_is_taken_is_an_error_that_says_so(tmp_path: Path) -> None:
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        port = taker.getsockname()[1]

        with pytest.raises(PortTakenError, match=f"port {port} on this machine is taken"):
            Broker(tmp_path, port=port).start()


def test_kafka_giving_up_is_told_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "bad.properties"
    bad.write_text("process.roles=gardener\nnode.id=1\n")
    monkeypatch.setattr("commonmode.local.node.SETTINGS", bad)

    with pytest.raises(BrokerUnavailableError, match=r"(?s)gardener.*Hint: .*commonmode load"):
        Broker(tmp_path).start()


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from commonmode.local.broker import Broker\n"
        "broker = Broker(Path(sys.argv[1])); broker.start()\n"
        "print(broker.process.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    node = psutil.Process(int(parent.stdout.readline()))

    parent.kill()
    parent.wait()
    parent.stdout.close()

    psutil.wait_procs([node], timeout=15)
    assert not node.is_running() or node.status() == psutil.STATUS_ZOMBIE
