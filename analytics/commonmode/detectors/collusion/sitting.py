"""Judging window after window: presence is as long as the log, so it is coded and never merged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl

from commonmode.detectors.base import Detector, Names, Sitting, Window
from commonmode.detectors.coding import coded
from commonmode.detectors.collusion.presence import MESSAGES, NAMED, Coded, Presences
from commonmode.detectors.collusion.prices import PRICES, often_priced
from commonmode.detectors.gathering import Gathering
from commonmode.detectors.score import Score
from commonmode.detectors.tally import Tallies, TallyTable


class CollusionGathering(Gathering):
    """Takes presence and prices out of the parts of a window as they come, and numbers them."""

    def __init__(
        self,
        tables: Mapping[str, TallyTable],
        merge: Callable[[Iterable[Tallies]], Tallies],
        names: Names | None = None,
    ) -> None:
        super().__init__(tables, merge)
        self.presences = Presences(names)
        self._prices = [self.presences.numbered(PRICES.empty())]

    def add(self, part: Tallies) -> None:
        """See `Gathering.add`."""
        self.presences.add(part["presence"])
        self._prices.append(self.presences.numbered(part["prices"]))
        # An empty table would still hold the texts that were read.
        rest = {name: part[name] for name in part if name not in ("presence", "prices")}
        super().add({name: self.presences.numbered(rows) for name, rows in rest.items()})

    def named(self) -> list[dict[str, pl.DataFrame]]:
        """Return what is gathered beside presence and prices, with texts."""
        return [{name: self.presences.named(rows) for name, rows in part.items()} for part in self]

    def prices(self, fewest: int) -> pl.DataFrame:
        """Return the prices of resources that have so many: of most no market can be made."""
        return self.presences.named(often_priced(self._prices, fewest))


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
        return CollusionGathering(self._detector.tables, self._detector.merge, self._names)

    def scores(self, own: Sequence[Tallies], handed_on: Tallies, window: Window) -> Sequence[Score]:
        """See `Sitting.scores`."""
        gathered = self._gathered(own)
        prices = gathered.prices(self._fewest)
        own = gathered.named()
        seen = gathered.presences.coded()
        # Merging is most of what judging takes: messages are added up for a few agents.
        sent = pl.concat(map(coded, [MESSAGES.empty(), *(part.pop("messages") for part in own)]))
        known = self.merged([*own, {"prices": prices}], handed_on)
        return self._judge(seen, {**known, "messages": sent}, window)

    def _gathered(self, own: Sequence[Tallies]) -> CollusionGathering:
        if isinstance(own, CollusionGathering):
            return own
        gathered = self.gathering()
        for part in own:
            gathered.add(part)
        return gathered
