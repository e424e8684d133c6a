"""Folding events into counts: `rollups.sql` says which."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import duckdb

from commonmode.store.database import transaction

logger = logging.getLogger(__name__)

FOLD_ROWS = 32_768
"""Most events that a reader of the counts scans, but for those that came while folding."""

_ACTIVITY = """
    MERGE INTO folded_activity AS folded USING recent_activity AS recent
    ON folded.seconds = recent.seconds AND folded.start = recent.start
        AND folded.kind = recent.kind AND folded.family IS NOT DISTINCT FROM recent.family
        AND folded.outcome IS NOT DISTINCT FROM recent.outcome
    WHEN MATCHED THEN UPDATE SET events = folded.events + recent.events,
        attempted = folded.attempted + recent.attempted
    WHEN NOT MATCHED THEN INSERT
"""
_PRESENCE = """
    MERGE INTO folded_presence AS folded USING recent_presence AS recent
    ON folded.agent = recent.agent AND folded.kind = recent.kind
        AND folded.family IS NOT DISTINCT FROM recent.family
        AND folded.operator IS NOT DISTINCT FROM recent.operator
    WHEN MATCHED THEN UPDATE SET first_at = least(folded.first_at, recent.first_at),
        last_at = greatest(folded.last_at, recent.last_at), events = folded.events + recent.events
    WHEN NOT MATCHED THEN INSERT
"""
_RESOURCE_USE = """
    MERGE INTO folded_resource_use AS folded USING recent_resource_use AS recent
    ON folded.resource = recent.resource
    WHEN MATCHED THEN UPDATE SET first_at = least(folded.first_at, recent.first_at),
        last_at = greatest(folded.last_at, recent.last_at), events = folded.events + recent.events
    WHEN NOT MATCHED THEN INSERT
"""
_FOLDED = "INSERT INTO folds SELECT max(seq) + 1, now() FROM events HAVING count(*) > 0"
_WAITING = """
    SELECT coalesce((SELECT max(seq) FROM events), 0)
        - coalesce((SELECT max(next_seq) FROM folds), 1) + 1
"""


class Rollups:
    """Folds events into counts, so that a reader of them scans few events.

    Whatever is folded, `activity`, `presence` and `resource_use` answer the same: what is not
    folded yet they count from the events themselves.
    A thread of its own folds, for a fold takes the longer the more agents there are, and no batch
    should wait for it.

    Parameters
    ----------
    connection : DuckDBPyConnection
        The writer's.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._cursor = connection.cursor()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fold")
        self._failed = False
        ((self._waiting,),) = connection.execute(_WAITING).fetchall()
        self.came(0)

    def came(self, rows: int) -> None:
        """Take note of rows that were committed, and have them folded when it is time to."""
        self._waiting += rows
        if self._waiting >= FOLD_ROWS or self._failed:
            self._waiting, self._failed = 0, False
            self._thread.submit(self._fold)

    def _fold(self) -> None:
        try:
            fold(self._cursor)
        except duckdb.Error as error:
            # The rows are stored whatever becomes of their counts; the next batch tries again.
            self._failed = True
            logger.warning("Events could not be folded into counts: %s", error)

    def close(self) -> None:
        """Let the folds under way end."""
        self._thread.shutdown()
        self._cursor.close()


def fold(connection: duckdb.DuckDBPyConnection) -> None:
    """Fold all that is not folded yet, in one transaction."""
    with transaction(connection):
        for statement in (_ACTIVITY, _PRESENCE, _RESOURCE_USE, _FOLDED):
            connection.execute(statement)
