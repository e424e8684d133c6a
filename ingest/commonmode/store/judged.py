"""What detectors said of a window → rows, in place of what they said of it before."""

from __future__ import annotations

from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from commonmode.store.batch import JudgedWindow
from commonmode.store.identity import registered

_FORGET = """
    DELETE FROM judgements WHERE detector = $detector AND version = $version
        AND parameters_hash = $parameters_hash AND window_start = $window_start
"""
_SAY = """
    INSERT INTO judgements BY NAME SELECT *, $detector AS detector, $version AS version,
        $parameters_hash AS parameters_hash, $window_start AS window_start,
        $window_end AS window_end
    FROM said
"""
_SAID = pa.schema(
    [
        pa.field("subject", pa.string()),
        pa.field("verdict", pa.string()),
        pa.field("statistic", pa.float64()),
        pa.field("p_value", pa.float64()),
        pa.field("q_value", pa.float64()),
        pa.field("n", pa.int64()),
    ]
)


def replace(connection: duckdb.DuckDBPyConnection, window: JudgedWindow) -> None:
    """Store what is said of a window; where nothing is, what was said is gone."""
    whose: dict[str, Any] = msgspec.structs.asdict(window)
    rows = [msgspec.structs.asdict(one) for one in whose.pop("judgements")]
    whose_before = {name: value for name, value in whose.items() if name != "window_end"}
    connection.execute(_FORGET, whose_before)
    if rows:
        with registered(connection, "said", pa.Table.from_pylist(rows, schema=_SAID)):
            connection.execute(_SAY, whose)
