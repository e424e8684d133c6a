"""Judging window after window: presence is as long as the log, so it is coded and never merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from commonmode.detectors.base import Detector, Sitting, Window
from commonmode.detectors.coding import coded
from commonmode.detectors.collusion.presence import MESSAGES, Coded
from commonmode.detectors.collusion.prices import often_priced
from commonmode.detectors.score import Score
from commonmode.detectors.tally import Tallies


class CollusionSitting(Sitting):
    """Judges windows from parts of presence as they were counted.

    Parameters
    ----------
    detector : Detector
        Whose tallies they are.
    fewest : int
        Prices of a resource below which it makes no market.
    judge : callable
        Judges a window by coded presence and its other tallies.
    """

    def __init__(
        self,
        detector: Detector,
        fewest: int,
        judge: Callable[[Coded, Tallies, Window], Sequence[Score]],
    ) -> None:
        super().__init__(detector)
        self._fewest, self._judge = fewest, judge

    def scores(self, own: Sequence[Tallies], handed_on: Tallies, window: Window) -> Sequence[Score]:
        """See `Sitting.scores`."""
        seen = Coded.of(part.pop("presence") for part in own)
        # Merging is most of what judging takes: of prices most are of no market, and messages are
        # added up for a few agents.
        sent = pl.concat(map(coded, [MESSAGES.empty(), *(part.pop("messages") for part in own)]))
        prices = often_priced([part["prices"] for part in own], self._fewest)
        own = [{**part, "prices": rows} for part, rows in zip(own, prices, strict=True)]
        return self._judge(seen, {**self.merged(own, handed_on), "messages": sent}, window)
