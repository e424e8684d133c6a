"""The one writer: a batch becomes rows, offsets and counts in one transaction."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from weakref import WeakValueDictionary

import duckdb
import msgspec
import pyarrow as pa

from commonmode.store import judged, rows
from commonmode.store.batch import OFFSETS, Appended, Batch, Offset
from commonmode.store.database import connect_file, create_or_upgrade, lock_settings, transaction
from commonmode.store.errors import (
    BatchRefusedError,
    StoreDamagedError,
    StoreError,
)
from commonmode.store.file_faults import file_fault
from commonmode.store.identity import Identities
from commonmode.store.layout import make_folder, store_path
from commonmode.store.upkeep import Upkeep

# An upsert of one row takes twice as long to plan as this does, and a topic is new once only.
_COUNT = """
    UPDATE ingest_counts SET stored = stored + $stored, duplicates = duplicates + $duplicates,
        rejected = rejected + $rejected WHERE topic = $topic
"""
_COUNT_FIRST = "INSERT INTO ingest_counts VALUES ($topic, $stored, $duplicates, $rejected)"
_CAME = """
    SELECT coalesce(sum(stored), 0), coalesce(sum(duplicates), 0), coalesce(sum(rejected), 0)
    FROM ingest_counts
"""
_RETRIED = """
    UPDATE rejected SET retried_at = $now WHERE list_contains($seqs, seq) AND retried_at IS NULL
    RETURNING topic
"""
# Of two sinks on one partition the slower must not take the faster one's place back.
_STORE_OFFSETS = """
    INSERT INTO offsets BY NAME SELECT unnest($offsets, recursive := true)
    ON CONFLICT DO UPDATE SET topic_id = excluded.topic_id, next_offset = CASE
        WHEN topic_id = excluded.topic_id THEN greatest(next_offset, excluded.next_offset)
        ELSE excluded.next_offset END
