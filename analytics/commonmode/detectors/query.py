"""SQL that a finding carries: parametrised to run, literal to read and paste."""

from __future__ import annotations

import json
import re
from datetime import datetime

from msgspec import Struct

Parameter = str | int | float | bool | datetime | list[str] | list[int] | None


class Query(Struct, frozen=True):
    """One DuckDB `SELECT` with named parameters (``$name``).

    Agent text only ever stands in `parameters`, never in `text`.

    Examples
    --------
    >>> Query("SELECT * FROM events WHERE agent = $agent", {"agent": "o'b"}).literal()
    "SELECT * FROM events WHERE agent = 'o''b'"
    """

    text: str
    parameters: dict[str, Parameter] = {}

    def literal(self) -> str:
        """Return the statement with its parameters written in, safely quoted."""
        return re.sub(r"\$(\w+)", lambda m: _literal(self.parameters[m[1]]), self.text)


def _literal(value: Parameter) -> str:
    match value:
        case None:
            return "NULL"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            return f"TIMESTAMPTZ '{value.isoformat()}'"
        case list():
            return "[" + ", ".join(map(_literal, value)) + "]::VARCHAR[]"
        case _:
            return json.dumps(value)
