"""The one shape of every detector: a mergeable tally and a judgement."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import polars as pl
from msgspec import Struct

from commonmode.detectors.bound import Narrowing
from commonmode.detectors.gathering import Gathering
from commonmode.detectors.query import Query
from commonmode.detectors.score import Score
from commonmode.detectors.screen import Screen
from commonmode.detectors.tally import Tallies, TallyTable, merge_tallies

Names = Callable[[str, "Window", pl.Series], pl.Series]
"""Gives the texts of a column that have some digests in a window, in their order."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Window(Struct, frozen=True, order=True):
    """A span of event time, `start` included, `end` not; both aware UTC."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, at: datetime, length: timedelta) -> Window:
        """Return the tumbling window of some length that an instant falls in.

        Formula: ``start = floor((at - 1970) / length) · length``, cut at years 1 and 9999.
        """
        start = (at - _EPOCH) // length * length
        start = max(start, datetime.min.replace(tzinfo=UTC) - _EPOCH)
        end = min(start + length, datetime.max.replace(tzinfo=UTC) - _EPOCH)
        return cls(_EPOCH + start, _EPOCH + end)


@dataclass(frozen=True, kw_only=True)
class Detector(ABC):
    """Counts events into tallies that merge, then judges the tallies of a closed window.

    Subclasses are frozen dataclasses whose fields are their parameters.
    They read no clock, network, file or database, and draw randomness only from `seed`.

    Parameters
    ----------
    window : timedelta
        Length of the tumbling windows of event time.
    seed : int
        Seed of every random draw.
    """

    name: ClassVar[str]
    """Stable; stored with findings."""
    version: ClassVar[int]
    """Goes up when the formula or a default changes."""
    reads: ClassVar[Mapping[str, tuple[str, ...]]]
    """Kind of event → columns read of it, beside `id`, `kind`, `at`, `agent`."""
    needs: ClassVar[Mapping[str, str]] = {}
    """Kind of event → column of it without which an event is not counted, and so not read."""
    tables: ClassVar[Mapping[str, TallyTable]]
    """The tally tables, and with them how tallies merge."""
    hands_on: ClassVar[tuple[str, ...]] = ()
    """Kinds of event that carried tables are counted from, and no other table is needed for."""
    reads_ids: ClassVar[bool] = True
    """Whether it reads the `id` of events: in a large log no column costs more."""
    asked_at_once: ClassVar[Mapping[str, str]] = {}
    """List parameter of evidence queries → column of events that says which value they are of.

    Evidence that differs in one such value alone is fetched by one query with all the values:
    what it selects of several must be what it selects of each.
    """
    beside: ClassVar[tuple[str, ...]] = ()
    """Columns of which every value in a window matters, whoever's event has it; see `screen`.

    It matters to what is said, and not to whether anything is.
    """
    names_first: ClassVar[bool] = False
    """Whether subjects are named before they are looked at, and each is scored, found or not.

    The p-value of a subject that was chosen for it is small by choice; only evidence about
    subjects that were not may be added up over windows.
    """

    window: timedelta = timedelta(hours=1)
    seed: int = 0

    @abstractmethod
    def tally(self, events: pl.LazyFrame) -> Tallies:
        """Count events, of any split and order, each event at most once.

        Parameters
        ----------
        events : polars.LazyFrame
            Columns ``id, kind, at, agent`` and those of `reads`, of the kinds of `reads`; ``id``
            may be missing where `reads_ids` is False.

        Returns
        -------
        dict of str to polars.DataFrame
            One frame per table of `tables`, in its schema.
        """

    @abstractmethod
    def judge(self, tallies: Tallies, window: Window) -> Sequence[Score]:
        """Score every subject of a window from its merged tallies, alarming or not."""

    def merge(self, parts: Iterable[Tallies]) -> Tallies:
        """Add tallies up: associative, commutative, and equal to tallying the whole."""
        return merge_tallies(self.tables, parts)

    def narrowing(self, tallies: Tallies) -> Narrowing | None:  # noqa: ARG002  for those who narrow
        """Return which events can still change a window's tallies; None: any.

        It may only narrow as tallies grow, and holds only beside these tallies: merged with what
        the events left out would have given, they give the same.
        """
        return None

    def screen(self) -> Screen | None:
        """Return what tells of whom something may be said in a large log; None: read it whole."""
        return None

    def related(self, where: Query, doubted: pl.DataFrame | None = None) -> Query:  # noqa: ARG002  for those who choose
        """Return the condition for the events handed on that matter to some windows; here all.

        Parameters
        ----------
        where : Query
            The condition over `events` that one is of these windows.
        doubted : polars.DataFrame, optional
            What its screen left open there, of which alone something may be said; None: of all.
        """
        return Query("true")

    def detect(self, events: pl.LazyFrame, window: Window) -> Sequence[Score]:
        """Tally and judge one batch as one window: the short way for notebooks and tests."""
        return self.judge(self.merge([self.tally(events)]), window)

    def sitting(self, names: Names | None = None) -> Sitting:  # noqa: ARG002  for those who override it
        """Return a judge of window after window; the scores are those of `judge`.

        Parameters
        ----------
        names : callable, optional
            Gives texts for digests, so that a sitting may count by these.
        """
        return Sitting(self)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters, JSON-ready, as findings store them."""
        return {
            name: value.total_seconds() if isinstance(value, timedelta) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Return every column read, of any kind, once, in a stable order."""
        wanted = ("id", "kind", "at", "agent", *(c for cs in cls.reads.values() for c in cs))
        return tuple(dict.fromkeys(wanted))


class Sitting:
    """Judges window after window of one detector.

    Parameters
    ----------
    detector : Detector
        Whose windows they are.
    """

    numbered: tuple[str, ...] = ()
    """Columns that it takes digests of in the place of texts."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    def gathering(self) -> Gathering:
        """Return what takes in the tallies of one window, part by part."""
        return Gathering(self._detector.tables, self._detector.merge)

    def scores(self, own: Sequence[Tallies], handed_on: Tallies, window: Window) -> Sequence[Score]:
        """Score a window from the parts of its own tallies and what holds of any window's.

        Nobody reads the parts afterwards, so a large table may be taken out of them.
        """
        return self._detector.judge(self.merged(own, handed_on), window)

    def merged(self, own: Sequence[Tallies], handed_on: Tallies) -> Tallies:
        """Add the parts of a window's own tallies up, beside what holds of any window's."""
        # What is handed on is merged already; for all grants that there are, once is enough.
        return {**self._detector.merge(own), **handed_on}
