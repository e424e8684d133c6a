"""Judging window after window: presence is as long as the log, so it is coded and never merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from commonmode.detectors.base import Detector, Sitting, Window
from commonmode.detectors.collusion.presence import Coded
from commonmode.detectors.score import Score
from commonmode.detectors.tally import Tallies


class CollusionSitting(Sitting):
    """Judges windows from parts of presence as they were counted.

    Parameters
    ----------
    detector : Detector
        Whose tallies they are.
    judge : callable
        Judges a window by coded presence and its other tallies.
    """

    def __init__(
        self, detector: Detector, judge: Callable[[Coded, Tallies, Window], Sequence[Score]]
    ) -> None:
        super().__init__(detector)
        self._judge = judge

    def scores(self, own: Sequence[Tallies], handed_on: Tallies, window: Window) -> Sequence[Score]:
        """See `Sitting.scores`."""
        coded = Coded.of(part.pop("presence") for part in own)
        return self._judge(coded, self.merged(own, handed_on), window)
