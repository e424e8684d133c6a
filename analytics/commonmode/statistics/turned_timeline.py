"""How often two timelines coincide when one is turned around: the null that keeps bursts."""

from __future__ import annotations

import numpy as np

from commonmode.statistics.ballots import Integers


def share_of_turns(
    first: tuple[Integers, Integers], second: tuple[Integers, Integers], length: int
) -> float:
    r"""Return the share of turns of one timeline at which two coincide as often as they do.

    .. math:: \frac{\#\{s ≠ 0 : o(s) ≥ o(0)\}}{L - 1},\quad
        o(s) = \#\{(r, t) : t ∈ A_r,\ t + s ∈ B_r \pmod L\}

    Sessions, bursts and timetables are kept by turning, so two agents that come by the clock meet
    at many turns, and two that come because the other does meet at one.

    Parameters
    ----------
    first, second : tuple of ndarray of int
        Place and bin of time of each visit of the two agents.
    length : int
        L, bins in the window.

    Examples
    --------
    Both come every four bins by the clock; then both come at the same odd times.

    >>> place, clock, odd = np.zeros(6, int), np.arange(6) * 4, np.array([1, 2, 7, 12, 14, 23])
    >>> share_of_turns((place, clock), (place, clock), 24)
    0.21739130434782608
    >>> share_of_turns((place, odd), (place, odd), 24)
    0.0
    """
    there = first[0][:, None] == second[0]
    apart = (second[1] - first[1][:, None])[there] % length
    met = np.bincount(apart, minlength=length)
    return float((met[1:] >= met[0]).sum() / max(length - 1, 1))
