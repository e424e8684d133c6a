"""When things happen: a day and a week that breathe."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from commonmode.economy.rows import Floats, Ints

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_STEP = 15 * MINUTE
_THURSDAY = 3  # 1970-01-01 was one; days of the week count from Monday
_WEEKEND = 0.45


def intensity(at: Ints | Floats) -> Floats:
    """Return how busy an instant is, 1 at its busiest: a peak at 14 h UTC, quiet week-ends.

    Examples
    --------
    >>> monday = 1_767_571_200 * SECOND
    >>> intensity(np.array([monday + 2 * HOUR, monday + 14 * HOUR])).round(2).tolist()
    [0.3, 1.0]
    """
    hour = (at % DAY) / HOUR
    weekday = (at // DAY + _THURSDAY) % 7
    daily = 0.3 + 0.7 * (0.5 + 0.5 * np.cos((hour - 14) * np.pi / 12))
    return np.asarray(np.where(weekday >= 5, _WEEKEND, 1.0) * daily)  # noqa: PLR2004  Saturday


@dataclass(frozen=True)
class Span:
    """A stretch of time, µs since 1970; `start` included, `end` not."""

    start: int
    end: int

    def _steps(self) -> tuple[Floats, Floats]:
        count = max(1, -(-(self.end - self.start) // _STEP))
        edges = np.linspace(self.start, self.end, count + 1)
        return edges, intensity((edges[1:] + edges[:-1]) / 2) * np.diff(edges)

    def mass(self) -> float:
        """Return the activity expected in it, in busiest microseconds."""
        return float(self._steps()[1].sum())

    def draw(self, count: int, rng: np.random.Generator) -> Ints:
        """Return `count` sorted instants, as dense as the time of day and week asks for."""
        edges, mass = self._steps()
        reached = np.concatenate([[0.0], np.cumsum(mass)])
        places = np.sort(rng.uniform(0, reached[-1], count))
        return np.interp(places, reached, edges).astype(np.int64).clip(self.start, self.end - 1)

    def early(self) -> Span:
        """Return its first nine tenths, so that what starts there has time to play out."""
        return Span(self.start, self.start + (self.end - self.start) * 9 // 10)

    def hours(self) -> Ints:
        """Return the starts of the full hours inside."""
        return np.arange(-(-self.start // HOUR), self.end // HOUR, dtype=np.int64) * HOUR

    def cut(self, parts: int) -> list[Span]:
        """Return equal parts of it, in order."""
        edges = np.linspace(self.start, self.end, parts + 1).astype(np.int64).tolist()
        return [Span(*ends) for ends in pairwise(edges)]

    def holds(self, at: Ints) -> np.ndarray:
        """Return which instants lie inside."""
        return np.asarray((at >= self.start) & (at < self.end))
