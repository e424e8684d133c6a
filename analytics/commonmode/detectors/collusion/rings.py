"""From pairs that met too often to rings of agents."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from commonmode.detectors.collusion.meetings import Chance, Meetings
from commonmode.statistics.ballots import Integers
from commonmode.statistics.coincidence import excess_p_value
from commonmode.statistics.false_discovery import implied_false_discovery


def judged_pairs(met: Meetings, chance: Chance, least: int, looks: int) -> pl.DataFrame:
    """Return pairs that met at least so often, with what chance expects, p and q.

    q counts every pair of agents as tested, met or not, in each of so many looks.
    """
    pairs = met.pairs(least)
    allowed = chance.of(pairs["first"].to_numpy(), pairs["second"].to_numpy())
    p = excess_p_value(pairs["met"].to_numpy().astype(float), allowed)
    q = implied_false_discovery(p, looks * len(met.agents) * (len(met.agents) - 1) / 2)
    return pairs.with_columns(expected=allowed.expected, p=p, q=q)


def rings(links: pl.DataFrame) -> list[Integers]:
    """Return the groups of agents that links connect, largest first."""
    if links.is_empty():
        return []
    first, second = links["first"].to_numpy(), links["second"].to_numpy()
    size = int(max(first.max(), second.max())) + 1
    graph = coo_matrix((np.ones(len(first)), (first, second)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    linked = np.unique(np.concatenate([first, second]))
    groups = [linked[label[linked] == name] for name in np.unique(label[linked])]
    return sorted(groups, key=lambda group: (-len(group), group.tolist()))
