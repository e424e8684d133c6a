"""Frames → pictures of what detectors get right and wrong."""

from __future__ import annotations

from typing import Any

import polars as pl

from commonmode.dashboard.theme import ALERT, NEUTRAL, look

Spec = dict[str, Any]

NOMINAL = 0.05


def power(frame: pl.DataFrame) -> Spec:
    """Draw culprits found against one knob, with 95 % intervals: ``strength, share, low, high``."""
    strengths = [f"{strength:g}" for strength in frame["strength"]]
    colour = look(frame["detector"][0]).colour
    band = {"type": "line", "stack": "interval", "symbol": "none", "lineStyle": {"opacity": 0}}
    return {
        "tooltip": {"trigger": "axis"},
        "grid": {"left": 44, "right": 16, "top": 16, "bottom": 40},
        "xAxis": {
            "type": "category",
            "data": strengths,
            "name": frame["knob"][0],
            "nameLocation": "middle",
            "nameGap": 26,
        },
        "yAxis": {"type": "value", "min": 0, "max": 1},
        "series": [
            {**band, "name": "95 % from", "data": frame["low"].round(3).to_list()},
            {
                **band,
                "name": "95 % width",
                "data": (frame["high"] - frame["low"]).round(3).to_list(),
                "areaStyle": {"color": colour, "opacity": 0.18},
            },
            {
                "type": "line",
                "name": "found",
                "data": frame["share"].round(3).to_list(),
                "lineStyle": {"color": colour, "width": 2},
                "itemStyle": {"color": colour},
            },
        ],
    }


def lookalikes(frame: pl.DataFrame) -> Spec:
    """Draw false alarms with their intervals, a bar a world, against the nominal 5 %."""
    worlds = [f"{name} · {world}" for name, world in frame.select("detector", "world").iter_rows()]
    bars = [
        {"value": round(share, 3), "itemStyle": {"color": ALERT if low > NOMINAL else NEUTRAL}}
        for share, low in frame.select("high", "low").iter_rows()
    ]
    return {
        "tooltip": {"trigger": "axis"},
        "grid": {"left": 8, "right": 16, "top": 26, "bottom": 24, "containLabel": True},
        "xAxis": {"type": "value", "min": 0},
        "yAxis": {"type": "category", "data": worlds, "inverse": True},
        "series": [
            {
                "type": "bar",
                "name": "upper end of 95 %",
                "data": bars,
                "barWidth": 3,
                "markLine": {
                    "symbol": "none",
                    "data": [{"xAxis": NOMINAL}],
                    "label": {"formatter": "5 %", "position": "start"},
                    "lineStyle": {"color": ALERT},
                },
            },
            {
                "type": "scatter",
                "name": "false alarms",
                "data": [[round(x, 3), place] for place, x in enumerate(frame["share"])],
                "symbolSize": 9,
                "itemStyle": {"color": NEUTRAL},
            },
        ],
    }


def crossfire(frame: pl.DataFrame) -> Spec:
    """Draw detectors on plants of others: ``detector, world, share``."""
    detectors = frame["detector"].unique(maintain_order=True).to_list()
    worlds = frame["world"].unique(maintain_order=True).to_list()
    return {
        "tooltip": {},
        "grid": {"left": 8, "right": 8, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": {
            "type": "category",
            "data": detectors,
            "axisLabel": {"interval": 0, "rotate": 30},
        },
        "yAxis": {"type": "category", "data": worlds, "inverse": True},
        "visualMap": {
            "min": 0,
            "max": 0.2,
            "show": False,
            "inRange": {"color": ["#EEF1F4", "#F4B6A6", ALERT]},
        },
        "series": [
            {
                "type": "heatmap",
                "name": "share of logs with a false finding",
                "data": [
                    [detectors.index(name), worlds.index(world), round(share, 3)]
                    for name, world, share in frame.select("detector", "world", "share").iter_rows()
                ],
                "label": {"show": True, "formatter": "{@[2]}", "color": "#1D232B"},
            }
        ],
    }


def quantiles(frame: pl.DataFrame) -> Spec:
    """Draw p-values against the uniform's quantiles: ``series, expected, p_value``."""
    return {
        "tooltip": {},
        "legend": {"top": 0, "type": "scroll"},
        "grid": {"left": 44, "right": 16, "top": 40, "bottom": 40},
        "xAxis": {
            "type": "value",
            "min": 0,
            "max": 1,
            "name": "uniform",
            "nameLocation": "middle",
            "nameGap": 26,
        },
        "yAxis": {"type": "value", "min": 0, "max": 1},
        "series": [
            *(
                {
                    "type": "scatter",
                    "name": str(name),
                    "symbol": "circle" if str(name).endswith("subject") else "emptyCircle",
                    "itemStyle": {"color": look(str(name).partition(",")[0]).colour},
                    "symbolSize": 6,
                    "data": [list(xy) for xy in part.select("expected", "p_value").iter_rows()],
                }
                for (name,), part in frame.group_by("series", maintain_order=True)
            ),
            {
                "type": "line",
                "name": "as promised",
                "symbol": "none",
                "data": [[0, 0], [1, 1]],
                "lineStyle": {"color": NEUTRAL, "type": "dashed"},
            },
        ],
    }
