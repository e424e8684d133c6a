"""A full disk stops what needs room, damages nothing, and is over once there is room again."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chaos.conftest import Ballast
from tests.chaos.whole import COMMONMODE, answers, until
from tests.store.samples import actions, batch
from tests.stream.conftest import actions as logged

from commonmode.local.deployment import Deployment
from commonmode.local.status import status
from commonmode.store import StoreError, StoreFullError, Writer, database
from commonmode.stream import Pipe, Sink, Topics

pytestmark = pytest.mark.chaos

Disk = Callable[[str], Path]
MB = 2**20


def fill(writer: Writer, most: int = 500) -> tuple[int, StoreError]:
    """Append batches until one is refused; return how many events were stored, and why no more."""
    for turn in range(most):
        try:
            writer.append(batch(actions(2000, first=2000 * turn)))
        except StoreError as error:
            return 2000 * turn, error
    pytest.fail("the disk never got full")


def test_a_batch_without_room_is_refused_and_stored_once_there_is(disk: Disk) -> None:
    folder = disk("size=24m")
    with Writer(folder / "data") as writer:
        ballast = Ballast(folder, leave=3 * MB)
        stored, error = fill(writer)
        count = "SELECT count(*) FROM events"
        during = writer.cursor().execute(count).fetchall()
        ballast.throw_off()
        writer.append(batch(actions(2000, first=stored)))
        after = writer.cursor().execute(count).fetchall()

    assert isinstance(error, StoreFullError)
    assert "No space left on device" in error.problem
    assert "make room" in error.hint
    assert (during, after) == ([(stored,)], [(stored + 2000,)])


def test_a_store_whose_checkpoint_found_no_room_is_whole_when_opened_anew(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database._SAFE, "checkpoint_threshold", "4MB")
    folder = disk("size=40m")
    with Writer(folder / "data") as writer:
        Ballast(folder, leave=6 * MB)
        stored, _ = fill(writer)
        assert writer.defect is not None
    Path(folder / "ballast").unlink()

    with Writer(folder / "data") as writer:
        assert writer.defect is None
        assert writer.append(batch(actions(10, first=stored))).stored == 10
    assert answers(folder / "data", "SELECT count(DISTINCT id) FROM events") == stored + 10


@pytest.mark.kafka
def test_a_sink_waits_for_room_and_loses_nothing(
    disk: Disk, broker: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Found in a checkpoint it ends the owner, which is opened anew: the test above.
    monkeypatch.setitem(database._SAFE, "checkpoint_threshold", "128MB")
    made = Topics.named("full.disk.events")
    folder, stop = disk("size=24m"), threading.Event()
    with Writer(folder / "data") as writer:
        ballast = Ballast(folder, leave=MB)
        sink = Sink(writer, broker, made, refresh=0.2)
        running = threading.Thread(target=sink.run, args=(stop,))
        running.start()
        try:
            Pipe(broker, made).run(logged(30_000))
            until(lambda: "is full" in caplog.text, "the sink says so")
            stored_when_full = answers(folder / "data", "SELECT count(*) FROM events")
            ballast.throw_off()
            everything = "SELECT count(DISTINCT id) FROM events"
            until(lambda: answers(folder / "data", everything) == 30_000, "all stored")
        finally:
            stop.set()
            running.join()

    assert stored_when_full < 30_000
    assert answers(folder / "data", "SELECT count(*) FROM events") == 30_000


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.timeout(600)
def test_a_broker_without_room_comes_back_by_itself_and_the_pipe_ends_well(
    disk: Disk, tmp_path: Path
) -> None:
    folder = disk("size=400m")
    data, log = folder / "data", tmp_path / "log.jsonl"
    with log.open("w") as lines:
        for n in range(40_000):
            event = {"id": f"e{n}", "kind": "action_taken", "agent": f"a{n % 50}"}
            event |= {"at": "2026-01-01T00:00:00Z", "action": "x", "resource": "y" * 400}
            lines.write(json.dumps(event) + "\n")
    said: list[str] = []
    parts = Deployment(
        data,
        watch=False,
        detect=False,
        dashboard=False,
        changed=lambda told: said.extend(one.reason for one in told.processes if one.reason),
    )
    with parts:
        ballast = Ballast(folder, leave=6 * MB)
        pipe = subprocess.Popen(
            [*COMMONMODE, "pipe", "--data", str(data), str(log)], stderr=subprocess.DEVNULL
        )
        until(lambda: any("No space left on device" in reason for reason in said), "it is told")
        ballast.throw_off()
        assert pipe.wait(200) == 0
        until(lambda: answers(data, "SELECT count(*) FROM events") == 40_000, "all stored")
        assert answers(data, "SELECT count(DISTINCT id) FROM events") == 40_000
        until(lambda: {one["state"] for one in status(data)["processes"]} == {"running"}, "told")
