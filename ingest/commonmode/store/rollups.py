"""Folding events into counts: `rollups.sql` says which."""

from __future__ import annotations

import duckdb

from commonmode.store.database import transaction

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


def fold(connection: duckdb.DuckDBPyConnection) -> None:
    """Fold all that is not folded yet, in one transaction."""
    with transaction(connection):
        for statement in (_ACTIVITY, _PRESENCE, _RESOURCE_USE, _FOLDED):
            connection.execute(statement)
