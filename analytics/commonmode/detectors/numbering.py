"""Texts numbered as they come, by their hashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from commonmode.detectors.hashed import Hashes
from commonmode.statistics.ballots import Integers

Numbers = npt.NDArray[np.uint32]
Present = npt.NDArray[np.bool_]

_NONE = np.uint32(2**32 - 1)
"""The number of no text."""
WORTH_COMPILING = 500_000
"""Rows from which on looking them up takes longer than loading what looks them up fast."""


Naming = Callable[[pl.Series], pl.Series]
"""Gives the texts of some numbers or digests, in their order."""


@dataclass(frozen=True)
class Order:
    """Texts in an order that does not depend on how they came.

    Attributes
    ----------
    naming : callable
        Gives the texts of some numbers.
    numbers : ndarray of int
        By rank.
    ranks : ndarray of uint32
        By number.
    """

    naming: Naming
    numbers: Integers
    ranks: Numbers

    @classmethod
    def of(cls, naming: Naming, numbers: Integers) -> Order:
        """Put texts in the order of some numbers."""
        ranks = np.empty(len(numbers), np.uint32)
        ranks[numbers] = np.arange(len(numbers), dtype=np.uint32)
        return cls(naming, numbers, ranks)

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.numbers)

    def texts(self, ranks: Integers | slice = slice(None)) -> pl.Series:
        """Return the texts of some ranks; of all, in order."""
        return self.naming(pl.Series(self.numbers[ranks]))


class Numbering:
    """Numbers of texts, 0, 1, 2 … in the order in which each comes first.

    A text is known by 64 bits of its hash, so each is looked at once: of ten million, two share
    a hash with a chance of 1 in 370,000, and are then taken for one. Digests may come in the
    place of texts, which are then asked for when all have come.

    Examples
    --------
    >>> names = Numbering()
    >>> names.of(pl.Series(["b", None, "a"])).to_list(), names.of(pl.Series(["a"])).to_list()
    ([0, None, 1], [1])
    >>> order = names.by_text()
    >>> order.texts().to_list(), order.ranks.tolist()
    (['a', 'b'], [1, 0])
    """

    def __init__(self) -> None:
        self._few: dict[int, int] = {}
        self._table = np.zeros((0, 2), np.uint64)
        self._hashes: list[Hashes] = []
        self._texts = [pl.Series(dtype=pl.String)]
        self._known = self._seen = 0

    def of(self, values: pl.Series) -> pl.Series:
        """Return the number of each text or digest, null where none is; new ones get the next."""
        told = values.dtype == pl.String
        hashed = values.hash() if told else values.fill_null(0)
        self._seen += len(values)
        look = self._look_up_few if self._seen < WORTH_COMPILING else self._look_up
        numbers, fresh = look(hashed.to_numpy(), values.is_not_null().to_numpy())
        self._hashes.append(hashed.to_numpy()[fresh])
        if told:
            # A copy: views would hold all texts that were read beside the new ones.
            new = values.gather(fresh).to_arrow(compat_level=pl.CompatLevel.oldest())
            self._texts.append(pl.Series(new))
        self._known += len(fresh)
        found = pl.Series(values.name, numbers)
        return found.replace(int(_NONE), None) if values.null_count() else found

    def _look_up_few(self, hashes: Hashes, present: Present) -> tuple[Numbers, Integers]:
        numbers, fresh = np.full(len(hashes), _NONE), list[int]()
        rows = np.flatnonzero(present)
        for row, one in zip(rows.tolist(), hashes[rows].tolist(), strict=True):
            numbers[row] = self._few.setdefault(one, len(self._few))
            if numbers[row] == self._known + len(fresh):
                fresh.append(row)
        return numbers, np.array(fresh, np.int64)

    def _look_up(self, hashes: Hashes, present: Present) -> tuple[Numbers, Integers]:
        # Whoever looks at little must not wait for numba.
        from commonmode.detectors.numbers_of import numbers_of  # noqa: PLC0415

        most = self._known + len(hashes)
        if 2 * most > len(self._table):
            self._table = np.zeros((1 << (4 * most - 1).bit_length() - 1, 2), np.uint64)
            known = self._all_hashes
            numbers_of(known, np.ones(len(known), np.bool_), self._table, 0, _NONE)
        return numbers_of(hashes, present, self._table, self._known, _NONE)

    @property
    def _all_hashes(self) -> Hashes:
        return np.concatenate([np.zeros(0, np.uint64), *self._hashes])

    @property
    def texts(self) -> pl.Series:
        """All texts, by number."""
        self._texts = [pl.concat(self._texts, rechunk=True)]
        return self._texts[0]

    def by_text(self, naming: Naming | None = None) -> Order:
        """Return the texts in their own order.

        Parameters
        ----------
        naming : callable, optional
            Gives the texts of digests, where these have come.
        """
        texts = self.texts if naming is None else naming(pl.Series(self._all_hashes))
        return self._in_order(texts.gather, texts.arg_sort().to_numpy())

    def by_hash(self, naming: Naming | None = None) -> Order:
        """Return the texts in the order of their hashes: faster, where any order will do.

        Of digests only the texts that are asked for are ever named.
        """
        hashes = pl.Series(self._all_hashes)
        named = self.texts.gather if naming is None else _after(hashes.gather, naming)
        return self._in_order(named, np.argsort(hashes.to_numpy()))

    def _in_order(self, naming: Naming, numbers: Integers) -> Order:
        # What was made to look hashes up is many times as long; it is made anew if need be.
        self._table = np.zeros((0, 2), np.uint64)
        return Order.of(naming, numbers)


def _after(first: Naming, then: Naming) -> Naming:
    return lambda numbers: then(first(numbers))
