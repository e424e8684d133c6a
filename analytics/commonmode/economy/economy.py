"""The economy: seeded, streamed in order of arrival, never held in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl

from commonmode.economy.arrivals import OPENING
from commonmode.economy.clock import DAY, Span
from commonmode.economy.crew import Written, crew
from commonmode.economy.flow import Flow
from commonmode.economy.planting import Plant
from commonmode.economy.rows import widen
from commonmode.economy.stream import Stream
from commonmode.economy.wire import LINE, as_lines
from commonmode.economy.world import World
from commonmode.events import Event, decode

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
"""When an economy starts unless told otherwise."""

FEWEST_AGENTS, MOST_AGENTS = 10, 1_000_000

SHORTEST, LONGEST = 0.01, 3660
"""Days that an economy can last."""


class BadEconomyError(ValueError):
    """An economy was asked for that cannot be."""


@dataclass(frozen=True, kw_only=True)
class Economy:
    """A synthetic economy of agents: the same events for the same arguments, always.

    Everyday life: decisions in shared situations, acts on Zipf resources under grants, prices,
    delegations with narrowing grants, readings, messages; Pareto activity, a daily and a weekly
    cycle, 1 % of events late, 1 % sent twice, clocks that are a little off.
    Plants and innocents are laid over it. Labels come beside the events as ``truth_declared``.

    Parameters
    ----------
    seed : int
        Decides every draw.
    agents : int
        Size of the population, 10 to 1,000,000. Who acts rarely may not show up in a short log.
    events : int
        How many events arrive, exactly, labels aside.
    plants, innocents : sequence of Plant
        What is planted; see `PLANTS` and `INNOCENTS`.
    start : datetime
        First instant, aware; the stewards come first, everyday life five minutes later.
    days : float
        How long it lasts.

    Raises
    ------
    BadEconomyError
        When a number is out of range.

    Examples
    --------
    >>> economy = Economy(seed=1, agents=50, events=200)
    >>> first, *rest = economy
    >>> len(rest) + 1, first.agent
    (200, 'northwind/steward')
    """

    seed: int = 0
    agents: int = 300
    events: int = 30_000
    plants: Sequence[Plant] = ()
    innocents: Sequence[Plant] = ()
    start: datetime = MONDAY
    days: float = 1.0
    world: World = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be, then draw the world."""
        _check(self)
        begin = round(self.start.timestamp() * 1e6)
        span = Span(begin + OPENING, begin + round(self.days * DAY))
        object.__setattr__(self, "world", World(self.seed, self.agents, span, self.events))

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the events in columns of `events.EVENT_SCHEMA`, chunk by chunk, as they arrive."""
        return (widen(chunk) for chunk in self._chunks(whole, 1))

    def lines(self, processes: int = 1) -> Iterator[list[bytes]]:
        """Yield the events as wire lines, chunk by chunk, as they arrive.

        Parameters
        ----------
        processes : int
            How many draw them; the lines are the same for any number.
        """
        chunks = self._chunks(as_lines, processes)
        return (chunk[LINE].cast(pl.Binary).to_list() for chunk in chunks)

    def _chunks(self, written: Written, processes: int) -> Iterator[pl.DataFrame]:
        flow = Flow(self.world, [*self.innocents, *self.plants])
        with crew(flow, processes) as hands:
            yield from Stream(flow, hands).chunks(written)

    def __iter__(self) -> Iterator[Event]:
        """Yield the events one by one, as they arrive."""
        return (decode(line) for lines in self.lines() for line in lines)

    @property
    def end(self) -> datetime:
        """The instant it ends."""
        return self.start + timedelta(days=self.days)


def whole(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with all that is known of them."""
    return rows


def _check(economy: Economy) -> None:
    if not FEWEST_AGENTS <= economy.agents <= MOST_AGENTS:
        msg = f"needed {FEWEST_AGENTS} to {MOST_AGENTS:,} agents; found {economy.agents:,}."
        raise BadEconomyError(msg)
    if economy.events < 1:
        msg = f"needed at least one event; found {economy.events:,}."
        raise BadEconomyError(msg)
    if not SHORTEST <= economy.days <= LONGEST:
        msg = f"`days` must be from {SHORTEST} to {LONGEST}; found {economy.days:g}."
        raise BadEconomyError(msg)
    if economy.start.tzinfo is None:
        msg = f"`start` must say its offset from UTC; found {economy.start.isoformat()}."
        raise BadEconomyError(msg)
    if economy.seed < 0:
        msg = f"`seed` must not be negative; found {economy.seed}."
        raise BadEconomyError(msg)
