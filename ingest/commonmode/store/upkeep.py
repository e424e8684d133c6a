"""What a store does between two batches: it checkpoints, and folds events into counts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import duckdb

from commonmode.store import rollups

logger = logging.getLogger(__name__)

CHECKPOINT_BYTES = 16_000_000
"""How much is written ahead before it is moved into the file: some 30,000 events."""

_WAITING = """
    SELECT coalesce((SELECT max(seq) FROM events), 0)
        - coalesce((SELECT max(next_seq) FROM folds), 1) + 1
"""


class Upkeep:
    """Does what is due in a thread of its own, from the moment a batch is committed.

    A checkpoint holds up whoever wants to write meanwhile. Batches of a sink leave time for one
    between them; where they do not, it is passed over, and DuckDB makes one itself in a commit once
    it has `CHECKPOINT_THRESHOLD` to move.
    A fold takes the longer the more agents there are, and holds up nobody.

    Parameters
    ----------
    connection : DuckDBPyConnection
        The writer's.
    path : path
        The store's file.
    failed : callable
        Told what went wrong; the next batch has it tried again.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: Path,
        failed: Callable[[duckdb.Error], object],
    ) -> None:
        self._cursor = connection.cursor()
        self._ahead = path.with_name(f"{path.name}.wal")
        self._failed = failed
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="upkeep")
        # Each of the two is written by one thread: the writer's, and the one that folds.
        ((self._came,),) = connection.execute(_WAITING).fetchall()
        self._folded = 0
        self.came(0)

    def came(self, rows: int) -> None:
        """Take note of rows that were committed, and have done what is due by now."""
        self._came += rows
        self._thread.submit(self._do_what_is_due)

    def _do_what_is_due(self) -> None:
        came = self._came
        try:
            # First, since it is what the next batch may have to wait for.
            if self._written_ahead() >= CHECKPOINT_BYTES:
                # Another batch is being written: what is due stays due.
                with suppress(duckdb.TransactionException):
                    self._cursor.execute("CHECKPOINT")
            if came - self._folded >= rollups.FOLD_ROWS:
                rollups.fold(self._cursor)
                self._folded = came
        except duckdb.Error as error:
            # The rows are stored whatever becomes of this.
            logger.warning("The store's upkeep failed: %s", error)
            self._failed(error)

    def _written_ahead(self) -> int:
        return self._ahead.stat().st_size if self._ahead.exists() else 0

    def close(self) -> None:
        """Let what is under way end."""
        self._thread.shutdown()
        self._cursor.close()
