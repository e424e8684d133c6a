"""The answer to any question → a picture, chosen by the types of its columns."""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

from commonmode.dashboard.plain_text import short

Spec = dict[str, Any]

SHAPES = ("bar", "line", "scatter")
MOST_POINTS = 2_000


class Drawable(NamedTuple):
    """Which columns of an answer can be an axis, and which a height."""

    axes: list[str]
    heights: list[str]


def drawable(frame: pl.DataFrame) -> Drawable:
    """Sort the columns of an answer into axes and heights."""
    heights = [name for name, kind in frame.schema.items() if kind.is_numeric()]
    axes = [name for name, kind in frame.schema.items() if not kind.is_nested()]
    return Drawable(axes, heights)


def shape_of(frame: pl.DataFrame, across: str) -> str:
    """Return the shape that suits an axis: lines over time, dots over numbers, bars otherwise."""
    kind = frame.schema[across]
    if kind.is_temporal():
        return "line"
    return "scatter" if kind.is_numeric() else "bar"


def picture(frame: pl.DataFrame, across: str, up: list[str], shape: str) -> Spec:
    """Draw columns `up` over column `across`."""
    shown = frame.head(MOST_POINTS)
    kind = shown.schema[across]
    axis = (
        "time"
        if kind.is_temporal()
        else "value"
        if kind.is_numeric() and shape != "bar"
        else "category"
    )
    along = [_place(value, axis) for value in shown[across]]
    return {
        "legend": {"top": 0},
        "tooltip": {"trigger": "item" if shape == "scatter" else "axis"},
        "grid": {"left": 16, "right": 24, "top": 36, "bottom": 36, "containLabel": True},
        "xAxis": {
            "type": axis,
            "scale": True,
            "name": short(across),
            "nameLocation": "middle",
            "nameGap": 28,
        },
        "yAxis": {"type": "value", "scale": shape != "bar"},
        "series": [
            {
                "type": shape,
                "name": short(name),
                "symbolSize": 8,
                "data": [list(pair) for pair in zip(along, _numbers(shown[name]), strict=True)],
            }
            for name in up
        ],
    }


def _place(value: Any, axis: str) -> Any:
    if value is None:
        return None
    if axis == "time":
        return value.isoformat()
    return float(value) if axis == "value" else short(value)


def _numbers(column: pl.Series) -> list[float | None]:
    return column.cast(pl.Float64).fill_nan(None).to_list()
