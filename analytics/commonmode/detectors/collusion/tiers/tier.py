"""One tier of evidence: held, not held, or not testable on this log, and why."""

from __future__ import annotations

import math
from typing import NamedTuple

SIGNIFICANT = 0.05
"""A tier holds at this p-value: it adds to a finding that was already corrected for every look."""


class Tier(NamedTuple):
    """What one tier says of a group of agents.

    Attributes
    ----------
    letter, name : str
        ``A`` outcome screens, ``B`` dependence, ``C`` footprint response, ``D`` not a best reply.
    held : bool or None
        None where this log cannot tell.
    why : str
        What was measured, or what is missing.
    statistic, p_value : float
        NaN where there is none.
    n : int
        Units that it rests on.
    null : str
        What it was compared with.
    """

    letter: str
    name: str
    held: bool | None
    why: str
    statistic: float = math.nan
    p_value: float = math.nan
    n: int = 0
    null: str = ""

    def sentence(self) -> str:
        """Return it as people read it.

        Examples
        --------
        >>> Tier("A", "outcome screens", None, "no quantities are logged").sentence()
        'A, outcome screens: could not be tested on this log, because no quantities are logged.'
        >>> Tier("A", "outcome screens", True, "Δ = 0.8", 0.8, 0.01, 90, "Δ ≤ 0.4").sentence()
        'A, outcome screens: held; Δ = 0.8 (p = 0.01, n = 90; null: Δ ≤ 0.4).'
        """
        about = f"{self.letter}, {self.name}"
        if self.held is None:
            return f"{about}: could not be tested on this log, because {self.why}."
        state = "held" if self.held else "not held"
        if not self.null:
            return f"{about}: {state}; {self.why}."
        return (
            f"{about}: {state}; {self.why} (p = {self.p_value:.2g}, n = {self.n}; "
            f"null: {self.null})."
        )

    def measures(self) -> dict[str, float]:
        """Return its numbers by name; ``tier_a`` is 1 where it held, 0 where not, else absent."""
        key = f"tier_{self.letter.lower()}"
        if self.held is None:
            return {}
        numbers = {
            key: float(self.held),
            f"{key}_statistic": self.statistic,
            f"{key}_p": self.p_value,
            f"{key}_n": float(self.n),
        }
        return {name: value for name, value in numbers.items() if math.isfinite(value)}
