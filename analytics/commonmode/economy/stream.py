"""The stream: shards drawn side by side, as many events as asked for, in order of arrival."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future

import numpy as np
import polars as pl
import polars.selectors as cs

from commonmode.economy.arrivals import Entrance
from commonmode.economy.crew import Crew, Written, delivered
from commonmode.economy.flow import Drawn, Flow, Room
from commonmode.economy.rows import stack

_AHEAD = 4
"""Shards being drawn, and being delivered, at once; fixed, because it decides what is drawn."""


class Stream:
    """One pass over an economy: who has entered, what is still under way, how much is left.

    How much a shard may hold follows from shards long delivered, never from those under way:
    so the same is drawn however many processes draw.

    Parameters
    ----------
    flow : Flow
        The shards.
    crew : Crew
        Draws and delivers them.
    """

    def __init__(self, flow: Flow, crew: Crew) -> None:
        self.flow, self.crew = flow, crew
        self.left = flow.world.events
        self._entrance = Entrance(flow.world)
        self._masses = np.array([span.mass() for span in flow.spans])
        self._rooms: list[float] = []

    def chunks(self, written: Written) -> Iterator[pl.DataFrame]:
        """Yield rows in order of arrival, stopping after as many as were asked for."""
        under_way: list[pl.DataFrame] = []
        out, last = 0, len(self.flow.spans) - 1
        for shard, rows in enumerate(self._delivered(written)):
            under_way.append(rows)
            while shard == last and self.left > 0:
                under_way.append(self._filled(written))
            until = None if shard == last else self.flow.spans[shard].end
            chunk, under_way = _arrived(under_way, until)
            counted = out + (~chunk["is_label"]).cum_sum()
            chunk = chunk.filter(counted <= self.flow.world.events)
            out = int(counted[-1]) if len(counted) else out
            yield chunk

    def _delivered(self, written: Written) -> Iterator[pl.DataFrame]:
        shards = len(self.flow.spans)
        drawing: deque[Future[Drawn]] = deque()
        delivering: deque[Future[pl.DataFrame]] = deque()
        for step in range(shards + 2 * _AHEAD):
            if 0 <= step - 2 * _AHEAD < shards:
                yield self._counted(delivering.popleft().result())
            if 0 <= (shard := step - _AHEAD) < shards:
                drawn = drawing.popleft().result()
                new = self._entrance.admit(drawn.acting)
                delivering.append(self.crew.deliver(shard, drawn, new, written))
            if step < shards:
                drawing.append(self.crew.draw(step, self._room(step)))

    def _room(self, shard: int) -> Room:
        """Share what is left among the shards not delivered yet, by how busy they are."""
        open_ = self._masses[max(0, shard - 2 * _AHEAD + 1) :].sum()
        own = self.left * float(self._masses[shard] / open_)
        before = sum(self._rooms[max(0, shard - _AHEAD + 1) :])
        self._rooms.append(own)
        return Room(before, own, self._entrance.forecast())

    def _filled(self, written: Written) -> pl.DataFrame:
        drawn = self.flow.fill(self.left)
        new = self._entrance.admit(drawn.acting)
        last = len(self.flow.spans) - 1
        return self._counted(delivered(self.flow, last, drawn, new, written))

    def _counted(self, rows: pl.DataFrame) -> pl.DataFrame:
        self.left -= int((~rows["is_label"]).sum())
        return rows


def _arrived(
    under_way: list[pl.DataFrame], until: int | None
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    rows = stack(under_way).sort("arrives", "id", maintain_order=True)
    if until is None:
        return rows, []
    arrived, late = (
        rows.filter(when) for when in (pl.col("arrives") < until, pl.col("arrives") >= until)
    )
    return arrived, [by_itself(late)]


def by_itself(rows: pl.DataFrame) -> pl.DataFrame:
    """Copy the texts of rows: as views, a few that are late would hold those of all around them."""
    texts = rows.select(cs.string() | cs.binary() | cs.list())
    copied = pl.DataFrame(texts.to_arrow(compat_level=pl.CompatLevel.oldest()))
    return rows.with_columns(copied.get_columns())
