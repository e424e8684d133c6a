"""Rates with their uncertainty; without trials `nan`, shown as a dash with the reason."""

from __future__ import annotations

import math

from msgspec import Struct

_Z = 1.959964


class Rate(Struct, frozen=True):
    """So many of so many.

    Attributes
    ----------
    hits, trials : float
        Count, and what it is out of.
    undefined : str
        Why there is no rate, should `trials` be 0.

    Examples
    --------
    >>> Rate(3, 4).value, Rate(0, 0, "nothing was planted").value
    (0.75, nan)
    """

    hits: float
    trials: float
    undefined: str = "nothing to count"

    @property
    def value(self) -> float:
        """The rate; `nan` without trials."""
        return self.hits / self.trials if self.trials else math.nan

    @property
    def reason(self) -> str:
        """Why it is `nan`; empty when it is a number."""
        return "" if self.trials else self.undefined

    def words(self) -> str:
        """Return it as ``k of n``, or why there is none.

        Examples
        --------
        >>> Rate(3, 50).words(), Rate(0, 0, "nothing was planted").words()
        ('3 of 50', '— (nothing was planted)')
        """
        return f"{self.hits:g} of {self.trials:g}" if self.trials else self.none()

    def none(self) -> str:
        """Return a dash and why there is no rate."""
        return f"— ({self.undefined})"

    def interval(self) -> tuple[float, float]:
        """Return the 95 % Wilson score interval; 0 to 1 without trials.

        Examples
        --------
        >>> low, high = Rate(0, 50).interval()
        >>> round(low, 3), round(high, 3)
        (0.0, 0.071)
        """
        if not self.trials:
            return 0.0, 1.0
        n, p = self.trials, self.value
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)
