"""`--redact`, from the log to the file of the store."""

from __future__ import annotations

import json
import random
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.events.test_redaction import KEY, SECRETS
from tests.formats.test_parcel import saying

from commonmode.cli import sources
from commonmode.cli.main import cli
from commonmode.cli.sources import Sources
from commonmode.events import LEVELS, Level, Position, Redaction, decode
from commonmode.local.redaction_key import RedactionKeyError, redaction_key
from commonmode.store import connect
from commonmode.stream.arrivals import Arrival, Arrivals
from commonmode.stream.records import decode_records

WORDS = ("AKIAIOSFODNN7EXAMPLE", "grace.hopper@navy", "IBAAKC", "dozjgNryP4J3jVmNHl0w5N")


def lines(count: int = 200) -> list[bytes]:
    """Make events that hold secrets, a third of them broken somewhere."""
    rng = random.Random(5)
    made = []
    for number in range(count):
        secret = rng.choice(sorted(SECRETS.values()))
        fields = {
            "id": f"e{number % (count - 9)}",
            "kind": rng.choice(["message_sent", "action_taken", "content_observed", secret]),
            "at": "2026-01-01T00:00:00Z",
            "agent": rng.choice(["a", secret]),
            "content": f"take {secret}",
            "args": {"to": secret, secret: 1},
        }
        line = json.dumps(fields).encode()
        broken = rng.choice([line[:-1], line[1:], line.replace(b", ", b" ", 1), line + b"x"])
        made.append(broken if rng.random() < 1 / 3 else line)
    return made


@pytest.fixture(scope="module", params=LEVELS)
def loaded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, int]]:
    folder = tmp_path_factory.mktemp("redacted")
    log = folder / "runs.jsonl"
    log.write_bytes(b"\n".join(lines()))
    command = ["load", "--data", str(folder), "--redact", request.param, "--json", str(log)]
    result = CliRunner().invoke(cli, command)
    return folder, json.loads(result.stdout)


def test_no_secret_reaches_the_store(loaded: tuple[Path, dict[str, int]]) -> None:
    folder, _ = loaded
    content = (folder / "store.duckdb").read_bytes()
    with connect(folder) as store:
        rows = [str(store.query(f"SELECT * FROM {t}").rows()) for t in ("events", "rejected")]

    assert [word for word in WORDS if word.encode() in content or word in "".join(rows)] == []


def test_what_was_sent_is_stored_known_or_rejected(loaded: tuple[Path, dict[str, int]]) -> None:
    _, told = loaded

    assert told["stored"] + told["duplicates"] + told["rejected"] == told["read"] == 200
    assert min(told["stored"], told["duplicates"], told["rejected"]) > 0


def test_what_was_taken_out_is_counted_where_sql_reads_it(
    loaded: tuple[Path, dict[str, int]],
) -> None:
    folder, told = loaded
    with connect(folder) as store:
        counted = {
            (field, rule): (records, parts)
            for field, rule, records, parts in store.query(
                "SELECT field, rule, sum(records)::INT AS records, sum(parts)::INT AS parts "
                "FROM redactions GROUP BY ALL"
            ).iter_rows()
        }

    assert told["redacted"] == told["read"]
    assert counted["payload", "content"][0] == told["rejected"]
    assert ("agent", "email") in counted
    assert all(0 < records <= parts for records, parts in counted.values())


def test_a_note_that_a_stranger_wrote_does_not_stop_the_count(tmp_path: Path) -> None:
    log = tmp_path / "runs.jsonl"
    event = {"id": "1", "kind": "task_ended", "at": "2026-01-01T00:00:00Z", "agent": "a"}
    note = {"$..": {"a": 1}, "/x~": 2, "content": {"$[": 1, "content": "many"}}
    log.write_text(json.dumps({**event, "redacted": note}))
    CliRunner().invoke(cli, ["load", "--data", str(tmp_path), str(log)])
    with connect(tmp_path) as store:
        assert store.query("SELECT field, rule, parts FROM redactions").rows() == [
            ("content", "content", 0)
        ]


@pytest.mark.parametrize("worth_it", [0, 2**40], ids=["several processes", "one process"])
@pytest.mark.parametrize("level", LEVELS)
def test_no_secret_is_sent_or_stored_and_every_one_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: Level, worth_it: int
) -> None:
    monkeypatch.setattr(sources, "WORTH_IT", worth_it)
    log = tmp_path / "runs.jsonl"
    log.write_bytes(b"\n".join([*lines(), *map(saying, SECRETS.values())]))
    logs = Sources((log,), redaction=Redaction(level, KEY))
    parcels, sheets = list(logs.parcels()), list(logs.sheets())
    told = str((parcels, [(sheet.table.to_pylist(), sheet.rejected) for sheet in sheets]))

    assert [word for word in WORDS if word in told] == []
    assert sum(parcel.count for parcel in parcels) == 200 + len(SECRETS)
    assert sum(parcel.redacted for parcel in parcels) == 200 + len(SECRETS)
    assert sum(sheet.redacted for sheet in sheets) == 200 + len(SECRETS)


@pytest.mark.parametrize("level", LEVELS)
def test_the_sink_redacts_what_others_sent_as_the_pipe_would(level: Level) -> None:
    some, redaction = lines(), Redaction(level, KEY)
    arrivals = Arrivals.of(
        Arrival(Position("commonmode.events", 0, number), {}, line)
        for number, line in enumerate(some)
    )
    decoded = decode_records(arrivals, "commonmode.rejected", redaction)
    everything = str((decoded.table.to_pylist(), decoded.payloads, decoded.rejected))
    place, _, line = arrivals.record(int(decoded.table["offset"][0].as_py()))
    assert place.source == "commonmode.events"

    assert [word for word in WORDS if word in everything] == []
    assert decoded.table.num_rows + len(decoded.rejected) == len(some)
    assert decoded.table["id"][0].as_py() == redaction.event(decode(line or b"")).id


def test_the_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    key = redaction_key(tmp_path / "new")
    file = tmp_path / "new" / "redaction.key"

    assert redaction_key(tmp_path / "new") == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["redaction.key"]


def test_a_key_that_others_can_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    redaction_key(tmp_path)
    file = tmp_path / "redaction.key"
    file.chmod(0o644)
    with pytest.raises(RedactionKeyError, match="chmod 600"):
        redaction_key(tmp_path)
    file.chmod(0o600)
    file.write_text("no key")
    with pytest.raises(RedactionKeyError, match="32 bytes"):
        redaction_key(tmp_path)
