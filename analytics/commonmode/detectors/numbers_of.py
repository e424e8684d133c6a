"""Hashes looked up, and new ones taken in, in one compiled pass.

Import it where it is called, so that only who calls it waits for numba.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt


@numba.njit(cache=True)
def numbers_of(
    hashes: npt.NDArray[np.uint64],
    present: npt.NDArray[np.bool_],
    table: npt.NDArray[np.uint64],
    known: int,
    none: np.uint32,
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Return the number of each hash, and the rows in which a new one came first.

    Parameters
    ----------
    hashes, present : ndarray of shape (rows,)
        What is looked up, and whether there is anything.
    table : ndarray of shape (2^k, 2)
        Hashes and their numbers plus one, 0 where a slot is free; side by side, so that one look
        into memory finds both. New hashes are added; at least half must be free.
    known : int
        The number of the first new hash.
    none : int
        The number where there is nothing.
    """
    numbers = np.full(len(hashes), none, np.uint32)
    fresh = np.empty(len(hashes), np.int64)
    last = len(table) - 1
    new = 0
    for row in range(len(hashes)):
        if not present[row]:
            continue
        one = hashes[row]
        slot = np.int64(one & np.uint64(last))
        while table[slot, 1] != 0 and table[slot, 0] != one:
            slot = (slot + 1) & last
        if table[slot, 1] == 0:
            table[slot, 0] = one
            table[slot, 1] = known + new + 1
            fresh[new] = row
            new += 1
        numbers[row] = table[slot, 1] - 1
    return numbers, fresh[:new].copy()
