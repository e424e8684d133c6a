"""Getting to a store without knowing whether a process owns it."""

from __future__ import annotations

from pathlib import Path
from weakref import WeakValueDictionary

from commonmode.store.batch import Appender
from commonmode.store.file_reader import CursorReader, FileReader
from commonmode.store.layout import store_path
from commonmode.store.reader import Reader
from commonmode.store.writer import Writer

_writers: WeakValueDictionary[Path, Writer] = WeakValueDictionary()
"""Writers of this process: DuckDB does not open a file twice, so readers share theirs."""


def connect(data_dir: Path | str | None = None) -> Reader:
    """Return a reader of the store of a data folder.

    Parameters
    ----------
    data_dir : path, optional
        The data folder; `default_data_dir` when not given.

    Returns
    -------
    Reader
        Asks the process that owns the store, or opens the file where none does.
    """
    path = store_path(data_dir).resolve()
    writer = _writers.get(path)
    if writer is not None and writer.is_open:
        return CursorReader(writer.cursor())
    return FileReader(path)


def open_writer(data_dir: Path | str | None = None) -> Appender:
    """Return who stores batches: the process that owns the store, or this one if none does."""
    path = store_path(data_dir)
    writer = Writer(path)
    _writers[path.resolve()] = writer
    return writer
