"""`--listen`: with TLS and somebody to listen for, or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import trustme
from click.testing import CliRunner, Result

from commonmode.cli.main import cli
from commonmode.local.ports import answers, free_port
from commonmode.store import ListenError, TokenBook, TokenError, connect, run_dir


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, ...]:
    """The options of a certificate for localhost; its authority is in ``ca.pem``."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "store.pem")
    issued.private_key_pem.write_to_path(tmp_path / "store.key")
    (tmp_path / "store.key").chmod(0o600)
    return ("--tls-cert", str(tmp_path / "store.pem"), "--tls-key", str(tmp_path / "store.key"))


def started(verb: str, data: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, [verb, "--data", str(data), *options])


@pytest.mark.parametrize("verb", ["up", "owner"])
def test_without_tls_nothing_starts(verb: str, tmp_path: Path) -> None:
    TokenBook(run_dir(tmp_path)).add("ada")
    refused = started(verb, tmp_path, "--listen", "127.0.0.1:0")

    assert isinstance(refused.exception, ListenError)
    assert "openssl req" in refused.exception.hint
    assert not (tmp_path / "store.duckdb").exists()


@pytest.mark.parametrize("verb", ["up", "owner"])
def test_without_a_named_token_nothing_starts(
    verb: str, tmp_path: Path, pair: tuple[str, ...]
) -> None:
    refused = started(verb, tmp_path, "--listen", "127.0.0.1:0", *pair)

    assert isinstance(refused.exception, TokenError)
    assert "commonmode token add NAME" in refused.exception.hint
    assert not (tmp_path / "store.duckdb").exists()


def test_a_certificate_without_an_address_is_a_mistake(
    tmp_path: Path, pair: tuple[str, ...]
) -> None:
    assert "need --listen" in started("up", tmp_path, *pair).output


def test_an_owner_serves_others(tmp_path: Path, pair: tuple[str, ...]) -> None:
    token = TokenBook(run_dir(tmp_path)).add("ada")
    port = free_port()
    command = [sys.executable, "-m", "commonmode.cli.main", "owner", "--data", str(tmp_path)]
    owner = subprocess.Popen([*command, "--listen", f"127.0.0.1:{port}", *pair])
    try:
        until = time.monotonic() + 30
        while not answers(port) and time.monotonic() < until:
            time.sleep(0.05)
        uri = f"grpc+tls://localhost:{port}"
        with connect(uri, token=token, ca=tmp_path / "ca.pem") as store:
            assert store.last_seq() == 0
    finally:
        owner.send_signal(signal.SIGTERM)
        assert owner.wait(20) == 0
