"""What can go wrong with the store, and what to do about it."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot do what was asked.

    Parameters
    ----------
    problem : str
        What was needed and what was found.
    hint : str
        What to do about it; empty where nothing can be said.
    """

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(f"{problem} Hint: {hint}" if hint else problem)
        self.problem = problem
        self.hint = hint


class StoreUnreachableError(StoreError):
    """There is no store there, another process holds it, or its owner does not answer."""


class StoreHeldError(StoreUnreachableError):
    """Another process holds the store's file and does not serve it."""


class StoreVersionError(StoreError):
    """The store was written by a version of commonmode that this one cannot read."""


class StoreFullError(StoreError):
    """The disk has no room for a batch; nothing of it was stored, and what was before is safe."""


class StoreDamagedError(StoreError):
    """The store's file is cut short or was changed by something else."""


class BatchRefusedError(StoreError):
    """A batch does not fit the store; nothing of it was stored."""


class TokenError(StoreError):
    """A named token cannot be made, changed or trusted."""


class ListenError(StoreError):
    """The store cannot be served at an address safely, or at all."""


class QueryError(StoreError):
    """A query is wrong, ran too long, or needed too much memory."""


class QueryTooLargeError(QueryError):
    """A query ran too long, or needed too much memory: asked of less, it may be answered."""


class QueryRefusedError(QueryError):
    """A statement is not one SELECT or EXPLAIN, or reaches outside the store."""