"""
_PROGRESS = "INSERT OR REPLACE INTO detector_progress VALUES ($detector_key, $next_seq, $state)"
_UNFIT = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.InvalidInputException,
    pa.ArrowException,
    KeyError,
)
"""What goes wrong because of the rows, and not because of the store."""

MEMORY_PATIENCE = 30.0
"""Seconds that a batch waits for memory."""

OPEN: WeakValueDictionary[Path, Writer] = WeakValueDictionary()
"""Writers of this process: DuckDB does not open a file twice, so readers share theirs."""


class Writer:
    """Owns a store's file: the only one that writes, and the process that holds it.

    Batches may come from many threads; each is stored whole, one after the other.

    Parameters
    ----------
    data_dir : path
        The data folder, or a ``.duckdb`` file; made when there is none.
    now : callable, optional
        The clock that stamps rows.
    memory_limit : str, optional
        What DuckDB may use altogether, e.g. ``"4GB"``; its default is 80 % of the machine's.

    Raises
    ------
    StoreUnreachableError, StoreVersionError
        When another process holds the file, or it is not a store of this version.
    """

    def __init__(
        self,
        data_dir: Path | str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        memory_limit: str | None = None,
    ) -> None:
        self.path = store_path(data_dir)
        self.defect: StoreError | None = None
        """Why the file must be opened anew before anything else is done; None: it need not."""
        make_folder(self.path.parent)
        self._now = now
        self._lock = threading.Lock()
        self._connection = connect_file(self.path, read_only=False, memory_limit=memory_limit)
        try:
            create_or_upgrade(self._connection, self.path)
            self._event_ids = Identities(self._connection, "events")
            self._finding_ids = Identities(self._connection, "finding_events")
            self._into = [
                rows.Inserter(self._connection, table)
                for table in ("events", "finding_events", "rejected")
            ]
            self._upkeep = Upkeep(self._connection, self.path, self._fault)
        except BaseException as error:
            self._connection.close()
            if (fault := file_fault(str(self.path), error)) is not None:
                raise fault from error
            raise
        self._counted: Appended | None = None
        """What `_came` would return, where it is known."""
        self._open = True
        OPEN[self.path.resolve()] = self

    def append(self, batch: Batch) -> Appended:
        """Store a batch in one transaction.

        An event whose id is stored already is dropped and counted; stored rows never change.

        Raises
        ------
        BatchRefusedError
            When the rows do not fit the store; nothing of the batch is stored then.
        StoreFullError
            When the disk is full; the same batch may be stored once there is room.
        StoreError
            When the file fails otherwise; `defect` then says whether it must be opened anew.
        """
        with self._lock:
            try:
                appended = self._stored(batch)
                self._upkeep.came(appended.stored)
            except _UNFIT as error:
                msg = f"the batch does not fit the store, nothing of it was stored: {error}."
                raise BatchRefusedError(msg) from error
            except duckdb.Error as error:
                raise self._fault(error) from error
            return appended

    def _stored(self, batch: Batch) -> Appended:
        """Store it; where queries have taken all memory for the moment, wait until they end."""
        deadline = time.monotonic() + MEMORY_PATIENCE
        before = self._counted
        appended: Appended | None = None
        while True:
            try:
                before = before or self._came()
                # A commit may take effect and run out of memory after that.
                if appended is None or self._came() == before:
                    with self._numbered(), transaction(self._connection):
                        appended = self._store(batch)
                    self._counted = None if batch.retried else before + appended
            # What comes after the one in the same transaction says the other.
            except (duckdb.OutOfMemoryException, duckdb.TransactionException):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return appended

    @contextmanager
    def _numbered(self) -> Iterator[None]:
        """Count on from what is stored, whatever goes wrong in here."""
        try:
            yield
        except BaseException:
            self._counted = None
            for into in self._into:
                into.recount()
            raise

    def _came(self) -> Appended:
        """Return what became of all records that ever came, by what is committed."""
        (came,) = self._connection.execute(_CAME).fetchall()
        return Appended(*came)

    def _fault(self, error: duckdb.Error) -> StoreError:
        msg = f"the store {self.path} cannot be written: {error}."
        generally = StoreError(msg, "`commonmode doctor` looks at the disk")
        fault = file_fault(str(self.path), error) or generally
        if isinstance(error, duckdb.FatalException) or isinstance(fault, StoreDamagedError):
            self.defect = fault
        return fault

    def offsets(self) -> list[Offset]:
        """Return how far each partition of the log is stored: where a sink goes on."""
        with self._lock:
            stored = self._connection.execute(OFFSETS).fetchall()
        return [Offset(*row) for row in stored]

    def _store(self, batch: Batch) -> Appended:
        arriving = rows.conforming(batch.events)
        events, findings = rows.split_findings(arriving)
        new = self._event_ids.new(events), self._finding_ids.new(findings)
        refused = rows.new_rejected(self._connection, batch.rejected)
        now = self._now()
        for into, some in zip(self._into, (*new, refused), strict=True):
            into.insert(some, now)
        stored = pa.concat_tables(new)
        self._count(batch, arriving, stored)
        self._close_retried(batch.retried, now)
        self._store_offsets(batch.offsets)
        self._execute_each(_PROGRESS, batch.progress)
        for window in batch.judged:
            judged.replace(self._connection, window)
        return Appended(
            stored=stored.num_rows,
            duplicates=arriving.num_rows - stored.num_rows,
            rejected=len(batch.rejected),
        )

    def _close_retried(self, seqs: Sequence[int], now: datetime) -> None:
        """Mark rejected records as events by now: they count as what they became."""
        if not seqs:
            return
        marked = self._connection.execute(_RETRIED, {"now": now, "seqs": list(seqs)}).fetchall()
        for topic, count in Counter(topic for (topic,) in marked).items():
            counts = {"topic": topic, "stored": 0, "duplicates": 0, "rejected": -count}
            self._add_up(counts)

    def _count(self, batch: Batch, arriving: pa.Table, stored: pa.Table) -> None:
        came, kept = rows.by_topic(arriving), rows.by_topic(stored)
        refused = Counter(rejected.position.source for rejected in batch.rejected)
        for topic in sorted({*came, *refused}):
            counts = {
                "topic": topic,
                "stored": kept[topic],
                "duplicates": came[topic] - kept[topic],
                "rejected": refused[topic],
            }
            self._add_up(counts)

    def _add_up(self, counts: Mapping[str, object]) -> None:
        ((known,),) = self._connection.execute(_COUNT, counts).fetchall()
        if not known:
            self._connection.execute(_COUNT_FIRST, counts)

    def _store_offsets(self, offsets: Sequence[Offset]) -> None:
        if offsets:
            last = {(offset.topic, offset.partition): offset for offset in offsets}
            places = [msgspec.structs.asdict(offset) for offset in last.values()]
            self._connection.execute(_STORE_OFFSETS, {"offsets": places})

    def _execute_each(self, statement: str, items: Sequence[msgspec.Struct]) -> None:
        for item in items:
            parameters: dict[str, Any] = msgspec.structs.asdict(item)
            self._connection.execute(statement, parameters)

    @property
    def is_open(self) -> bool:
        """Whether the writer still holds the store."""
        return self._open

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to the same store, for one thread."""
        return self._connection.cursor()

    def lock_settings(self) -> None:
        """Let no statement change a setting any more, of this connection or any cursor."""
        lock_settings(self._connection)

    def close(self) -> None:
        """Write everything into the file and let go of it."""
        with self._lock:
            self._open = False
            self._upkeep.close()
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
