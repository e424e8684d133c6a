"""`commonmode replay`: the store is a projection of the log."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from tests.store.samples import action, actions, batch

from commonmode.cli.replay import command
from commonmode.store import Writer, connect, content_hash
from commonmode.stream import Connection, Pipe, Topics, ensure

pytestmark = pytest.mark.kafka


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
