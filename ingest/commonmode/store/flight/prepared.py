"""Prepared statements: a handle stands for a query and its parameters."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence

import pyarrow as pa
from msgspec import Struct

from commonmode.store.errors import QueryError
from commonmode.store.execution import Parameters


class Prepared(Struct, frozen=True):
    """A query with the names of its parameters and, once bound, their values."""

    query: str
    names: tuple[str, ...]
    parameters: dict[str, object] | list[object] | None = None


class PreparedStatements:
    """Remembers prepared statements by handle; the oldest go when there are very many.

    Parameters
    ----------
    capacity : int
        How many are remembered; clients that never close theirs must not fill the memory.
    """

    def __init__(self, capacity: int = 1_000) -> None:
        self._capacity = capacity
        self._known: OrderedDict[bytes, Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, prepared: Prepared) -> bytes:
        """Remember a statement under a new handle."""
        handle = secrets.token_bytes(16)
        with self._lock:
            self._known[handle] = prepared
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return handle

    def get(self, handle: bytes) -> Prepared:
        """Return what a handle stands for.

        Raises
        ------
        QueryError
            When it was closed, or forgotten.
        """
        with self._lock:
            prepared = self._known.get(handle)
        if prepared is None:
            msg = "this prepared statement is not known any more."
            raise QueryError(msg, "prepare it again")
        return prepared

    def bind(self, handle: bytes, values: pa.Table) -> None:
        """Give a statement the parameters of its next run: one row."""
        prepared = self.get(handle)
        bound = Prepared(prepared.query, prepared.names, _bound(prepared.names, values))
        with self._lock:
            self._known[handle] = bound

    def forget(self, handle: bytes) -> None:
        """Close a statement; an unknown one is closed already."""
        with self._lock:
            self._known.pop(handle, None)


def _bound(names: Sequence[str], values: pa.Table) -> dict[str, object] | list[object]:
    if values.num_rows != 1 or values.num_columns != len(names):
        msg = (
            f"needed one row of {len(names)} parameters; "
            f"found {values.num_rows} of {values.num_columns}."
        )
        raise QueryError(msg)
    row = [column[0].as_py() for column in values.columns]
    if set(values.column_names) == set(names):
        return dict(zip(values.column_names, row, strict=True))
    if all(name.isdecimal() for name in names):
        return row
    msg = f"needed parameters named {sorted(names)}; found {values.column_names}."
    raise QueryError(msg)


def in_order(names: Collection[str]) -> tuple[str, ...]:
    """Return parameter names as clients number them: ``$2`` before ``$10``."""
    return tuple(
        sorted(names, key=lambda name: (len(name), name) if name.isdecimal() else (0, name))
    )


def unbound(prepared: Prepared) -> Parameters:
    """Return the parameters, NULL for each where none are bound yet."""
    if prepared.parameters is not None or not prepared.names:
        return prepared.parameters
    return dict.fromkeys(prepared.names)
