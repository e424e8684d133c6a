"""From pairs that met too often to rings of agents."""

from __future__ import annotations

import numpy as np
import polars as pl

from commonmode.detectors.collusion.chance import Chance
from commonmode.detectors.collusion.meetings import Meetings
from commonmode.statistics.ballots import Integers
from commonmode.statistics.coincidence import excess_p_value
from commonmode.statistics.communities import communities
from commonmode.statistics.false_discovery import implied_false_discovery
from commonmode.statistics.turned_timeline import share_of_turns

BRIDGE = 0.15
"""Two rings are one if more of the pairs between them are linked: of two triangles, two of nine."""


def judged(pairs: pl.DataFrame, chance: Chance, agents: int, looks: float) -> pl.DataFrame:
    """Return pairs that met often, with what chance expects, p and q.

    q counts every pair of so many agents as tested, met or not, in each of so many looks.
    """
    allowed = chance.of(pairs["first"].to_numpy(), pairs["second"].to_numpy())
    p = excess_p_value(pairs["met"].to_numpy().astype(float), allowed)
    q = implied_false_discovery(p, looks * agents * (agents - 1) / 2)
    return pairs.with_columns(expected=allowed.expected, p=p, q=q)


def turned(met: Meetings, pairs: pl.DataFrame, bins: int) -> pl.DataFrame:
    """Return pairs with the share of turns of one's timeline that bring them together as often.

    Parameters
    ----------
    met : Meetings
        The window.
    pairs : polars.DataFrame
        A few pairs: ``first``, ``second``.
    bins : int
        Bins in the window.
    """
    ends = pairs.select("first", "second").to_numpy()
    own = {agent: met.of(agent) for agent in np.unique(ends).tolist()}
    share = [share_of_turns(own[one], own[two], bins) for one, two in ends.tolist()]
    return pairs.with_columns(turns=pl.Series(share, dtype=pl.Float64))


def rings(links: pl.DataFrame, seed: int) -> list[Integers]:
    """Return the groups of agents that links join, largest first; one false link joins no two."""
    return communities(links["first"].to_numpy(), links["second"].to_numpy(), BRIDGE, seed)
