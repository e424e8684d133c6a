"""Frames → pictures of rings."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from commonmode.dashboard.plain_text import short
from commonmode.dashboard.theme import FAMILY_COLOURS, NEUTRAL, look, on_narrow

Spec = dict[str, Any]

MOST_LABELS = 40
"""Past this many, labels hide what they name."""
ORANGE = look("collusion").colour


def rings(found: pl.DataFrame, pairs: pl.DataFrame, joint: pl.DataFrame) -> Spec:
    """Draw rings: discs are agents, squares the resources they met on, lines joint actions."""
    members = {row["finding_id"]: list(row["agents"]) for row in found.iter_rows(named=True)}
    colours = {ring: FAMILY_COLOURS[i % len(FAMILY_COLOURS)] for i, ring in enumerate(members)}
    met = joint.group_by("finding_id", "agent", "resource").len().drop_nulls("resource")
    most = max(pairs["together"].to_list(), default=1)
    spec = {
        "tooltip": {},
        "series": [
            {
                "type": "graph",
                "layout": "force",
                "roam": True,
                "zoom": 0.7,
                "draggable": True,
                "force": {
                    "repulsion": 420,
                    "gravity": 0.08,
                    "edgeLength": [60, 120],
                    "layoutAnimation": False,
                },
                "data": [*_members(members, colours), *_places(met)],
                "links": [
                    *_together(pairs, colours, most, met_somewhere=not met.is_empty()),
                    *_links(met),
                ],
                "emphasis": {"focus": "adjacency"},
            }
        ],
    }
    closer = {"repulsion": 230, "edgeLength": [40, 80]}
    return on_narrow(spec, series=[{"force": closer}])


def _members(members: dict[str, list[str]], colours: dict[str, str]) -> list[Spec]:
    nodes = {}
    for ring, agents in members.items():
        for agent in agents:
            nodes[agent] = {
                "id": f"a:{agent}",
                "name": short(agent, 28),
                "symbolSize": 24,
                "itemStyle": {"color": colours[ring]},
                "label": {"show": True, "position": "bottom", "fontSize": 11},
            }
    return list(nodes.values())


def _places(met: pl.DataFrame) -> list[Spec]:
    return [
        {
            "id": f"r:{resource}",
            "name": short(resource, 28),
            "value": n,
            "symbol": "rect",
            "symbolSize": 9,
            "itemStyle": {"color": NEUTRAL},
            "label": {
                "show": met["resource"].n_unique() <= MOST_LABELS,
                "position": "right",
                "fontSize": 10,
                "color": NEUTRAL,
            },
        }
        for resource, n in met.group_by("resource")
        .agg(pl.col("len").sum())
        .sort("resource")
        .iter_rows()
    ]


def _together(
    pairs: pl.DataFrame, colours: dict[str, str], most: int, *, met_somewhere: bool
) -> list[Spec]:
    return [
        {
            "source": f"a:{row['agent']}",
            "target": f"a:{row['partner']}",
            "value": row["together"],
            "ignoreForceLayout": met_somewhere,
            "lineStyle": {
                "width": 1 + 7 * math.sqrt(row["together"] / most),
                "color": colours.get(row["finding_id"], ORANGE),
                "opacity": 0.75,
                "curveness": 0.12,
            },
        }
        for row in pairs.iter_rows(named=True)
    ]


def _links(met: pl.DataFrame) -> list[Spec]:
    return [
        {
            "source": f"a:{agent}",
            "target": f"r:{resource}",
            "value": n,
            "lineStyle": {"width": 1, "color": NEUTRAL, "opacity": 0.35, "type": "dotted"},
        }
        for _, agent, resource, n in met.iter_rows()
    ]


def together(activity: pl.DataFrame) -> Spec:
    """Draw one row per resource, one mark per member's action: ``at, agent, resource``.

    Marks that stand above each other are one moment; a ring shows as columns of many colours.
    """
    agents = activity["agent"].unique().sort().to_list()
    places = activity["resource"].unique().sort(descending=True).to_list()
    return {
        "legend": {"top": 0, "type": "scroll"},
        "tooltip": {"trigger": "item"},
        "grid": {"left": 8, "right": 24, "top": 36, "bottom": 26, "containLabel": True},
        "xAxis": {"type": "time"},
        "yAxis": {
            "type": "category",
            "data": [short(place, 28) for place in places],
            "splitLine": {"show": True, "lineStyle": {"opacity": 0.4}},
            "axisTick": {"show": False},
        },
        "series": [
            {
                "name": short(agent, 28),
                "type": "scatter",
                "symbolSize": 12,
                "symbolOffset": [0, round(9 * (i - (len(agents) - 1) / 2))],
                "itemStyle": {"color": FAMILY_COLOURS[i % len(FAMILY_COLOURS)], "opacity": 0.85},
                "data": [
                    [at.isoformat(), places.index(resource)]
                    for at, resource in activity.filter(pl.col("agent") == agent)
                    .select("at", "resource")
                    .iter_rows()
                ],
            }
            for i, agent in enumerate(agents)
        ],
    }


def answers(footprints: pl.DataFrame) -> Spec:
    """Draw who of a ring answers whom: columns ``leader, follower, answers``."""
    names = sorted({*footprints["leader"], *footprints["follower"]})
    return {
        "tooltip": {},
        "grid": {"left": 8, "right": 16, "top": 12, "bottom": 30, "containLabel": True},
        "xAxis": {
            "type": "category",
            "name": "is answered by",
            "nameLocation": "middle",
            "nameGap": 92,
            "data": [short(n, 18) for n in names],
            "axisTick": {"show": False},
            "axisLabel": {"interval": 0, "rotate": 40},
        },
        "yAxis": {
            "type": "category",
            "data": [short(n, 18) for n in names],
            "inverse": True,
            "axisTick": {"show": False},
        },
        "visualMap": {
            "show": False,
            "min": 0,
            "max": max(footprints["answers"].to_list(), default=1),
            "inRange": {"color": ["#FBEEE6", "#F2A679", "#C24E00"]},
        },
        "series": [
            {
                "type": "heatmap",
                "name": "answers",
                "label": {"show": True, "color": "#1D232B"},
                "data": [
                    [names.index(row["follower"]), names.index(row["leader"]), row["answers"]]
                    for row in footprints.iter_rows(named=True)
                ],
            }
        ],
    }
