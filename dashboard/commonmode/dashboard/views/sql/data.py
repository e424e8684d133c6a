"""What the workbench reads: the schema with its comments, and the question asked."""

from __future__ import annotations

import io

import polars as pl

from commonmode.dashboard.source import ask, read

TABLES = """
SELECT name, any_value(what) AS what, any_value(comment) AS comment FROM (
    SELECT table_name AS name, 'table' AS what, comment FROM duckdb_tables() WHERE NOT internal
    UNION ALL
    SELECT view_name AS name, 'view' AS what, comment FROM duckdb_views() WHERE NOT internal
) GROUP BY name ORDER BY what DESC, name
"""

COLUMNS = """
SELECT column_name AS "column", data_type AS type, comment
FROM duckdb_columns() WHERE table_name = $table AND NOT internal ORDER BY column_index
"""

EXAMPLES: dict[str, str] = {
    "Who acts most": (
        "SELECT agent, any_value(family) AS family, count(*) AS actions\n"
        "FROM action_taken\nGROUP BY agent\nORDER BY actions DESC"
    ),
    "Findings, the surest first": (
        "SELECT detector, status, claim, effect, q_value, n\n"
        "FROM findings\nORDER BY q_value NULLS FIRST"
    ),
    "What each family chose, per context": (
        "SELECT context, family, choice, count(DISTINCT agent) AS agents\n"
        "FROM action_taken\nWHERE context IS NOT NULL AND choice IS NOT NULL\n"
        "GROUP BY ALL\nORDER BY context, agents DESC"
    ),
    "Agents on one resource in the same hour": (
        "SELECT resource, date_trunc('hour', \"at\") AS hour, count(DISTINCT agent) AS agents,\n"
        "       count(*) AS actions\n"
        "FROM action_taken\nWHERE resource IS NOT NULL\nGROUP BY ALL\nORDER BY agents DESC"
    ),
    "Evidence of every finding": (
        "SELECT evidence.finding_id, events.at, events.agent, events.action, events.resource\n"
        "FROM evidence JOIN events ON events.id = evidence.event_id\nORDER BY finding_id, events.at"
    ),
    "Grants and what became of them": (
        'SELECT "grant", agent, parent_grant, actions, resources, valid_from, valid_until\n'
        "FROM permission_granted\nORDER BY valid_from"
    ),
    "Why records were rejected": (
        "SELECT reason, count(*) AS records, min(topic) AS source\n"
        "FROM rejected\nGROUP BY reason\nORDER BY records DESC"
    ),
}
"""Questions to begin with: each runs as it stands."""


def tables() -> pl.DataFrame:
    """List tables and views with their comments."""
    return read(TABLES)


def columns(table: str) -> pl.DataFrame:
    """List the columns of a table with their comments."""
    return read(COLUMNS, table=table)


def run(sql: str, most: int) -> tuple[pl.DataFrame, bool]:
    """Run a question now; return at most `most` rows, and whether there were more."""
    answer = ask(limited(sql, most + 1))
    return answer.head(most), answer.height > most


def limited(sql: str, most: int) -> str:
    """Wrap a SELECT so that the engine stops after `most` rows; leave EXPLAIN alone.

    Examples
    --------
    >>> limited("SELECT 1;", 10)
    'SELECT * FROM (\\nSELECT 1\\n) LIMIT 10'
    >>> limited("EXPLAIN SELECT 1", 10)
    'EXPLAIN SELECT 1'
    """
    bare = sql.strip().rstrip(";").rstrip()
    if bare[:7].lower() == "explain":
        return bare
    return f"SELECT * FROM (\n{bare}\n) LIMIT {most:d}"  # noqa: S608  the reader's own question


def as_parquet(frame: pl.DataFrame) -> bytes:
    """Write a frame as Parquet."""
    sink = io.BytesIO()
    frame.write_parquet(sink)
    return sink.getvalue()
