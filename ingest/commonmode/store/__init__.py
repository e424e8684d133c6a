"""The store: everything that was logged, in one DuckDB file, open to SQL."""

from commonmode.store.as_csv import as_csv, distinct
from commonmode.store.batch import (
    Appended,
    Appender,
    Batch,
    JudgedWindow,
    Judgement,
    Offset,
    Progress,
)
from commonmode.store.connect import StoreReader, connect, open_writer, own
from commonmode.store.content_hash import content_hash
from commonmode.store.errors import (
    BatchRefusedError,
    ListenError,
    QueryError,
    QueryRefusedError,
    QueryTooLargeError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreHeldError,
    StoreUnreachableError,
    StoreVersionError,
    TokenError,
)
from commonmode.store.execution import split_statements
from commonmode.store.file_reader import FileReader
from commonmode.store.flight.access import own_token
from commonmode.store.flight.address import Address, find_owner
from commonmode.store.flight.bounds import Limits
from commonmode.store.flight.client import FlightAppender, FlightReader
from commonmode.store.flight.public import PublicAddress
from commonmode.store.flight.server import FlightServer
from commonmode.store.flight.tokens import TokenBook
from commonmode.store.layout import default_data_dir, make_folder, run_dir, store_path
from commonmode.store.reader import Reader
from commonmode.store.snapshot import snapshot
from commonmode.store.writer import Writer

__all__ = [
    "Address",
    "Appended",
    "Appender",
    "Batch",
    "BatchRefusedError",
    "FileReader",
    "FlightAppender",
    "FlightReader",
    "FlightServer",
    "JudgedWindow",
    "Judgement",
    "Limits",
    "ListenError",
    "Offset",
    "Progress",
    "PublicAddress",
    "QueryError",
    "QueryRefusedError",
    "QueryTooLargeError",
    "Reader",
    "StoreDamagedError",
    "StoreError",
    "StoreFullError",
    "StoreHeldError",
    "StoreReader",
    "StoreUnreachableError",
    "StoreVersionError",
    "TokenBook",
    "TokenError",
    "Writer",
    "as_csv",
    "connect",
    "content_hash",
    "default_data_dir",
    "distinct",
    "find_owner",
    "make_folder",
    "open_writer",
    "own",
    "own_token",
    "run_dir",
    "snapshot",
    "split_statements",
    "store_path",
]
