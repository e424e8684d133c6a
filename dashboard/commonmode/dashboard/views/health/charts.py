"""Frames → pictures of the store's health."""

from __future__ import annotations

from typing import Any

import polars as pl

from commonmode.dashboard.theme import on_narrow

Spec = dict[str, Any]


def coverage(frame: pl.DataFrame) -> Spec:
    """Draw the share of events that fill each field, per kind; fields nobody fills are left out."""
    filled = frame.group_by("field", maintain_order=True).agg(pl.col("share").max())
    fields = filled.filter(pl.col("share") > 0)["field"].to_list()
    kinds = frame["kind"].unique().sort(descending=True).to_list()
    shown = frame.filter(pl.col("field").is_in(fields))
    spec = {
        "tooltip": {"valueFormatter": "percent"},
        "grid": {"left": 8, "right": 16, "top": 8, "bottom": 70, "containLabel": True},
        "xAxis": {
            "type": "category",
            "data": fields,
            "axisLabel": {"rotate": 55, "interval": 0, "fontSize": 11},
            "axisTick": {"show": False},
        },
        "yAxis": {
            "type": "category",
            "data": [kind.replace("_", " ") for kind in kinds],
            "axisTick": {"show": False},
        },
        "visualMap": {
            "min": 0,
            "max": 1,
            "show": False,
            "inRange": {"color": ["rgba(138,143,152,0.10)", "#9CC9D8", "#1F6F8B"]},
        },
        "series": [
            {
                "type": "heatmap",
                "name": "filled",
                "itemStyle": {"borderWidth": 2, "borderColor": "rgba(138,143,152,0.15)"},
                "data": [
                    [fields.index(field), kinds.index(kind), round(share, 4)]
                    for kind, field, share in shown.select("kind", "field", "share").iter_rows()
                ],
            }
        ],
    }
    names_no_room = {"axisLabel": {"show": False}, "name": f"{len(fields)} fields: touch one"}
    return on_narrow(
        spec,
        grid={"bottom": 30},
        xAxis={**names_no_room, "nameLocation": "middle", "nameGap": 10},
    )


def reasons(frame: pl.DataFrame) -> Spec:
    """Draw how many records were rejected for each reason: columns ``reason, records``."""
    ordered = frame.sort("records").tail(12)
    return {
        "grid": {"left": 8, "right": 40, "top": 8, "bottom": 24, "containLabel": True},
        "tooltip": {},
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "data": [r[:60] for r in ordered["reason"]]},
        "series": [
            {
                "type": "bar",
                "data": ordered["records"].to_list(),
                "label": {"show": True, "position": "right"},
            }
        ],
    }
