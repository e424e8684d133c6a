"""Judging window after window: presence is as long as the log, so it is coded and never merged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl

from commonmode.detectors.base import Detector, Names, Sitting, Window
from commonmode.detectors.coding import coded
from commonmode.detectors.collusion.presence import NAMED, Coded, Presences
from commonmode.detectors.collusion.prices import often_priced
from commonmode.detectors.gathering import Gathering
from commonmode.detectors.numbering import Naming
from commonmode.detectors.score import Score
from commonmode.detectors.tally import Tallies, TallyTable


class CollusionGathering(Gathering):
    """Takes presence out of the parts of a window as they come, and numbers it."""

    def __init__(
        self,
        tables: Mapping[str, TallyTable],
        merge: Callable[[Iterable[Tallies]], Tallies],
    ) -> None:
        super().__init__(tables, merge)
        self._tables = tables
        self.presences = Presences()

    def add(self, part: Tallies) -> None:
        """See `Gathering.add`."""
        self.presences.add(part["presence"])
        # Even an empty table, or piece of one, would hold all that was read.
        others = [(name, rows) for name, rows in part.items() if len(rows) and name != "presence"]
        super().add({name: rows.rechunk() for name, rows in others})

    def all(self, name: str) -> list[pl.DataFrame]:
        """Return the parts of a table; an empty one where there is none."""
        found = [part[name] for part in self if name in part]
        return found or [coded(self._tables[name].empty())]


class CollusionSitting(Sitting):
    """Judges windows from presence as it was gathered.

    Parameters
    ----------
    detector : Detector
        Whose tallies they are.
    fewest : int
        Prices of a resource below which it makes no market.
    judge : callable
        Judges a window by coded presence and its other tallies.
    names : callable, optional
        Gives texts for digests; without it events come with texts.
    """

    def __init__(
        self,
        detector: Detector,
        fewest: int,
        judge: Callable[[Coded, Tallies, Window], Sequence[Score]],
        names: Names | None = None,
    ) -> None:
        super().__init__(detector)
        self._fewest, self._judge, self._names = fewest, judge, names
        self.numbered = () if names is None else NAMED

    def gathering(self) -> CollusionGathering:
        """See `Sitting.gathering`."""
        return CollusionGathering(self._detector.tables, self._detector.merge)

    def scores(self, own: Sequence[Tallies], handed_on: Tallies, window: Window) -> Sequence[Score]:
        """See `Sitting.scores`."""
        gathered = self._gathered(own)
        prices = often_priced(gathered.all("prices"), self._fewest)
        told = {"prices": prices, "bids": pl.concat(gathered.all("bids"))}
        named = {name: self._named(rows, window) for name, rows in told.items()}
        # Merging is most of what judging takes: messages are added up for a few agents.
        sent = pl.concat(gathered.all("messages"))
        cleared = [{"cleared": rows} for rows in gathered.all("cleared")]
        known = self.merged([*cleared, named], handed_on)
        seen = gathered.presences.coded(self._naming(window))
        return self._judge(seen, {**known, "messages": sent}, window)

    def _gathered(self, own: Sequence[Tallies]) -> CollusionGathering:
        if isinstance(own, CollusionGathering):
            return own
        gathered = self.gathering()
        for part in own:
            gathered.add(part)
        return gathered

    def _named(self, rows: pl.DataFrame, window: Window) -> pl.DataFrame:
        """Return rows with texts where digests were read."""
        if (names := self._naming(window)) is None:
            return rows
        known = [name for name in self.numbered if name in rows.columns]
        return rows.with_columns(names(name)(rows[name]).alias(name) for name in known)

    def _naming(self, window: Window) -> Callable[[str], Naming] | None:
        if (names := self._names) is None:
            return None
        return lambda column: lambda digests: names(column, window, digests)
