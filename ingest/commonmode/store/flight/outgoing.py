"""What a query gives, in the form that every Flight SQL client reads rightly."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from commonmode.store.flight.bounds import BoundedStream

MESSAGE_BYTES = 4 * 2**20
"""About what one message carries: ADBC takes 16 MB unless it is told otherwise."""


def portable(schema: pa.Schema) -> pa.Schema:
    """Return the columns with dictionaries spelt out: JDBC shows the number of an ENUM's value.

    Examples
    --------
    >>> portable(pa.schema([("x", pa.dictionary(pa.uint8(), pa.string()))])).types
    [DataType(string)]
    """
    return pa.schema(
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in schema
    )


def batches(stream: BoundedStream) -> Iterator[pa.RecordBatch]:
    """Yield a query's rows as the columns that `portable` names, in messages of a size."""
    schema = portable(stream.schema)
    for batch in stream:
        yield from _in_messages(batch.cast(schema))


def _in_messages(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    rows = max(1, batch.num_rows * MESSAGE_BYTES // max(batch.nbytes, 1))
    return (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))
