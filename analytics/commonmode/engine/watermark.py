"""The watermark: how far event time has come, whatever single clocks say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from commonmode.engine.windows import EPOCH, LAST, TICK

WITNESSES = 3
"""Agents that must have reached a time before it counts as reached."""
KEPT = 2 * WITNESSES
"""Clocks remembered: enough to know whether half of the agents are `WITNESSES` or fewer."""
CREDIBLE = timedelta(minutes=5)
"""An event this far after its own arrival is not believed, unless most agents say the same."""


class Watermark(Struct, frozen=True):
    """How far event time has come, from what the agents' clocks showed when events arrived.

    Each agent has a *lead*: the largest ``at - ingested_at`` of its events, in microseconds,
    negative while its log lags behind the store.
    Event time has come as far as `WITNESSES` agents agree that it has (half of the agents, where
    there are fewer)::

        reached(now) = now + (the WITNESSES-th largest lead)

    So it moves with events while history is loaded, moves on with the clock when a live log
    falls silent, and neither one event from the year 9999 nor a few skewed clocks move it.
    It decides only *when* a window is judged: an event that comes later re-opens its window.

    Parameters
    ----------
    leads : dict of str to int
        The agents with the largest leads, at most `KEPT`.

    Examples
    --------
    >>> noon = datetime.fromisoformat("2026-01-01T12:00:00Z")
    >>> hour = 3_600_000_000
    >>> mark = Watermark().observe({"a": -hour, "b": -hour, "skewed": 0})
    >>> mark.at(noon, lateness=timedelta(minutes=10)).isoformat()
    '2026-01-01T10:50:00+00:00'
    """

    leads: dict[str, int] = {}

    def observe(self, leads: Mapping[str, int]) -> Watermark:
        """Return the watermark after the leads of some new events; order does not matter."""
        best = dict(self.leads)
        for agent, lead in leads.items():
            best[agent] = max(lead, best.get(agent, lead))
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        return Watermark(dict(ranked[:KEPT]))

    def at(self, now: datetime, lateness: timedelta) -> datetime | None:
        """Return the time before which windows are closed; None when nothing is known yet.

        Parameters
        ----------
        now : datetime
            The clock that ``ingested_at`` was read from.
        lateness : timedelta
            How late an event may come without being late.
        """
        if not self.leads:
            return None
        rank = min(WITNESSES, (len(self.leads) + 1) // 2)
        lead = sorted(self.leads.values(), reverse=True)[rank - 1]
        reached = (now - lateness - EPOCH) // TICK + lead
        return EPOCH + min(max(reached, 0) * TICK, LAST - EPOCH)
