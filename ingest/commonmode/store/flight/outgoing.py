"""What a query gives, in the form that every Flight SQL client reads rightly."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from commonmode.store.flight.bounds import BoundedStream


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
    """Yield a query's rows as the columns that `portable` names."""
    schema = portable(stream.schema)
    return (batch.cast(schema) for batch in stream)
