"""Frames → pictures of agents that decide alike."""

from __future__ import annotations

from typing import Any

import polars as pl

from commonmode.dashboard.plain_text import short
from commonmode.dashboard.theme import NEUTRAL, look

Spec = dict[str, Any]

BLUE = look("monoculture").colour


def heat_map(agreement: pl.DataFrame) -> Spec:
    """Draw agreement between families, the diagonal within: columns ``one, other, agreement``."""
    families = agreement["one"].unique().sort().to_list()
    values = agreement["agreement"].to_list()
    low, high = min(values), max(values)
    return {
        "tooltip": {},
        "grid": {"left": 8, "right": 8, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": {
            "type": "category",
            "data": [short(f, 20) for f in families],
            "axisTick": {"show": False},
            "axisLabel": {"interval": 0, "rotate": 20},
        },
        "yAxis": {
            "type": "category",
            "data": [short(f, 20) for f in families],
            "inverse": True,
            "axisTick": {"show": False},
        },
        "visualMap": {
            "min": low,
            "max": high,
            "show": False,
            "inRange": {"color": ["#EAF1F5", "#9EC5DD", "#3C8DBF", "#0B4F7D"]},
        },
        "series": [
            {
                "type": "heatmap",
                "name": "agreement",
                "data": [
                    {
                        "value": [families.index(one), families.index(other), round(value, 2)],
                        "label": {"color": "#FFFFFF" if value > (low + high) / 2 else "#1D232B"},
                    }
                    for one, other, value in agreement.select(
                        "one", "other", "agreement"
                    ).iter_rows()
                ],
                "label": {"show": True, "formatter": "{@[2]}"},
                "itemStyle": {"borderWidth": 2, "borderColor": "rgba(138,143,152,0.25)"},
            }
        ],
    }


def within_between(families: pl.DataFrame) -> Spec:
    """Draw each family's agreement within against that with others: ``family, within, between``."""
    ordered = families.sort("kappa", nulls_last=False)
    names = [short(f, 22) for f in ordered["family"]]
    return {
        "legend": {"top": 0},
        "tooltip": {"trigger": "axis", "valueFormatter": "percent"},
        "grid": {"left": 8, "right": 40, "top": 34, "bottom": 24, "containLabel": True},
        "xAxis": {
            "type": "value",
            "max": 1,
            "min": 0,
            "name": "share of pairs that agree",
            "nameLocation": "middle",
            "nameGap": 26,
        },
        "yAxis": {"type": "category", "data": names, "axisTick": {"show": False}},
        "series": [
            {
                "name": "with other families",
                "type": "bar",
                "barGap": "15%",
                "itemStyle": {"color": NEUTRAL, "opacity": 0.55},
                "data": ordered["between"].to_list(),
            },
            {
                "name": "within the family",
                "type": "bar",
                "itemStyle": {"color": BLUE},
                "data": ordered["within"].to_list(),
            },
        ],
    }


def contexts(frame: pl.DataFrame) -> Spec:
    """Draw each context's agreement within families against between; the diagonal is no excess."""
    return {
        "tooltip": {"trigger": "item"},
        "grid": {"left": 52, "right": 24, "top": 16, "bottom": 46},
        "xAxis": {
            "type": "value",
            "min": 0,
            "max": 1,
            "name": "agreement between families",
            "nameLocation": "middle",
            "nameGap": 28,
        },
        "yAxis": {"type": "value", "min": 0, "max": 1, "name": "within", "nameLocation": "end"},
        "series": [
            {
                "type": "scatter",
                "itemStyle": {"color": BLUE, "opacity": 0.55},
                "data": [
                    {
                        "name": short(context, 40),
                        "value": [between, within],
                        "symbolSize": 5 + min(18.0, agents**0.5),
                    }
                    for context, agents, within, between in frame.select(
                        "context", "agents", "within", "between"
                    ).iter_rows()
                ],
                "markLine": {
                    "silent": True,
                    "symbol": "none",
                    "lineStyle": {"color": NEUTRAL, "type": "dashed"},
                    "data": [[{"coord": [0, 0]}, {"coord": [1, 1]}]],
                },
            }
        ],
    }
