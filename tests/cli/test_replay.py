"""`commonmode replay`: the store is a projection of the log."""

import json
import os
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest
from click.testing import CliRunner, Result
from tests.store.samples import action, actions, batch

from commonmode.cli.main import cli
from commonmode.cli.replay import command
from commonmode.store import Writer, connect, content_hash
from commonmode.stream import Connection, Pipe, Topics, ensure

pytestmark = pytest.mark.kafka

MANY = int(os.environ.get("COMMONMODE_REPLAY_EVENTS", "1000000"))


def replay(broker: str, topic: str, target: Path) -> Result:
    words = [str(target), "-b", broker, "-t", topic, "--json"]
    return CliRunner().invoke(command, words, standalone_mode=False)


def test_a_replay_says_what_the_store_said_whatever_the_order(broker: str, tmp_path: Path) -> None:
    topics = Topics.named(f"{uuid4().hex[:12]}.events")
    ensure(Connection(broker), topics)
    events = [action(n, agent=f"agent-{n % 7}", args={"n": n}) for n in range(300)]
    Pipe(broker, topics).run([*events, *events[:50]])
    with Writer(tmp_path / "stored") as writer:
        writer.append(batch(reversed(events)))

    results = [replay(broker, topics.events, tmp_path / name) for name in ("one", "two")]

    with connect(tmp_path / "stored") as store:
        wanted = {"events": 300, "content_hash": content_hash(store)}
    assert [json.loads(result.stdout) for result in results] == [wanted, wanted]


def test_a_store_that_is_there_is_never_replayed_into(broker: str, tmp_path: Path) -> None:
    with Writer(tmp_path) as writer:
        writer.append(batch(actions(1)))

    result = replay(broker, "any.events", tmp_path)

    assert "holds a store already" in str(result.exception)


ECONOMY = "simulate --plant all --seed 3 --agents {} --events {}"


@pytest.mark.parametrize(
    "events",
    [
        10_000,
        pytest.param(MANY, id="many", marks=[pytest.mark.slow, pytest.mark.timeout(0)]),
    ],
)
def test_a_replay_has_the_same_findings_read_from_the_log_and_found_anew(
    broker: str, tmp_path: Path, events: int
) -> None:
    at = ("-b", broker, "-t", f"{uuid4().hex[:12]}.events")
    economy = tmp_path / "economy"
    run(*ECONOMY.format(events // 100, events).split(), "--into", str(economy))
    run("pipe", *at, *map(str, sorted(economy.iterdir())))
    replays = [run("replay", str(tmp_path / name), *at, "--json") for name in ("first", "anew")]
    assert len({replay.stdout for replay in replays}) == 1
    run("detect", "--once", "--final", "--data", str(tmp_path / "anew"))

    run("detect", "--once", "--final", "--data", str(tmp_path / "first"), *at)
    run("replay", str(tmp_path / "read"), *at)

    first, anew, read = (standing(tmp_path / name) for name in ("first", "anew", "read"))
    assert set(first["detector"]) == {"monoculture", "collusion", "scope"}
    assert anew.equals(first)
    assert read.equals(first)


def run(*words: str) -> Result:
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result


def standing(folder: Path) -> pl.DataFrame:
    with connect(folder) as store:
        return store.query("SELECT * EXCLUDE (seq, ingested_at) FROM findings ORDER BY finding_id")
