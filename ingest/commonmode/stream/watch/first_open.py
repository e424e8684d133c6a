"""Where in each partition the first record stands whose window is still open."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from commonmode.stream.positions import Partition


class FirstOpen:
    """The first offset of each window, of each partition, until the window is closed.

    Examples
    --------
    >>> from datetime import UTC
    >>> nine, ten = datetime(2026, 1, 1, 9, tzinfo=UTC), datetime(2026, 1, 1, 10, tzinfo=UTC)
    >>> first, events = FirstOpen(), Partition("events", 0)
    >>> for offset, opened in enumerate((nine, ten, nine, ten)):
    ...     first.saw(events, opened, offset)
    >>> first.of(events, 4)
    0
    >>> first.close(ten)
    >>> first.of(events, 4)
    1
    """

    def __init__(self) -> None:
        self._first: defaultdict[Partition, dict[datetime, int]] = defaultdict(dict)

    def saw(self, partition: Partition, opened: datetime, offset: int) -> None:
        """Take note of a record whose window opened at some time."""
        windows = self._first[partition]
        if offset < windows.get(opened, offset + 1):
            windows[opened] = offset

    def close(self, since: datetime) -> None:
        """Forget the windows that opened before some time."""
        for windows in self._first.values():
            for opened in [opened for opened in windows if opened < since]:
                del windows[opened]

    def of(self, partition: Partition, end: int) -> int:
        """Return the first offset before `end` whose window is open; `end` if there is none."""
        return min((*self._first[partition].values(), end))
