"""Which ids were ever stored: 64 bits each, in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


class KnownIds:
    """A set of hashes that grows by batches: a few sorted runs, each over twice the next.

    An id whose hash is not in it was never stored. One whose hash is in it almost surely was, or
    was about to be: of ten million ids, two share a hash with a chance of 1 in 370,000.

    Examples
    --------
    >>> known = KnownIds()
    >>> known.add(np.array([7, 3], np.uint64))
    >>> known.have(np.array([3, 5], np.uint64)).tolist()
    [True, False]
    """

    def __init__(self) -> None:
        self._runs: list[Hashes] = []

    def have(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Say of each hash whether it is in the set."""
        # In order, one look-up finds in the cache what the one before it brought there.
        order = np.argsort(hashes)
        wanted = hashes[order]
        found = np.zeros(len(hashes), np.bool_)
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, wanted), len(run) - 1)
            found[order] |= run[places] == wanted
        return found

    def add(self, hashes: Hashes) -> None:
        """Take hashes in."""
        if not len(hashes):
            return
        self._runs.append(np.sort(hashes))
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            last, before = self._runs.pop(), self._runs.pop()
            # A stable sort merges what is sorted already.
            self._runs.append(np.sort(np.concatenate([before, last]), kind="stable"))
