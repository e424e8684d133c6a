"""A served store of every type of column, and the clients that ask it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import adbc_driver_flightsql.dbapi as flight_sql
import pytest
from adbc_driver_flightsql import DatabaseOptions
from tests.clients import driver
from tests.store.samples import actions, batch, with_empty_store

from commonmode.store import FlightServer, Writer, own_token, run_dir


class Jdbc:
    """A Java client, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def metadata(self, method: str, *arguments: object) -> Any:
        """Call a method of DatabaseMetaData."""
        return self._ask("metadata", method, arguments)

    def questions(self) -> list[str]:
        """Name what DatabaseMetaData can be asked without arguments for a plain value."""
        names: list[str] = self._ask("questions")
        return names

    def query(self, sql: str, *parameters: tuple[str, object]) -> Any:
        """Run a statement; with setters and values it is a prepared one."""
        return self._ask("query", sql, parameters)

    def count(self, sql: str) -> int:
        """Read all rows of a statement, one by one."""
        counted: int = self._ask("count", sql)
        return counted

    def _ask(self, *request: object) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        if "error" in told:
            raise JdbcError(told["error"])
        return told["answer"]


class JdbcError(Exception):
    """What the driver threw."""


@contextmanager
def java_client(uri: str, token: str, **properties: str) -> Iterator[Jdbc]:
    """Connect by JDBC to ``grpc://HOST:PORT``."""
    told = {"useEncryption": "false", **properties}
    options = "&".join(f"{name}={value}" for name, value in told.items())
    url = f"jdbc:arrow-flight-sql://{uri.partition('://')[2]}/?{options}"
    command = [sys.executable, "-m", "tests.clients.jdbc_session", driver.class_path(), url]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "TOKEN": token},
            cwd=Path(__file__).parents[2],
        ) as process,
    ):
        try:
            yield Jdbc(process)
        finally:
            process.kill()


class Served(NamedTuple):
    """A store that is served: where, and with what token."""

    uri: str
    token: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An owner of a store of twenty actions."""
    folder = with_empty_store(tmp_path_factory.mktemp("served"))
    with Writer(folder) as writer, FlightServer(writer) as server:
        writer.append(batch(actions(20)))
        yield Served(server.uri, own_token(run_dir(folder)))


@pytest.fixture(scope="module")
def jdbc(served: Served) -> Iterator[Jdbc]:
    """A JDBC connection to `served`."""
    with java_client(*served) as client:
        yield client


@contextmanager
def adbc_client(uri: str, token: str, **options: str) -> Iterator[flight_sql.Connection]:
    """Connect by ADBC."""
    told = {DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {token}", **options}
    with flight_sql.connect(uri, told, autocommit=True) as connection:
        yield connection


@pytest.fixture
def adbc(served: Served) -> Iterator[flight_sql.Connection]:
    """An ADBC connection to `served`."""
    with adbc_client(*served) as connection:
        yield connection
