"""The store: everything that was logged, in one DuckDB file, open to SQL."""

from commonmode.store.batch import (
    Appended,
    Appender,
    Batch,
    Offset,
    Progress,
    StoredTally,
)
from commonmode.store.connect import connect, open_writer
from commonmode.store.errors import (
    BatchRefusedError,
    QueryError,
    QueryRefusedError,
    StoreError,
    StoreUnreachableError,
    StoreVersionError,
)
from commonmode.store.file_reader import FileReader
from commonmode.store.layout import default_data_dir, run_dir, store_path
from commonmode.store.reader import Reader
from commonmode.store.writer import Writer

__all__ = [
    "Appended",
    "Appender",
    "Batch",
    "BatchRefusedError",
    "FileReader",
    "Offset",
    "Progress",
    "QueryError",
    "QueryRefusedError",
    "Reader",
    "StoreError",
    "StoreUnreachableError",
    "StoreVersionError",
    "StoredTally",
    "Writer",
    "connect",
    "default_data_dir",
    "open_writer",
    "run_dir",
    "store_path",
]
