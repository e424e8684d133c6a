"""Screens: of whom something may be said in a large log, told without reading each event."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import polars as pl

from commonmode.detectors.query import Query

Doubting = Callable[[pl.DataFrame], pl.DataFrame]
"""Picks what is open of some rows of what was asked: `agent_digest`, and `first` and `last` time.

It may have more columns, by which `Detector.related` knows what matters to it.
"""


class Screen(ABC):
    """Tells of whom something may be said, from what the store adds up of each agent.

    A window is judged by the events of the agents that are doubted in it, and by the values of
    `Detector.beside` in the events of others, in rows without an agent: the scores must be those
    of the whole window. What two queries give is compared outside of the store, as a query that
    joins all of a large log with itself needs more memory than a store has.
    """

    @abstractmethod
    def plain(self) -> Query:
        """Return the query for what settles events, whatever else is known; one for all windows."""

    @abstractmethod
    def asked(self, where: Query) -> Query:
        """Return the query for what events that meet a condition ask to be settled.

        It is as long as these events, so its rows are compared as they come.
        """

    @abstractmethod
    def doubting(self, plain: pl.DataFrame) -> Doubting:
        """Return what picks, of rows that were asked, those that nothing plain settles."""

    @abstractmethod
    def apart(self, where: Query) -> Query:
        """Return the query for what is doubted in any case: `agent_digest`, `first`, `last`.

        Of events that are handed on, as far as that meets a condition.
        """
