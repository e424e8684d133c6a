"""`sql --address`: a named reader asks over TLS, or is told what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import trustme
from click.testing import CliRunner
from tests.store.samples import actions, batch

from commonmode.cli.main import cli, exit_code_of
from commonmode.local.ports import free_port
from commonmode.store import FlightServer, PublicAddress, TokenBook, Writer, run_dir

COUNT = "SELECT count(*) AS n FROM events"


class Served:
    """A store of ten actions that others read, and the files of its reader ada."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port

    def asked(self, host: str = "localhost", **files: str) -> tuple[int | None, str]:
        """Return exit code and words of `sql`; files are the options that name one."""
        words = ["sql", COUNT, "--address", f"grpc+tls://{host}:{self.port}"]
        for name, file in {"token-file": "ada.token", "ca": "ca.pem", **files}.items():
            words += [f"--{name}", str(self.folder / file)] if file else []
        return run(*words)


def run(*words: str) -> tuple[int | None, str]:
    done = CliRunner().invoke(cli, words, standalone_mode=False)
    if done.exception is None:
        return 0, done.output
    said = done.exception
    told = said.message if isinstance(said, click.ClickException) else str(said)
    return exit_code_of(said), told


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("elsewhere")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().cert_pem.write_to_path(folder / "stranger.pem")
    issued = authority.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(folder / "store.pem")
    issued.private_key_pem.write_to_path(folder / "store.key")
    (folder / "store.key").chmod(0o600)
    (folder / "ada.token").write_text(TokenBook(run_dir(folder)).add("ada") + "\n")
    (folder / "wrong.token").write_text("commonmode_wrong\n")
    (folder / "two.token").write_text("one\ntwo\n")
    (folder / "empty").touch()
    at = PublicAddress.parse("127.0.0.1:0", folder / "store.pem", folder / "store.key")
    with Writer(folder) as writer:
        writer.append(batch(actions(10)))
        with FlightServer(writer, public=at) as server:
            assert server.public_uri
            yield Served(folder, int(server.public_uri.rpartition(":")[2]))


def test_a_named_reader_asks_over_tls(store: Served) -> None:
    assert store.asked() == (0, '{"n":10}\n')


def test_the_token_may_come_from_the_environment(
    store: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMONMODE_TOKEN", (store.folder / "ada.token").read_text().strip())

    assert store.asked(**{"token-file": ""}) == (0, '{"n":10}\n')


@pytest.mark.parametrize(
    ("files", "code", "told"),
    [
        ({"token-file": "wrong.token"}, 4, "did not accept the token"),
        ({"token-file": "two.token"}, 2, "needed a token alone"),
        ({"token-file": "empty"}, 2, "needs a token"),
        ({"token-file": "store.duckdb"}, 2, "needed a token alone"),
        ({"ca": "stranger.pem"}, 4, "certificate .* is not trusted.*--ca"),
        ({"ca": ""}, 4, "certificate .* is not trusted.*--ca"),
        ({"ca": "empty"}, 2, "needed certificates in PEM"),
    ],
)
def test_what_is_wrong_is_said(store: Served, files: dict[str, str], code: int, told: str) -> None:
    ended, said = store.asked(**files)

    assert ended == code
    assert re.search(told, said), said


def test_a_certificate_of_another_name_is_not_trusted(store: Served) -> None:
    ended, said = store.asked(host="127.0.0.1")

    assert (ended, "is not trusted" in said) == (4, True), said


def test_a_host_that_is_not_there_is_said_to_be_none(store: Served) -> None:
    ended, said = store.asked(host="nowhere.invalid")

    assert (ended, "no such host: nowhere.invalid" in said) == (4, True), said


def test_a_port_where_nobody_listens_does_not_answer(store: Served) -> None:
    ended, said = Served(store.folder, free_port()).asked()

    assert (ended, "does not answer" in said) == (4, True), said


@pytest.mark.parametrize(
    "words",
    [
        ["--address", "grpc://localhost:1"],
        ["--address", "localhost:1"],
        ["--token-file", __file__],
        ["--ca", __file__],
    ],
    ids=" ".join,
)
def test_an_address_is_of_tls_and_the_rest_belongs_to_it(words: list[str]) -> None:
    ended, said = run("sql", COUNT, *words)

    assert ended == 2
    assert "--address" in said
