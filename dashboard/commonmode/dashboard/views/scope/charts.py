"""Frames → pictures of what was permitted and what was done."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import polars as pl

from commonmode.dashboard.plain_text import short
from commonmode.dashboard.theme import ALERT, GOOD, NEUTRAL, look, on_narrow
from commonmode.dashboard.views.scope.data import Hop

Spec = dict[str, Any]

MOST_CHAINS = 4
"""Chains that can be told apart in one picture."""


def per_agent(frame: pl.DataFrame) -> Spec:
    """Draw breaches beside attempts: columns ``agent, breaches, attempts``."""
    ordered = frame.head(20).reverse()
    return {
        "legend": {"top": 0},
        "tooltip": {"trigger": "axis"},
        "grid": {"left": 8, "right": 30, "top": 34, "bottom": 24, "containLabel": True},
        "xAxis": {
            "type": "value",
            "minInterval": 1,
            "name": "actions",
            "nameLocation": "middle",
            "nameGap": 26,
        },
        "yAxis": {
            "type": "category",
            "data": [short(a, 26) for a in ordered["agent"]],
            "axisTick": {"show": False},
        },
        "series": [
            {
                "name": "took effect",
                "type": "bar",
                "stack": "all",
                "itemStyle": {"color": look("scope").colour},
                "data": ordered["breaches"].to_list(),
            },
            {
                "name": "only tried",
                "type": "bar",
                "stack": "all",
                "itemStyle": {"color": look("scope").colour, "opacity": 0.35},
                "data": ordered["attempts"].to_list(),
            },
        ],
    }


def chain(chains: list[list[Hop]], action: dict[str, Any]) -> Spec:
    """Draw the grants behind an action, root to the left; a hop that forbids it is red.

    Where there is no room beside each other, the first chain alone stands upright.
    """
    wide, narrow = _lying(chains[:MOST_CHAINS], action), _lying(chains[:1], action)
    return on_narrow(wide, **_upright(narrow))


def _lying(shown: list[list[Hop]], action: dict[str, Any]) -> Spec:
    deepest = max(map(len, shown), default=1)
    nodes: dict[str, Spec] = {}
    links = []
    for row, hops in enumerate(shown):
        shift = deepest - len(hops)
        for depth, hop in enumerate(hops):
            nodes.setdefault(_key(hop), _hop(hop, depth + shift, row))
        links += [_arrow(_key(one), _key(other), other.permits) for one, other in pairwise(hops)]
        links.append(_arrow(_key(hops[-1]), "act", all(hop.permits for hop in hops)))
    nodes["act"] = _act(action, deepest, (len(shown) - 1) / 2)
    unique = {(link["source"], link["target"]): link for link in links}
    hidden = {"type": "value", "show": False}
    return {
        "tooltip": {},
        "grid": {"left": 40, "right": 40, "top": 0, "bottom": 0},
        "xAxis": {**hidden, "min": -0.5, "max": deepest + 0.5},
        "yAxis": {**hidden, "min": -0.4, "max": len(shown) - 0.2, "inverse": True},
        "series": [
            {
                "type": "graph",
                "coordinateSystem": "cartesian2d",
                "edgeSymbol": ["none", "arrow"],
                "edgeSymbolSize": 9,
                "data": list(nodes.values()),
                "links": list(unique.values()),
            }
        ],
    }


def height(chains: list[list[Hop]]) -> int:
    """Return the pixels that the chains need, lying or the first of them upright."""
    return max(120 + 90 * min(len(chains), MOST_CHAINS), 48 * (len(chains[0]) + 1))


def _upright(lying: Spec) -> Spec:
    """Turn a picture of one chain: root at the top, what is said of a grant to its right."""
    [series] = lying["series"]
    nodes = [
        {
            **node,
            "value": [0, node["value"][0]],
            "label": {**node["label"], "position": "right", "align": "left"},
        }
        for node in series["data"]
    ]
    return {
        "grid": {"left": 0, "right": 0, "top": 0, "bottom": 0},
        "xAxis": {"min": -0.2, "max": 1.2},
        "yAxis": {"min": lying["xAxis"]["min"], "max": lying["xAxis"]["max"]},
        "series": [{**series, "data": nodes}],
    }


def _key(hop: Hop) -> str:
    return f"{hop.grant.grant}@{hop.grant.at.isoformat()}"


def _hop(hop: Hop, x: int, y: int) -> Spec:
    colour = GOOD if hop.permits else ALERT
    mark = "✓" if hop.permits else "✗"
    return {
        "id": _key(hop),
        "name": short(hop.grant.grant, 30),
        "value": [x, y],
        "symbol": "circle",
        "symbolSize": 26,
        "itemStyle": {"color": colour},
        "label": {
            "show": True,
            "position": "bottom",
            "lineHeight": 16,
            "width": 180,
            "overflow": "break",
            "formatter": f"{short(hop.grant.agent, 22)}\n{mark} {short(hop.why, 66)}".replace(
                "{", "("
            ).replace("}", ")"),
            "color": colour if not hop.permits else NEUTRAL,
            "fontWeight": "normal" if hop.permits else "bold",
        },
    }


def _act(action: dict[str, Any], x: int, y: float) -> Spec:
    what = f"{action['action'] or 'acted'}\n{short(action['resource'] or '', 30)}"
    return {
        "id": "act",
        "name": short(action["id"], 30),
        "value": [x, y],
        "symbol": "diamond",
        "symbolSize": 34,
        "itemStyle": {"color": ALERT},
        "label": {
            "show": True,
            "position": "bottom",
            "lineHeight": 16,
            "width": 180,
            "overflow": "break",
            "fontWeight": "bold",
            "formatter": what.replace("{", "(").replace("}", ")"),
        },
    }


def _arrow(source: str, target: str, permits: bool) -> Spec:  # noqa: FBT001  what `Hop` says
    style = (
        {"color": NEUTRAL, "width": 2}
        if permits
        else {"color": ALERT, "width": 3, "type": "dashed"}
    )
    return {"source": source, "target": target, "lineStyle": style}
