"""Communities of a graph of links: groups linked inside much more than between."""

from __future__ import annotations

import graspologic_native
import numpy as np

from commonmode.statistics.ballots import Integers

_TRIALS, _ITERATIONS = 8, 3


def communities(first: Integers, second: Integers, density: float, seed: int) -> list[Integers]:
    r"""Return the groups of nodes that links join, largest first; nobody stands alone.

    .. math:: \max_c Σ_{i<j} (A_{ij} - d)\, 1\{c_i = c_j\}

    with A the links and d the density: two groups are one if more than that share of the pairs
    between them is linked. Where a connected component would let one false link merge two groups,
    it takes a share of all links between them; and unlike modularity, what is one group does not
    depend on how large the rest of the graph is.

    Parameters
    ----------
    first, second : ndarray of int
        The two ends of each link, each link once.
    density : float
        d, between 0 and 1.
    seed : int
        Of the search (Leiden), whose answer is the best of a few.

    References
    ----------
    Traag, Van Dooren, Nesterov (2011), Narrow scope for resolution-limit-free community detection.
    Traag, Waltman, van Eck (2019), From Louvain to Leiden: guaranteeing well-connected communities.

    Examples
    --------
    Two triangles that one link bridges.

    >>> first, second = np.array([0, 0, 1, 3, 3, 4, 2]), np.array([1, 2, 2, 4, 5, 5, 3])
    >>> [group.tolist() for group in communities(first, second, density=0.15, seed=0)]
    [[0, 1, 2], [3, 4, 5]]
    """
    if not len(first):
        return []
    ends = np.stack([np.minimum(first, second), np.maximum(first, second)], axis=1)
    links = ends[np.lexsort((ends[:, 1], ends[:, 0]))].tolist()
    _, found = graspologic_native.leiden(  # pyright: ignore[reportAttributeAccessIssue]  compiled
        edges=[(str(one), str(other), 1.0) for one, other in links],
        resolution=density,
        iterations=_ITERATIONS,
        use_modularity=False,
        seed=seed,
        trials=_TRIALS,
    )
    nodes = np.unique(ends)
    label = np.array([found[str(node)] for node in nodes])
    groups = [nodes[label == name] for name in np.unique(label)]
    several = [group for group in groups if len(group) > 1]
    return sorted(several, key=lambda group: (-len(group), group.tolist()))
