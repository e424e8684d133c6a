"""Frames → pictures of one finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from commonmode.dashboard.plain_text import short
from commonmode.dashboard.theme import ALERT, FAMILY_COLOURS, NEUTRAL

Spec = dict[str, Any]

MOST_AGENTS = 24
MOST_COLOURS = len(FAMILY_COLOURS)


def null_distribution(sample: Sequence[float], observed: float, colour: str) -> Spec:
    """Draw the statistic's null distribution with the observed value marked in it."""
    edges, counts = histogram(sample, observed)
    steps = [
        [edges[0], 0],
        *([e, c] for e, c in zip(edges[:-1], counts, strict=True)),
        [edges[-1], 0],
    ]
    return {
        "grid": {"left": 46, "right": 28, "top": 34, "bottom": 44},
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "value",
            "name": "statistic",
            "nameLocation": "middle",
            "nameGap": 26,
            "min": _padded(edges, observed)[0],
            "max": _padded(edges, observed)[1],
            "splitLine": {"show": False},
            "axisLabel": {"showMinLabel": False, "showMaxLabel": False},
        },
        "yAxis": {"type": "value", "name": "draws of the null", "splitNumber": 3},
        "series": [
            {
                "name": "draws under the null",
                "type": "line",
                "step": "end",
                "symbol": "none",
                "lineStyle": {"width": 1, "color": NEUTRAL},
                "areaStyle": {"color": NEUTRAL, "opacity": 0.35},
                "data": steps,
                "markLine": {
                    "symbol": ["none", "none"],
                    "silent": True,
                    "animation": False,
                    "lineStyle": {"color": colour, "width": 2.5, "type": "solid"},
                    "label": {
                        "formatter": f"observed {observed:.4g}",
                        "color": colour,
                        "fontWeight": "bold",
                        "fontSize": 13,
                    },
                    "data": [{"xAxis": observed}],
                },
            }
        ],
    }


def histogram(sample: Sequence[float], observed: float) -> tuple[list[float], list[int]]:
    """Bin a null sample; the bins cover the sample alone, `observed` sets how fine they are.

    Examples
    --------
    >>> histogram([0.0, 1.0, 1.0], 1.0)[1][-1]
    2
    """
    values = np.asarray(sample, dtype=float)
    low, high = float(values.min()), float(values.max())
    if low == high:
        half = max(abs(observed - low) / 60, 1e-9)
        low, high = low - half, high + half
    counts, edges = np.histogram(values, bins=min(24, max(6, len(values) // 6)), range=(low, high))
    return edges.tolist(), counts.tolist()


def _padded(edges: Sequence[float], observed: float) -> tuple[float, float]:
    low, high = min(edges[0], observed), max(edges[-1], observed)
    pad = 0.12 * (high - low) or 1.0
    return low - pad, high + pad


def timeline(evidence: pl.DataFrame) -> Spec:
    """Draw when each agent did what is cited: ``at, agent, kind, action, choice, resource``.

    Where every cited event is a choice, the colour is what was chosen; otherwise, on what it acted.
    """
    chosen = evidence["choice"].null_count() == 0
    agents = (
        evidence.group_by("agent")
        .agg(pl.len().alias("n"))
        .sort("n", "agent", descending=[True, False])
    )["agent"].head(MOST_AGENTS)
    shown = evidence.filter(pl.col("agent").is_in(agents.to_list())).with_columns(
        what=pl.col("choice") if chosen else pl.coalesce("resource", "action", "kind")
    )
    ranked = shown.group_by("what").len().sort("len", "what", descending=[True, False])["what"]
    colours = {
        what: FAMILY_COLOURS[i] if i < MOST_COLOURS else NEUTRAL for i, what in enumerate(ranked)
    }
    order = agents.to_list()[::-1]
    return {
        "grid": {"left": 8, "right": 24, "top": 36, "bottom": 26, "containLabel": True},
        "legend": {"type": "scroll", "top": 0},
        "tooltip": {"trigger": "item"},
        "xAxis": {"type": "time", "splitLine": {"show": True}},
        "yAxis": {
            "type": "category",
            "data": [short(agent, 26) for agent in order],
            "splitLine": {"show": True, "lineStyle": {"opacity": 0.4}},
            "axisTick": {"show": False},
        },
        "series": [
            {
                "name": short(what, 34),
                "type": "scatter",
                "symbolSize": 11,
                "itemStyle": {"color": colours[what], "opacity": 0.85},
                "data": [
                    [at.isoformat(), order.index(agent)]
                    for at, agent in shown.filter(pl.col("what") == what)
                    .select("at", "agent")
                    .iter_rows()
                ],
            }
            for what in ranked.head(12)
        ],
    }


def life(revisions: pl.DataFrame) -> Spec:
    """Draw the statistic over a finding's revisions: columns ``revision, statistic, status``."""
    return {
        "grid": {"left": 50, "right": 20, "top": 20, "bottom": 40},
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "category",
            "name": "revision",
            "nameLocation": "middle",
            "nameGap": 24,
            "data": [str(revision) for revision in revisions["revision"]],
        },
        "yAxis": {"type": "value", "scale": True, "name": "statistic", "splitNumber": 3},
        "series": [
            {
                "type": "line",
                "step": "end",
                "symbolSize": 9,
                "lineStyle": {"color": ALERT},
                "itemStyle": {"color": ALERT},
                "data": revisions["statistic"].to_list(),
            }
        ],
    }
