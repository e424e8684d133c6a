"""Opening the DuckDB file: locked settings, versioned schema, errors in our words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

import duckdb

from commonmode.events import KINDS, fields_of, kind_of
from commonmode.store.errors import (
    StoreError,
    StoreHeldError,
    StoreUnreachableError,
    StoreVersionError,
)
from commonmode.store.file_faults import file_fault

VERSION = 5
"""Version of `schema.sql`; each has a file in `upgrades/` that makes it of the one before."""

CHECKPOINT_THRESHOLD = "64MB"
"""How much is written ahead before a commit checkpoints: four times what `upkeep` lets wait."""

Setting = str | bool | int | float | list[str]

SPILL_LIMIT = "16GB"
"""What queries larger than memory may put on disk before they fail instead."""

_SAFE: Mapping[str, Setting] = {
    "enable_external_access": False,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "checkpoint_threshold": CHECKPOINT_THRESHOLD,
    # Joining what earlier checkpoints wrote makes a checkpoint ten times as long, now and then.
    "max_vacuum_tasks": 0,
    "max_temp_directory_size": SPILL_LIMIT,
}


def connect_file(
    path: Path, *, read_only: bool, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a store's file with external access off; the caller locks the settings.

    Raises
    ------
    StoreUnreachableError
        When there is no file, or another process holds it.
    StoreDamagedError
        When it is no database, or not a whole one.
    """
    config: dict[str, Setting] = {**_SAFE}
    if memory_limit is not None:
        config["memory_limit"] = memory_limit
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=config)
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        # What is printed is the program's own, and may be piped.
        connection.execute("SET enable_progress_bar = false")
    except (duckdb.Error, OSError) as error:
        raise _unreachable(path, error) from error
    return connection


def lock_settings(connection: duckdb.DuckDBPyConnection) -> None:
    """Let no statement change a setting any more."""
    connection.execute("SET lock_configuration = true")


def _unreachable(path: Path, error: Exception) -> StoreError:
    text = str(error)
    if (fault := file_fault(str(path), error)) is not None:
        return fault
    if "set lock" in text:
        msg = f"another process holds the store {path}: {text}."
        return StoreHeldError(msg, "wait until it ends, or stop it")
    if not path.exists():
        msg = f"there is no store at {path}."
        return StoreUnreachableError(
            msg,
            "`commonmode load` or `up` makes one; `--data` names another folder, such as a demo's",
        )
    return StoreUnreachableError(f"the store {path} cannot be opened: {text}.")


def create_or_upgrade(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make the tables of an empty file; lift an older store to this version.

    Raises
    ------
    StoreVersionError
        When the file is no store, or of a newer version.
    """
    tables = connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
    if tables == [(0,)]:
        with transaction(connection):
            connection.execute(_sql("schema.sql"))
            connection.execute(_sql("rollups.sql"))
            _comment_columns(connection)
    for version in range(version_of(connection, path), VERSION):
        with transaction(connection):
            connection.execute(_sql(f"upgrades/{version + 1}.sql"))
            if version + 1 == VERSION:
                connection.execute(_sql("rollups.sql"))
                _comment_columns(connection)
            connection.execute("INSERT INTO store_version (version) VALUES ($1)", [version + 1])


def _sql(name: str) -> str:
    return files("commonmode.store").joinpath(name).read_text("utf-8")


def version_of(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Return the version of a store, at most this one's.

    Raises
    ------
    StoreVersionError
        When the file is no store, or of a newer version.
    """
    try:
        rows = connection.execute("SELECT max(version) FROM store_version").fetchall()
    except duckdb.CatalogException as error:
        msg = f"{path} is a DuckDB file but not a commonmode store."
        raise StoreVersionError(msg, "`--data` names another folder") from error
    ((found,),) = rows
    if found is None or found > VERSION:
        msg = f"needed a store of version {VERSION} or older; {path} has version {found}."
        raise StoreVersionError(msg, "upgrade commonmode, or `commonmode replay` the log anew")
    return int(found)


def _comment_columns(connection: duckdb.DuckDBPyConnection) -> None:
    for kind in KINDS:
        for field in fields_of(kind):
            text = field.description.replace("'", "''")
            connection.execute(f"""COMMENT ON COLUMN {kind_of(kind)}."{field.name}" IS '{text}'""")


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done inside, or nothing of it."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A failed COMMIT has already ended the transaction; a second end is then refused.
        with suppress(duckdb.TransactionException):
            connection.execute("ROLLBACK")
        raise
