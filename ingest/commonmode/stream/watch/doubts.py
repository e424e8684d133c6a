"""When a word of another worker can be answered: once we have read what it may rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commonmode.stream.positions import Partition
from commonmode.stream.watch.standing import Word

PATIENCE_SECONDS = 1.0
"""By then it is known where the log ended when a word was said."""

Places = Mapping[Partition, int]
"""Partition → offset."""


class Doubts:
    """Words in doubt that wait for the log to be read, a group of them at a time.

    Examples
    --------
    >>> word, log = Word.of({"finding_id": "f"}), Partition("events", 0)
    >>> doubts = Doubts()
    >>> doubts.due([word], done={log: 5}, ends={log: 7}, now=0.0)
    []
    >>> doubts.due([word], done={log: 5}, ends={log: 9}, now=1.0)
    []
    >>> doubts.due([word], done={log: 9}, ends={log: 12}, now=2.0) == [word]
    True
    """

    def __init__(self) -> None:
        self._since: float | None = None
        self._waiting: tuple[Sequence[Word], Places] | None = None

    def due(self, doubted: Sequence[Word], done: Places, ends: Places, now: float) -> list[Word]:
        """Return the words that can be answered."""
        if self._since is None:
            self._since = now if doubted else None
            return []
        if self._waiting is None and now - self._since >= PATIENCE_SECONDS:
            self._waiting = (doubted, dict(ends))
        if self._waiting is None or not _reaches(done, self._waiting[1]):
            return []
        words, _ = self._waiting
        self._since, self._waiting = None, None
        return list(words)


def _reaches(done: Places, ends: Places) -> bool:
    return all(done.get(place, 0) >= end for place, end in ends.items())
