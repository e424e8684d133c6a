"""Agent, place and bin of an act in one number, which sorts many times faster than three."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from commonmode.statistics.ballots import Integers

Codes = npt.NDArray[np.integer[Any]]

_BITS = 62


class Packing(NamedTuple):
    """How the three share a number: agent first, then place, then bin.

    Attributes
    ----------
    who, where, bin : int
        Bits that each takes. Of `bin` one is spare, so that bins of two places are further apart
        than any two of one.
    since : int
        The bin that 0 stands for.
    """

    who: int
    where: int
    bin: int
    since: int

    @classmethod
    def of(cls, agents: int, places: int, bins: tuple[int, int]) -> Packing:
        """Return the packing for so many agents and places and the bins from first to last.

        Raises
        ------
        ValueError
            When they do not fit into one number.

        Examples
        --------
        >>> Packing.of(1_000_000, 8_000_000, (5_891_904, 5_892_191))
        Packing(who=20, where=23, bin=10, since=5891904)
        """
        first, last = bins
        bits = [(most - 1).bit_length() for most in (agents, places, last - first + 1)]
        made = cls(bits[0], bits[1], bits[2] + 1, first)
        if made.who + made.where + made.bin > _BITS:
            msg = (
                f"needed agents, resources and bins that fit into {_BITS} bits; found {agents:,} "
                f"agents, {places:,} resources and {last - first + 1:,} bins of time in one "
                "window. Hint: a shorter window or a longer bin has fewer of each."
            )
            raise ValueError(msg)
        return made

    def pack(self, who: Codes, where: Codes, when: Integers) -> Integers:
        """Return one number for each act; bins as they are in the log.

        Examples
        --------
        >>> packing = Packing.of(4, 4, (10, 13))
        >>> one = packing.pack(np.array([3]), np.array([2]), np.array([11]))
        >>> packing.who_of(one).tolist(), packing.where_of(one).tolist()
        ([3], [2])
        >>> packing.bin_of(one).tolist()
        [1]
        """
        packed = who.astype(np.int64)
        packed <<= self.where
        packed |= where
        packed <<= self.bin
        packed |= when - self.since
        return packed

    def who_of(self, packed: Integers) -> Integers:
        """Return the agents of acts."""
        return packed >> (self.where + self.bin)

    def where_of(self, packed: Integers) -> Integers:
        """Return the places of acts."""
        return (packed >> self.bin) & _ones(self.where)

    def bin_of(self, packed: Integers) -> Integers:
        """Return the bins of acts, counted from `since`."""
        return packed & _ones(self.bin)

    def widened(self, packed: Integers, wider: int) -> Integers:
        """Return acts in bins that are `wider` times as long, and begin where those of the log do.

        Examples
        --------
        >>> packing = Packing.of(1, 1, (10, 13))
        >>> packing.widened(np.arange(4), 3).tolist()
        [0, 0, 1, 1]
        """
        when = self.bin_of(packed)
        wide = packed - when
        when += self.since % wider
        when //= wider
        wide |= when
        return wide

    def bounds(self, agents: Integers) -> tuple[Integers, Integers]:
        """Return the numbers between which the acts of each agent are, the second not included."""
        return agents << self.where + self.bin, agents + 1 << self.where + self.bin

    def of_agents(self, ordered: Integers, agents: Integers) -> tuple[Integers, Integers]:
        """Return the places of agents' acts among sorted ones, and where those of each begin.

        Examples
        --------
        >>> packing = Packing.of(4, 4, (10, 13))
        >>> acts = packing.pack(np.array([1, 3, 3]), np.array([0, 1, 2]), np.array([11, 11, 12]))
        >>> [found.tolist() for found in packing.of_agents(acts, np.array([3, 1]))]
        [[1, 2, 0], [0, 2, 3]]
        """
        first, end = (np.searchsorted(ordered, bound) for bound in self.bounds(agents))
        rows = np.concatenate([[0], np.cumsum(end - first)])
        return np.arange(rows[-1]) + np.repeat(first - rows[:-1], end - first), rows

    def by_spot(self, packed: Integers) -> Integers:
        """Return acts with the agent behind place and bin, as they stand or to be sorted by these.

        Examples
        --------
        >>> packing = Packing.of(4, 4, (10, 13))
        >>> one = packing.pack(np.array([3]), np.array([2]), np.array([11]))
        >>> bool((packing.by_spot(one) >> packing.who == packing.spot_of(one)).all())
        True
        """
        spot = self.spot_of(packed)
        spot <<= self.who
        spot |= self.who_of(packed)
        return spot

    def spot_of(self, packed: Integers) -> Integers:
        """Return place and bin of acts as one number."""
        return packed & _ones(self.where + self.bin)


def _ones(bits: int) -> int:
    return (1 << bits) - 1
