from __future__ import annotations

import json
import math
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from tests.engine.tiny import HOUR, START, Busy, action

from commonmode.cli import detect, explain, explanation, fail_on, findings
from commonmode.events import ActionTaken, PermissionGranted, to_table
from commonmode.local import state
from commonmode.local.identity import Identity
from commonmode.store import Batch, Writer, open_writer


def run(command: object, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments], standalone_mode=False)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store in which one agent acted outside its grant, already judged."""
    folder = tmp_path_factory.mktemp("data")
    allowed = PermissionGranted(
        id="g", at=START, agent="evil\x1b[2J", grant="g", resources=["shop/a"], actions=["buy"]
    )
    acts = [
        ActionTaken(
            id=f"e{n}",
            at=START + (n + 1) * HOUR / 10,
            agent="evil\x1b[2J",
            action="buy",
            resource=f"shop/{'ab'[n % 2]}",
            outcome="ok",
        )
        for n in range(4)
    ]
    with Writer(folder) as writer:
        writer.append(Batch(events=to_table([allowed, *acts])))
    result = run(
        detect.command, "--once", "--final", "--detector", "scope", "--data", folder, "--json"
    )
    assert json.loads(result.stdout) == {
        "findings": 1,
        "windows": 1,
        "events": 5,
        "updated": 0,
        "closed": 0,
        "withdrawn": 0,
        "undetermined": 0,
        "failures": 0,
    }
    return folder


def listed(data: Path, *arguments: str) -> list[dict[str, object]]:
    result = run(findings.command, "--data", data, "--format", "jsonl", *arguments)
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_detecting_again_finds_nothing_new(data: Path) -> None:
    result = run(detect.command, "--final", "--detector", "scope", "--data", data, "--json")

    assert json.loads(result.stdout)["findings"] == 0
    assert len(listed(data)) == 1


class StopAfter(threading.Event):
    """Stops whoever waits between passes after a few of them."""

    def __init__(self, passes: int, between: Callable[[], object]) -> None:
        super().__init__()
        self._left = passes
        self._between = between

    def wait(self, timeout: float | None = None) -> bool:
        self._left -= 1
        if not self._left:
            self.set()
        self._between()
        return self.is_set()


@pytest.fixture
def sigterm() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def following(data: Path, stop: threading.Event) -> detect.Job:
    return detect.Job(
        detectors=(Busy(),),
        final=True,
        lateness=timedelta(minutes=5),
        every=0.01,
        fail_on=None,
        data_dir=data,
        bootstrap=None,
        client_properties={},
        topic="commonmode.events",
        as_json=False,
        stop=stop,
    )


def test_follow_waits_for_a_store_that_is_away_and_says_so_once(
    tmp_path: Path, sigterm: None, capsys: pytest.CaptureFixture[str]
) -> None:
    passes = iter(range(4))

    def come_back() -> None:
        if next(passes) == 2:
            with open_writer(tmp_path) as writer:
                writer.append(Batch(events=to_table([action(n, "a", 0.1) for n in range(3)])))

    done = following(tmp_path, StopAfter(4, between=come_back)).follow()

    assert done.opened == 1
    assert capsys.readouterr().err.count("Waiting for it.") == 1


def test_follow_beside_a_deployment_leaves_the_file_to_its_owner(
    tmp_path: Path, sigterm: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_writer(tmp_path) as writer:
        writer.append(Batch(events=to_table([action(n, "a", 0.1) for n in range(3)])))
    state.write(tmp_path, state.DeploymentState(Identity.me(), Identity.me(), "ready"))

    done = following(tmp_path, StopAfter(1, between=lambda: None)).follow()

    assert done.opened == 0
    assert "is away. Waiting for it." in " ".join(capsys.readouterr().err.split())


def test_follow_judges_what_comes_between_passes_until_it_is_stopped(
    tmp_path: Path, sigterm: None, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(first: int) -> None:
        events = [action(first + n, "a", first / 10 + n / 100) for n in range(3)]
        with open_writer(tmp_path) as writer:
            writer.append(Batch(events=to_table(events)))

    load(0)
    done = following(tmp_path, StopAfter(2, between=lambda: load(30))).follow()

    assert (done.opened, done.events) == (2, 6)
    assert "findings 1, windows 1, events 3" in capsys.readouterr().err


def test_findings_have_the_columns_that_scripts_rely_on(data: Path) -> None:
    [row] = listed(data)

    assert (
        list(row)[:12]
        == (
            "finding_id detector status subject claim effect p_value q_value n "
            "window_start window_end revision"
        ).split()
    )
    assert (row["detector"], row["status"], row["revision"]) == ("scope", "opened", 0)


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        (["--detector", "scope"], 1),
        (["--detector", "habit"], 0),
        (["--status", "withdrawn"], 0),
        (["--status", "opened", "--status", "closed"], 1),
        (["--since", "2026-01-01"], 1),
        (["--since", "2026-01-02T00:00:00Z"], 0),
        (["--since", "1h"], 0),
    ],
)
def test_findings_can_be_narrowed(data: Path, arguments: list[str], rows: int) -> None:
    assert len(listed(data, *arguments)) == rows


@pytest.mark.parametrize("command", [detect.command, findings.command])
@pytest.mark.parametrize(("threshold", "code"), [("any", 1), ("0.4", 1), ("0.6", 0)])
def test_fail_on_looks_at_the_effect(
    data: Path, command: object, threshold: str, code: int
) -> None:
    detector = ["--detector", "scope"]

    assert run(command, "--data", data, *detector, "--fail-on", threshold).return_value == code


def test_explain_proves_the_finding_again(data: Path) -> None:
    [row] = listed(data)
    result = run(explain.command, row["finding_id"], "--data", data, "--json")
    shown = json.loads(result.stdout)

    assert shown["reproduced"] is True
    assert shown["recomputed"] == shown["rejudged"] == shown["statistic"]
    assert shown["evidence_ids"] == ["e1", "e3"]


def test_explain_shows_claim_number_evidence_and_sql_and_obeys_no_agent(data: Path) -> None:
    [row] = listed(data)
    out = run(explain.command, str(row["finding_id"])[:6], "--data", data).stdout

    for part in ("The number", "Parameters", "Evidence", "shop/b", "SQL of the number", "SELECT"):
        assert part in out
    assert "reproduced: the same number" in out
    assert "\x1b" not in out


def test_a_detector_that_does_not_exist_is_a_usage_error(data: Path) -> None:
    result = run(detect.command, "--detector", "scop", "--data", data)

    assert "no detector is called 'scop'" in str(result.exception)


def test_a_time_that_is_none_is_a_usage_error(data: Path) -> None:
    result = run(findings.command, "--data", data, "--since", "yesterday")

    assert "needed a time such as" in str(result.exception)


def test_detecting_where_there_is_no_store_makes_none(tmp_path: Path) -> None:
    result = run(detect.command, "--data", tmp_path)

    assert type(result.exception).__name__ == "StoreUnreachableError"
    assert not (tmp_path / "store.duckdb").exists()


def test_a_threshold_is_any_or_a_number() -> None:
    threshold = fail_on.Threshold()

    assert threshold.convert("any", None, None) == -math.inf
    with pytest.raises(Exception, match="needed `any` or a number"):
        threshold.convert("lots", None, None)


def test_withdrawn_findings_fail_nothing() -> None:
    rows = pl.DataFrame({"status": ["withdrawn"], "effect": [9.0]})

    assert fail_on.exit_code(rows, -math.inf) == 0


@pytest.mark.parametrize(
    ("observed", "line"), [(-1.0, 0), (0.0, 0), (1.0, 11), (5.0, 12), (0.5, 6)]
)
def test_the_observed_value_is_marked_where_it_lies(observed: float, line: int) -> None:
    sample = [n / 100 for n in range(101)]
    console = Console(width=100)
    with console.capture() as capture:
        for text in explanation.histogram(sample, observed):
            console.print(text)
    lines = capture.get().splitlines()

    assert ["◀" in one for one in lines].index(True) == line
    assert sum("◀" in one for one in lines) == 1


def test_a_null_of_one_value_still_has_a_picture() -> None:
    assert len(list(explanation.histogram([0.0, 0.0], 0.0))) == explanation.BINS
