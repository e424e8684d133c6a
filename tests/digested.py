"""Events as the store has them: with digests beside their texts."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from commonmode.events import DIGESTS


def show(db: duckdb.DuckDBPyConnection, events: pa.Table) -> None:
    """Make events the table `events` of a database."""
    digests = ", ".join(f"{of} AS {name}" for name, of in DIGESTS.items())
    db.from_arrow(events).project(f"*, {digests}").create_view("events", replace=True)
