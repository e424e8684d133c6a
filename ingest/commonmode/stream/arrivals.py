"""Records as they came from the log, before anybody knows what they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Self

from msgspec import Struct

from commonmode.events import Position

Headers = Mapping[str, bytes]


class Arrival(NamedTuple):
    """One record."""

    place: Position
    headers: Headers
    value: bytes | None


class Arrivals(Struct, frozen=True):
    """Many records, a column for each of their parts: an object for each took longer to make.

    Examples
    --------
    >>> many = Arrivals(["t", "t"], [0, 0], [7, 8], [{}, {}], [b"{}", None])
    >>> [str(each.place) for each in many]
    ['t[0]@7', 't[0]@8']
    """

    topics: list[str]
    partitions: list[int]
    offsets: list[int]
    headers: list[Headers]
    values: list[bytes | None]

    @classmethod
    def of(cls, arrivals: Iterable[Arrival]) -> Self:
        """Gather single records, in their order."""
        some = list(arrivals)
        return cls(
            [each.place.source for each in some],
            [each.place.partition or 0 for each in some],
            [each.place.offset for each in some],
            [each.headers for each in some],
            [each.value for each in some],
        )

    def take(self, numbers: Sequence[int]) -> Self:
        """Return the records of these numbers, in their order."""
        return type(self)(
            [self.topics[number] for number in numbers],
            [self.partitions[number] for number in numbers],
            [self.offsets[number] for number in numbers],
            [self.headers[number] for number in numbers],
            [self.values[number] for number in numbers],
        )

    def record(self, number: int) -> Arrival:
        """Return one record."""
        place = Position(self.topics[number], self.partitions[number], self.offsets[number])
        return Arrival(place, self.headers[number], self.values[number])

    def __iter__(self) -> Iterator[Arrival]:
        return map(self.record, range(len(self)))

    def __len__(self) -> int:
        return len(self.values)
