"""A store whose owner goes away now and then."""

from __future__ import annotations

import random
from types import TracebackType
from typing import Self

from commonmode.store import Appended, Appender, Batch, Offset, StoreUnreachableError


class Failing:
    """Stores batches, but now and then dies before it did so, or before it could say so."""

    def __init__(self, appender: Appender, chance: random.Random) -> None:
        self._appender = appender
        self._chance = chance

    def append(self, batch: Batch) -> Appended:
        self._perhaps_die()
        done = self._appender.append(batch)
        self._perhaps_die()
        return done

    def _perhaps_die(self) -> None:
        if self._chance.random() < 0.3:
            msg = "the owner went away."
            raise StoreUnreachableError(msg)

    def offsets(self) -> list[Offset]:
        return self._appender.offsets()

    def close(self) -> None:
        """Keep the store: it outlives whoever crashes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
