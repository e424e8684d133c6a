"""Asking the store, from a notebook as from a dashboard."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Self, cast

import polars as pl
import pyarrow as pa
from polars.io.plugins import register_io_source

from commonmode.store.execution import Parameters

_AFTER_THE_END = re.compile(r";(\s|--[^\n]*|/\*.*?\*/)*\Z", re.DOTALL)


class Reader(ABC):
    """Reads a store; how it gets there is a subclass's business.

    Parameters named ``$name`` in a query are given by name, ``?`` and ``$1`` in order.
    """

    @abstractmethod
    def batches(self, sql: str, parameters: Parameters = None) -> pa.RecordBatchReader:
        """Run one SELECT or EXPLAIN and stream its rows.

        Raises
        ------
        QueryError, QueryRefusedError
            When the statement is wrong, too long, too big, or not allowed.
        StoreUnreachableError
            When there is no store to ask.
        """

    def query(self, sql: str, parameters: Parameters = None) -> pl.DataFrame:
        """Run one SELECT or EXPLAIN and return all rows."""
        with self.batches(sql, parameters) as batches:
            return _frame(batches.read_all())

    def pages(
        self, sql: str, parameters: Parameters = None, *, rows: int
    ) -> Iterator[pl.DataFrame]:
        """Run one SELECT or EXPLAIN and yield its rows, about so many at a time.

        There is always a last page, which may have none.
        """
        with self.batches(sql, parameters) as batches:
            page, length = list[pa.RecordBatch](), 0
            for batch in batches:
                page.append(batch)
                length += batch.num_rows
                if length >= rows:
                    yield _frame(pa.Table.from_batches(page))
                    page, length = [], 0
            yield _frame(pa.Table.from_batches(page, batches.schema))

    def scan(self, sql: str, parameters: Parameters = None) -> pl.LazyFrame:
        """Return the rows as a lazy frame: nothing is read before it is collected.

        The store is asked only for the columns and the number of rows that are needed.
        """
        schema = self.query(_narrowed(sql, None, 0), parameters).schema

        def read(
            columns: list[str] | None,
            predicate: pl.Expr | None,
            n_rows: int | None,
            _batch_size: int | None,
        ) -> Iterator[pl.DataFrame]:
            limit = None if predicate is not None else n_rows
            with self.batches(_narrowed(sql, columns, limit), parameters) as batches:
                for batch in batches:
                    frame = cast(pl.DataFrame, pl.from_arrow(batch))
                    yield frame if predicate is None else frame.filter(predicate)

        return register_io_source(read, schema=schema)

    def last_seq(self) -> int:
        """Return the store position of the newest event; 0 when there is none."""
        return int(self.query("SELECT coalesce(max(seq), 0) AS seq FROM events").item())

    @abstractmethod
    def close(self) -> None:
        """Let go of the store."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _frame(rows: pa.Table) -> pl.DataFrame:
    return cast(pl.DataFrame, pl.from_arrow(rows, rechunk=False))


def _narrowed(sql: str, columns: list[str] | None, limit: int | None) -> str:
    names = "*" if columns is None else ", ".join('"' + c.replace('"', '""') + '"' for c in columns)
    body = _AFTER_THE_END.sub("", sql)
    end = "" if limit is None else f" LIMIT {int(limit)}"
    return f"SELECT {names} FROM (\n{body}\n){end}"  # noqa: S608  names are quoted, sql is the caller's
