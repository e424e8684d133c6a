"""Texts numbered as they come, by their hashes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from commonmode.statistics.ballots import Integers

Hashes = npt.NDArray[np.uint64]

_NONE = np.uint32(2**32 - 1)
"""The number of no text."""
_FEWEST = 1 << 10


@dataclass(frozen=True)
class Order:
    """Texts in an order that does not depend on how they came.

    Attributes
    ----------
    texts : polars.Series
        By number.
    numbers : ndarray of int
        By rank.
    ranks : ndarray of uint32
        By number.
    """

    texts: pl.Series
    numbers: Integers
    ranks: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, texts: pl.Series, numbers: Integers) -> Order:
        """Put texts in the order of some numbers."""
        ranks = np.empty(len(numbers), np.uint32)
        ranks[numbers] = np.arange(len(numbers), dtype=np.uint32)
        return cls(texts, numbers, ranks)

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.numbers)

    def text(self, rank: int) -> str:
        """Return the text of a rank."""
        return str(self.texts[int(self.numbers[rank])])


class Numbering:
    """Numbers of texts, 0, 1, 2 … in the order in which each comes first.

    A text is known by 64 bits of its hash, so each is looked at once: of ten million, two share
    a hash with a chance of 1 in 370,000, and are then taken for one.

    Examples
    --------
    >>> names = Numbering()
    >>> names.of(pl.Series(["b", None, "a"])).to_list(), names.of(pl.Series(["a"])).to_list()
    ([0, None, 1], [1])
    >>> order = names.by_text()
    >>> order.text(0), order.ranks.tolist()
    ('a', [1, 0])
    """

    def __init__(self) -> None:
        self._table = np.zeros((_FEWEST, 2), np.uint64)
        self._hashes: list[Hashes] = []
        self._texts = [pl.Series(dtype=pl.String)]
        self._known = 0

    def of(self, texts: pl.Series) -> pl.Series:
        """Return the number of each text, null where there is none; new ones get the next."""
        # Whoever imports the detectors to watch or to pipe must not wait for numba.
        from commonmode.detectors.numbers_of import numbers_of  # noqa: PLC0415

        hashes = texts.hash().to_numpy()
        self._make_room(len(hashes))
        present = texts.is_not_null().to_numpy()
        numbers, fresh = numbers_of(hashes, present, self._table, self._known, _NONE)
        self._hashes.append(hashes[fresh])
        # A copy: views would hold all texts that were read beside the new ones.
        new = texts.gather(fresh).to_arrow(compat_level=pl.CompatLevel.oldest())
        self._texts.append(pl.Series(new))
        self._known += len(fresh)
        found = pl.Series(texts.name, numbers)
        return found.replace(int(_NONE), None) if texts.null_count() else found

    def _make_room(self, more: int) -> None:
        """Keep the table half empty, whatever comes."""
        from commonmode.detectors.numbers_of import numbers_of  # noqa: PLC0415

        if 2 * (self._known + more) <= len(self._table):
            return
        self._table = np.zeros((1 << (4 * (self._known + more) - 1).bit_length() - 1, 2), np.uint64)
        hashes = self._all_hashes
        numbers_of(hashes, np.ones(len(hashes), np.bool_), self._table, 0, _NONE)

    @property
    def _all_hashes(self) -> Hashes:
        return np.concatenate([np.zeros(0, np.uint64), *self._hashes])

    @property
    def texts(self) -> pl.Series:
        """All texts, by number."""
        self._texts = [pl.concat(self._texts, rechunk=True)]
        return self._texts[0]

    def by_text(self) -> Order:
        """Return the texts in their own order."""
        return Order.of(self.texts, self.texts.arg_sort().to_numpy())

    def by_hash(self) -> Order:
        """Return the texts in the order of their hashes: faster, where any order will do."""
        return Order.of(self.texts, np.argsort(self._all_hashes))
