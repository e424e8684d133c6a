"""Folding events into counts: `rollups.sql` says which."""

from __future__ import annotations

import logging

import duckdb

from commonmode.store.database import transaction

logger = logging.getLogger(__name__)

FOLD_ROWS = 32_768
"""Most events that a reader of the counts scans, but for the last batch."""

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

    Parameters
    ----------
    connection : DuckDBPyConnection
        The writer's.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        ((self._waiting,),) = connection.execute(_WAITING).fetchall()
        self.came(0)

    def came(self, rows: int) -> None:
        """Take note of rows that were stored, and fold when it is time to."""
        self._waiting += rows
        if self._waiting < FOLD_ROWS:
            return
        try:
            self._fold()
        except duckdb.FatalException:
            # No statement works any more before the file is opened anew.
            raise
        except duckdb.Error as error:
            # The rows are stored whatever becomes of their counts; the next batch tries again.
            logger.warning("Events could not be folded into counts: %s", error)
        else:
            self._waiting = 0

    def _fold(self) -> None:
        with transaction(self._connection):
            for statement in (_ACTIVITY, _PRESENCE, _RESOURCE_USE, _FOLDED):
                self._connection.execute(statement)
