"""Where things are in a data folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from commonmode.store.errors import StoreUnreachableError


def default_data_dir() -> Path:
    """Return the data folder: ``COMMONMODE_DATA``, or the platform's place for user data."""
    named = os.environ.get("COMMONMODE_DATA")
    return Path(named) if named else Path(platformdirs.user_data_dir("commonmode", appauthor=False))


def store_path(data_dir: Path | str | None = None) -> Path:
    """Return the DuckDB file of a data folder; a path ending in ``.duckdb`` is one already."""
    path = Path(data_dir) if data_dir is not None else default_data_dir()
    return path if path.suffix == ".duckdb" else path / "store.duckdb"


def run_dir(data_dir: Path | str | None = None) -> Path:
    """Return the folder in which running processes say where they are."""
    return store_path(data_dir).parent / "run"


def make_folder(folder: Path) -> None:
    """Make a folder to write to, where there is none.

    Raises
    ------
    StoreUnreachableError
        When nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"needed a data folder to write to; {folder}: {error.strerror}."
        raise StoreUnreachableError(msg, "`--data` names another folder") from error
