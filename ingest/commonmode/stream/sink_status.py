"""Where a sink stands: how far it read, how far the log goes, what became of the records."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from commonmode.store import Appended
from commonmode.stream.positions import Partition


class SinkStatus(Struct, frozen=True):
    """A sink at one moment.

    Attributes
    ----------
    positions, ends : dict
        The next offset to store, and the end of the log as last heard, of each partition.
    appended : Appended
        Counts since the sink started.
    last_event_at : datetime or None
        The latest event time stored since then.
    """

    positions: Mapping[Partition, int] = {}
    ends: Mapping[Partition, int] = {}
    appended: Appended = Appended()
    last_event_at: datetime | None = None

    def lag(self) -> dict[str, int]:
        """Return, of each topic, how many records are not stored yet.

        Examples
        --------
        >>> p = Partition("t", 0)
        >>> SinkStatus(positions={p: 7}, ends={p: 10}).lag()
        {'t': 3}
        """
        return {topic: sum(records.values()) for topic, records in self.behind().items()}

    def behind(self) -> dict[str, dict[int, int]]:
        """Return the same for each partition of each topic."""
        behind: dict[str, dict[int, int]] = {}
        for (topic, number), position in self.positions.items():
            end = self.ends.get(Partition(topic, number), position)
            behind.setdefault(topic, {})[number] = max(0, end - position)
        return behind


class StatusBoard:
    """Keeps the newest status; written by the sink's threads, read by anyone's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._status = SinkStatus()

    @property
    def status(self) -> SinkStatus:
        """The newest status."""
        return self._status

    def saw(self, positions: Mapping[Partition, int], ends: Mapping[Partition, int]) -> None:
        """Note how far the sink and the log are."""
        with self._lock:
            self._status = msgspec.structs.replace(self._status, positions=positions, ends=ends)

    def stored(self, appended: Appended, rows: pa.Table) -> None:
        """Note what was committed: how much, and the latest event time of the rows."""
        latest: datetime | None = pc.call_function("max", [rows["at"]]).as_py()
        with self._lock:
            before = self._status
            times = [time for time in (before.last_event_at, latest) if time is not None]
            self._status = msgspec.structs.replace(
                before,
                appended=before.appended + appended,
                last_event_at=max(times, default=None),
            )
