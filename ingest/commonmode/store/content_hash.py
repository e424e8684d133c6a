"""One number for what a store says, whatever the order it was stored in."""

from __future__ import annotations

from commonmode.events import EVENT_SCHEMA, FIELDS
from commonmode.store.reader import Reader


def content_hash(reader: Reader) -> str:
    """Return a hash of all events' meaning: equal for a store and its replay.

    Formula: XOR over events of MD5(the kind and every field, as text), and how many there are.
    It does not see positions, neither of the log nor of the store, nor how JSON is spaced.

    Returns
    -------
    str
        ``count-hash``, the hash in 32 hexadecimal digits.
    """
    fields = ", ".join(map(_meaning, ("kind", *FIELDS)))
    row = reader.query(
        # The names are ours; no text of an agent stands in this query.
        f"SELECT count(*) AS n, bit_xor(md5_number(CAST(ROW({fields}) AS VARCHAR)))"  # noqa: S608
        "::VARCHAR AS hash FROM events"
    ).row(0, named=True)
    return f"{row['n']}-{int(row['hash'] or 0) % 2**128:032x}"


def _meaning(name: str) -> str:
    field = FIELDS.get(name)
    if field is not None and field.is_json:
        return f'json("{name}")'
    if field is not None and field.arrow == EVENT_SCHEMA.field("at").type:
        # Microseconds since 1970 do not depend on how a version of DuckDB writes times.
        return f'epoch_us("{name}")'
    return f'"{name}"'
