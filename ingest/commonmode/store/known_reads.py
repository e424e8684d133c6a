"""Statements that were found to read only: who polls asks the same few, again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict

from msgspec import Struct

MOST = 256
LONGEST = 4_000
"""Most characters of a statement that is remembered."""


class Read(Struct, frozen=True):
    """One statement that can only read, as it is run.

    Parameters
    ----------
    query : str
        Its text.
    parameters : frozenset of str
        Names of its parameters.
    is_explain : bool
        Whether it asks for the plan.
    tables : frozenset of str
        Names of the tables and views it reads, in small letters.
    """

    query: str
    parameters: frozenset[str]
    is_explain: bool
    tables: frozenset[str]


class KnownReads:
    """The last few statements by their text, whoever asked them.

    Whether a text can only read depends on the text alone, so what passed once passes again;
    what did not is never in here.

    Examples
    --------
    >>> known = KnownReads(most=1)
    >>> for sql in ("FROM a", "FROM b"):
    ...     known.add(sql, Read(sql, frozenset(), False, frozenset()))
    >>> known.get("FROM a"), known.get("FROM b").query
    (None, 'FROM b')
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._reads: OrderedDict[str, Read] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, sql: str) -> Read | None:
        """Return what a text was found to be, None where it is not known."""
        with self._lock:
            if sql in self._reads:
                self._reads.move_to_end(sql)
            return self._reads.get(sql)

    def add(self, sql: str, read: Read) -> None:
        """Remember a statement; the one that was not asked for longest is forgotten."""
        if len(sql) > LONGEST:
            return
        with self._lock:
            self._reads[sql] = read
            if len(self._reads) > self._most:
                self._reads.popitem(last=False)
