"""A store full of attacks, and every verb that prints what stands in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.hostile_store import IDS, OBEYED, TEXTS, fill

from commonmode.cli.main import main
from commonmode.cli.shell import Shell
from commonmode.store import connect

ROWS = {
    "sql": ["sql", "SELECT * FROM events"],
    "findings": ["findings"],
    "rejected": ["rejected"],
}
VERBS = {
    **{
        f"{name} as {form}": [*words, "--format", form]
        for name, words in ROWS.items()
        for form in ("table", "csv", "jsonl")
    },
    **{f"explain {name}": ["explain", found] for name, found in IDS.items()},
    "explain as JSON": ["explain", IDS["colour"], "--json"],
    "rejected again": ["rejected", "--retry"],
    "status": ["status"],
    "status as JSON": ["status", "--json"],
    "detect": ["detect", "--final"],
    "doctor": ["doctor"],
}
ASKED = {
    "sql": ["sql", "SELECT '{}' AS a, {}"],
    "explain": ["explain", "{}"],
    "rejected": ["rejected", "--source", "{}"],
    "findings": ["findings", "--since", "{}"],
    "detect": ["detect", "--set", "{}=1"],
    "load": ["load", "/nowhere/{}"],
    "pipe": ["pipe", "-b", "127.0.0.1:9", "/nowhere/{}"],
    "pipe --map": ["pipe", "-b", "127.0.0.1:9", "--map", "/nowhere/{}", "-"],
    "load --map": ["load", "--map", "/nowhere/{}", "-"],
    "a verb": ["{}"],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def unstripped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Click passes on what it is given, as it does on a terminal."""
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_, **__: False)


def run(words: list[str], captured: pytest.CaptureFixture[bytes]) -> str:
    with pytest.raises(SystemExit):
        main(words)
    out, err = captured.readouterr()
    assert out + err
    return (out + err).decode()


@pytest.mark.usefixtures("unstripped")
@pytest.mark.parametrize("words", VERBS.values(), ids=VERBS)
def test_no_escape_comes_out_of_the_store(
    words: list[str], data: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert OBEYED.findall(run([*words, "--data", str(data)], capsysbinary)) == []


@pytest.mark.usefixtures("unstripped")
@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED)
def test_no_escape_comes_back_in_an_error(
    words: list[str],
    data: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COMMONMODE_DATA", str(data))
    for name, text in TEXTS.items():
        said = run([word.replace("{}", text) for word in words], capsysbinary)
        assert (name, OBEYED.findall(said)) == (name, [])


@pytest.mark.usefixtures("unstripped")
def test_no_escape_comes_out_of_a_log_that_is_loaded(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    log = tmp_path / "\x1b[31mlog\u202e.jsonl"
    log.write_bytes(b"\n".join([json.dumps({t: t}).encode() + t.encode() for t in TEXTS.values()]))
    data = ["--data", str(tmp_path / "data")]

    for words in (["load", str(log), "--source-format", "canonical"], ["load", str(log)]):
        assert OBEYED.findall(run([*words, *data], capsysbinary)) == []
    for form in ("table", "csv", "jsonl"):
        assert OBEYED.findall(run(["rejected", "--format", form, *data], capsysbinary)) == []


@pytest.mark.usefixtures("unstripped")
def test_no_escape_comes_out_of_the_shell(
    data: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with connect(data) as reader:
        shell = Shell(reader)
        for asked in ("SELECT * FROM events", *TEXTS.values(), *(f".schema {t}" for t in IDS)):
            shell.answer(asked)
    out, err = capsysbinary.readouterr()

    assert out
    assert OBEYED.findall((out + err).decode()) == []
