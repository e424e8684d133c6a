"""What a collusion finding rests on, as SQL that anyone can run again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from commonmode.detectors.base import Window
from commonmode.detectors.query import Parameter, Query

_JOINT = """\
WITH act AS (
  SELECT *, epoch_us("at") // $bin_us AS bin FROM events
  WHERE kind IN ('action_taken', 'bid_placed', 'state_changed')
    AND (kind <> 'bid_placed' OR context IS NULL)
    AND resource IS NOT NULL AND "at" >= $start AND "at" < $end
), visit AS (
  SELECT DISTINCT agent, resource, bin FROM act
  WINDOW earlier AS (
    PARTITION BY agent, resource ORDER BY bin RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
  QUALIFY coalesce(bin - max(bin) OVER earlier > $pause, true)
), quiet AS (
  SELECT resource, bin FROM visit GROUP BY ALL HAVING count(*) <= $most_agents
), joint AS (
  SELECT DISTINCT one.agent AS first, two.agent AS second, resource, bin
  FROM visit one JOIN visit two USING (resource, bin) SEMI JOIN quiet USING (resource, bin)
  WHERE one.agent < two.agent
    AND list_contains($agents, one.agent) AND list_contains($agents, two.agent)
)
"""

_COUNT = "SELECT count(*) AS met FROM (SELECT DISTINCT first, second, bin FROM joint)"

_EVENTS = """\
SELECT act.* EXCLUDE (bin) FROM act SEMI JOIN joint
  ON act.resource = joint.resource AND act.bin = joint.bin
  AND (act.agent = joint.first OR act.agent = joint.second)
ORDER BY "at", id"""


class Meeting(NamedTuple):
    """What counts as a meeting: bins of a width, visits that a pause ends, and no crowd."""

    width: timedelta
    pause: int
    most_agents: int


def recompute(agents: Sequence[str], window: Window, meeting: Meeting) -> Query:
    """Return the statement whose one number is how often pairs of the ring met."""
    return Query(_JOINT + _COUNT, _parameters(agents, window, meeting))


def evidence(agents: Sequence[str], window: Window, meeting: Meeting) -> Query:
    """Return the statement that selects the acts with which the ring's pairs met."""
    return Query(_JOINT + _EVENTS, _parameters(agents, window, meeting))


def _parameters(agents: Sequence[str], window: Window, meeting: Meeting) -> dict[str, Parameter]:
    return {
        "start": window.start,
        "end": window.end,
        "bin_us": meeting.width // timedelta(microseconds=1),
        "pause": meeting.pause,
        "most_agents": meeting.most_agents,
        "agents": list(agents),
    }
