"""Events laid out as columns: Parquet files, read by parts of a row group."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from math import isfinite
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from commonmode.events import DIGESTS, FIELDS
from commonmode.formats.base import DamagedLogError, UnknownFormatError
from commonmode.formats.canonical import Canonical
from commonmode.formats.lines import KEPT, LONGEST, Block, Line

_AT_ONCE = 8 * 2**20
"""Bytes of rows, as they are without compression, that are read at once."""

_BUFFER = 2**20
"""Bytes of each column that are held while a row group is read."""

_NEEDED = ("id", "kind", "at", "agent")
_OF_A_STORE = frozenset({"topic", "partition", "offset", "seq", "ingested_at"})
"""Columns that a store adds: where all of them are, the file was taken from table `events`.

So were digests then, if there are any.
"""

_STRUCTURED = frozenset(
    name for name, doc in FIELDS.items() if doc.is_json or pa.types.is_list(doc.arrow)
)
"""Fields that are no single value: text in their columns is the JSON of one."""

_TEXT = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
)

_encode = msgspec.json.Encoder(enc_hook=str, decimal_format="number").encode
_skip = msgspec.json.Decoder(msgspec.Raw).decode


class Parquet(Canonical):
    """Parquet with a column for each field of the wire form; NULL is an absent field.

    A row becomes a line of the wire form, which is read like any other: what is refused, and why,
    is what `commonmode.events.decode` says of it. Lists, structs and maps are JSON arrays and
    objects; text in a column of a structured field is the JSON of one.
    """

    name = "parquet"
    summary = "Parquet, a column for each field; nested fields as such or as JSON text"
    looks_for = "the bytes PAR1 at the beginning"
    begins = b"PAR1"
    reads_from_end = True

    def recognises(self, record: dict[str, Any]) -> bool:
        """Tell that no record of a text is of this format."""
        del record
        return False

    def records(self, stream: BinaryIO) -> Iterator[Line]:
        """Yield the rows, numbered from 1, each as a line of the wire form."""
        for block in self.blocks(stream, _AT_ONCE):
            yield from self.records_in(block)

    def blocks(self, stream: BinaryIO, size: int) -> Iterator[Block]:
        """Cut a file into some rows at a time, whatever its row groups are.

        Raises
        ------
        UnknownFormatError
            When a column that every event needs is missing.
        DamagedLogError
            When it cannot be read on.
        """
        first = 1
        with _damage_told():
            file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=_BUFFER)
            names = _columns(file.schema_arrow)
            for batch in file.iter_batches(_rows_in(file.metadata, size), columns=names):
                yield Block(first, _to_bytes(batch))
                first += batch.num_rows

    def records_in(self, block: Block) -> Iterator[Line]:
        """Yield the rows of a block, each as a line of the wire form."""
        for number, text in zip(count(block.first), _lines(block.content), strict=False):
            whole = len(text) <= LONGEST
            yield Line(number, text if whole else text[:KEPT], whole)

    def lines_in(self, block: Block) -> list[bytes] | None:
        """Return the rows of a block as lines of the wire form; None where one is too long."""
        lines = _lines(block.content)
        return lines if all(len(line) <= LONGEST for line in lines) else None


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise DamagedLogError(" ".join(str(error).split())) from error


def _columns(schema: pa.Schema) -> list[str]:
    missing = [name for name in _NEEDED if name not in schema.names]
    if missing:
        msg = (
            f"needed the columns {', '.join(_NEEDED)}; {', '.join(missing)} missing among "
            f"{', '.join(schema.names)}. Hint: name the columns as `commonmode schema` does."
        )
        raise UnknownFormatError(msg)
    is_of_a_store = set(schema.names) >= _OF_A_STORE
    added = {*_OF_A_STORE, *DIGESTS} if is_of_a_store else set[str]()
    return [name for name in schema.names if name not in added]


def _rows_in(metadata: pq.FileMetaData, size: int) -> int:
    """Return how many rows have about `size` bytes."""
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    rows, bytes_ = metadata.num_rows, sum(group.total_byte_size for group in groups)
    return max(1, min(int(rows), size * int(rows) // max(1, int(bytes_))))


def _to_bytes(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _lines(content: bytes) -> list[bytes]:
    """Write each row as a JSON object of the cells that are not NULL."""
    rows = pa.ipc.open_stream(content).read_all().combine_chunks()
    filled = [name for name in rows.column_names if rows[name].null_count < rows.num_rows]
    if not filled:
        return [b"{}"] * int(rows.num_rows)
    cells = [_cells(name, rows[name]) for name in filled]
    return [
        _encode({name: cell for name, cell in zip(filled, row, strict=True) if cell is not None})
        for row in zip(*cells, strict=True)
    ]


def _cells(name: str, column: pa.ChunkedArray) -> list[Any]:
    """Return a column's cells as values that have one JSON form."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return _cells(name, column.cast(kind.storage_type))
    if pa.types.is_dictionary(kind):
        return _cells(name, column.cast(kind.value_type))
    if pa.types.is_timestamp(kind):
        return _times(column)
    if pa.types.is_floating(kind):
        return list(map(_number, column.to_pylist()))
    if any(is_text(kind) for is_text in _TEXT):
        texts = _texts(column)
        return list(map(_parsed, texts)) if name in _STRUCTURED else texts
    return list(column.to_pylist(maps_as_pydicts="lossy"))


def _times(column: pa.ChunkedArray) -> list[str | None]:
    unit, zone = column.type.unit, column.type.tz
    if zone is not None:
        column = column.cast(pa.timestamp(unit, "UTC"))
    form = pc.StrftimeOptions("%Y-%m-%dT%H:%M:%S" + ("Z" if zone else ""))
    return list(pc.call_function("strftime", [column], form).to_pylist())


def _number(cell: float | None) -> float | msgspec.Raw | None:
    """Return a number, or what makes the whole row none: JSON has no infinity, nor what is none."""
    return cell if cell is None or isfinite(cell) else msgspec.Raw(b"NaN")


def _texts(column: pa.ChunkedArray) -> list[Any]:
    try:
        return list(column.cast(pa.large_string()).to_pylist())
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return list(map(_text, column.cast(pa.large_binary()).to_pylist()))


def _text(cell: bytes | None) -> str | msgspec.Raw | None:
    """Return bytes as the text that they are, or as a string that no JSON has."""
    if cell is None:
        return None
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return msgspec.Raw(b'"%b"' % cell)


def _parsed(cell: Any) -> Any:
    """Return JSON as it stands where it is one value; else what makes the whole row none."""
    if not isinstance(cell, str):
        return cell
    text = cell.encode()
    try:
        _skip(text)
    except (msgspec.DecodeError, RecursionError):
        return msgspec.Raw(_encode(cell) + b" (needed JSON)")
    return msgspec.Raw(text)
