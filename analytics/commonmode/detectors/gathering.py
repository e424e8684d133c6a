"""Gathering: the tallies of a window, part by part as its events are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from commonmode.detectors.coding import coded
from commonmode.detectors.tally import Tallies, TallyTable


class Gathering(list[Tallies]):
    """Parts of one window's tallies, texts coded: they merge to the whole.

    Where tables are bounded they are merged as they come, so that what is kept stays small.

    Parameters
    ----------
    tables : mapping of str to TallyTable
        Of the detector.
    merge : callable
        How parts become one.
    """

    def __init__(
        self, tables: Mapping[str, TallyTable], merge: Callable[[Iterable[Tallies]], Tallies]
    ) -> None:
        super().__init__()
        self._bounded = any(table.bound for table in tables.values())
        self._merge = merge

    def add(self, part: Tallies) -> None:
        """Take in the tallies of some more events."""
        if not self._bounded:
            self.append({name: coded(rows) for name, rows in part.items()})
        # What is kept stays as large; merging it with every few rows that come would add up.
        elif self and _rows([*self[1:], part]) < _rows(self[:1]):
            self.append(part)
        else:
            self[:] = [self._merge([*self, part])]


def _rows(parts: Sequence[Tallies]) -> int:
    return sum(rows.height for part in parts for rows in part.values())
