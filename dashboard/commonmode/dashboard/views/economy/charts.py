"""Frames → pictures of the whole economy."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from commonmode.dashboard.plain_text import short
from commonmode.dashboard.theme import NEUTRAL, family_colours, look, on_narrow

Spec = dict[str, Any]

MOST_LABELS = 16
"""Resources that are named in the picture; the others say their name when touched."""


def flow(frame: pl.DataFrame) -> Spec:
    """Stack events per kind over event time: columns ``bucket, kind, n``."""
    kinds = frame.group_by("kind").agg(pl.col("n").sum()).sort("n", descending=True)["kind"]
    wide = frame.pivot("kind", index="bucket", values="n").sort("bucket").fill_null(0)
    times = [time.isoformat() for time in wide["bucket"]]
    return {
        "tooltip": {"trigger": "axis"},
        "legend": {"type": "scroll", "top": 0, "icon": "roundRect"},
        "grid": {"left": 50, "right": 16, "top": 56, "bottom": 26},
        "xAxis": {"type": "time"},
        "yAxis": {"type": "value", "splitNumber": 3, "name": "events"},
        "series": [
            {
                "type": "bar",
                "name": kind.replace("_", " "),
                "stack": "events",
                "barCategoryGap": "8%",
                "emphasis": {"focus": "series"},
                "data": [list(pair) for pair in zip(times, wide[kind].to_list(), strict=True)],
            }
            for kind in kinds
        ],
    }


def network(frame: pl.DataFrame) -> Spec:
    """Draw who acts on what: columns ``agent, family, resource, n, detector``.

    Agents are discs in their family's colour, ringed in the colour of the detector that names
    them; resources are squares.
    """
    colours = family_colours(frame["family"].drop_nulls())
    names = [*colours, "family unknown", "resource"]
    nodes = [*_agents(frame, names), *_resources(frame, names)]
    heaviest = max(frame["n"].to_list(), default=1)
    spec = {
        "tooltip": {},
        "legend": {
            "bottom": 0,
            "type": "scroll",
            "data": [name for name in names if _used(nodes, names, name)],
        },
        "series": [
            {
                "type": "graph",
                "layout": "force",
                "roam": True,
                "top": 10,
                "bottom": 40,
                "zoom": 0.86,
                "draggable": True,
                "force": {
                    "repulsion": min(260, max(60, 11000 / max(len(nodes), 1))),
                    "gravity": 0.17,
                    "edgeLength": [14, 60],
                    "layoutAnimation": False,
                },
                "categories": [
                    {"name": name, "itemStyle": {"color": colours.get(name, NEUTRAL)}}
                    for name in names
                ],
                "data": nodes,
                "links": [
                    {
                        "source": f"a:{row['agent']}",
                        "target": f"r:{row['resource']}",
                        "value": row["n"],
                        "lineStyle": {
                            "width": 0.5 + 3 * math.sqrt(row["n"] / heaviest),
                            "color": look(row["detector"]).colour if row["detector"] else NEUTRAL,
                            "opacity": 0.75 if row["detector"] else 0.3,
                        },
                    }
                    for row in frame.iter_rows(named=True)
                ],
                "lineStyle": {"curveness": 0.08},
                "emphasis": {"focus": "adjacency"},
                "labelLayout": {"hideOverlap": True},
            }
        ],
    }
    closer = {"repulsion": 80, "edgeLength": [8, 40]}
    return on_narrow(spec, series=[{"force": closer, "zoom": 0.75, "left": -30, "right": 50}])


def _used(nodes: list[Spec], names: list[str], name: str) -> bool:
    return any(names[node["category"]] == name for node in nodes)


def _agents(frame: pl.DataFrame, names: list[str]) -> list[Spec]:
    agents = frame.group_by("agent", maintain_order=True).agg(
        pl.col("family", "detector").first(), pl.col("n").sum()
    )
    return [_agent(row, names) for row in agents.iter_rows(named=True)]


def _agent(row: dict[str, Any], names: list[str]) -> Spec:
    named = row["detector"] is not None
    ring = {"borderColor": look(row["detector"]).colour, "borderWidth": 3} if named else {}
    return {
        "id": f"a:{row['agent']}",
        "name": short(row["agent"], 28),
        "value": row["n"],
        "category": names.index(row["family"] or "family unknown"),
        "symbolSize": 8 + min(16, 2 * math.log1p(row["n"])),
        "itemStyle": ring,
        "label": {"show": named, "position": "right", "fontSize": 10},
    }


def _resources(frame: pl.DataFrame, names: list[str]) -> list[Spec]:
    resources = frame.group_by("resource", maintain_order=True).agg(pl.col("n").sum())
    least_labelled = resources["n"].top_k(MOST_LABELS).min() or 0
    return [
        {
            "id": f"r:{resource}",
            "name": short(resource, 28),
            "value": n,
            "category": names.index("resource"),
            "symbol": "rect",
            "symbolSize": 6 + min(14, 2 * math.log1p(n)),
            "label": {
                "show": n >= least_labelled,
                "position": "right",
                "fontSize": 10,
                "color": NEUTRAL,
            },
        }
        for resource, n in resources.iter_rows()
    ]
