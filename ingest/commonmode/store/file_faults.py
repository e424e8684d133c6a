"""What DuckDB says when the file under it fails, in our words."""

from __future__ import annotations

import duckdb

from commonmode.store.errors import StoreDamagedError, StoreError, StoreFullError

_DAMAGED = (
    "corrupt",
    "could not read enough bytes",
    "not a valid duckdb database file",
    "failure while replaying wal",
)
_FULL = ("no space left on device", "file too large", "disk quota exceeded")


def file_fault(store: str, error: BaseException) -> StoreError | None:
    """Return the error of ours that tells what is wrong with the file; None when nothing is.

    Examples
    --------
    >>> fault = file_fault("s.duckdb", OSError("No space left on device"))
    >>> fault.problem
    'the disk of the store s.duckdb is full: No space left on device.'
    >>> fault.hint
    'make room; what was stored is safe, and the rest comes again'
    """
    text, said = str(error), str(error).lower()
    # After a fatal error nothing can be written any more, whatever room there is by then.
    if any(words in said for words in _FULL) and not isinstance(error, duckdb.FatalException):
        msg = f"the disk of the store {store} is full: {text}."
        return StoreFullError(msg, "make room; what was stored is safe, and the rest comes again")
    if any(words in said for words in _DAMAGED):
        msg = f"the store {store} is damaged: {text}."
        hint = "move it away; `commonmode up` or `commonmode replay` rebuilds it from the log"
        return StoreDamagedError(msg, hint)
    return None
