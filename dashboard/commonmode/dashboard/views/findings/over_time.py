"""How a finding's subject fared in every window it was judged in, and what they say together."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from commonmode.dashboard.panel import chart, panel
from commonmode.dashboard.source import read
from commonmode.dashboard.theme import ALERT, NEUTRAL

Row = dict[str, Any]

FARED = """
SELECT window_start, window_end, verdict, statistic, p_value, wealth, subjects, sustained
FROM evidence_over_time
WHERE detector = $detector AND version = $version AND subject = $subject
  AND parameters_hash = (
    SELECT min(parameters_hash) FROM judgements
    WHERE detector = $detector AND version = $version AND subject = $subject
      AND window_start = $start AND window_end = $end
  )
ORDER BY window_start
"""
MOST_FALSE = 0.05
_SIDES = {"left": 62, "right": 28}


def fared(finding: Row) -> pl.DataFrame:
    """Return the windows in which a finding's subject was judged, oldest first."""
    return read(
        FARED,
        detector=finding["detector"],
        version=finding["version"],
        subject=finding["subject"],
        start=finding["window_start"],
        end=finding["window_end"],
    )


def over_time_panel(finding: Row) -> None:
    """Draw the statistic and the evidence of all windows so far; nothing where there is one."""
    windows = fared(finding)
    if windows.height < 2:  # noqa: PLR2004  one window is the finding itself
        return
    about = (
        "Above: the statistic, window by window; coloured where it was a finding. Below: what all "
        "windows so far amount to. Where nothing is the matter, that ever reaches x in at most 1 "
        "of x subjects, however often one looks. The line: enough for all that were watched."
    )
    with panel("Over time", about):
        chart(picture(windows), key="over-time", height=300, alt="The subject in every window")
        st.text(sentence(windows))


def sentence(windows: pl.DataFrame) -> str:
    """Say what the windows amount to.

    Examples
    --------
    >>> told = {"verdict": ["finding", "clear"], "wealth": [12.0, 150.0], "subjects": [5, 5]}
    >>> print(sentence(pl.DataFrame({**told, "sustained": [False, True]})))
    Found in 1 of 2 windows; wealth 150. Sustained: it reached 100, which 5 subjects take.
    """
    found = int((windows["verdict"] == "finding").sum())
    last = windows.row(-1, named=True)
    needed, subjects = last["subjects"] / MOST_FALSE, last["subjects"]
    verdict = (
        f"Sustained: it reached {needed:,.0f}, which {subjects:,} subjects take."
        if last["sustained"]
        else f"Not sustained: {subjects:,} subjects take {needed:,.0f}."
    )
    wealth = f"{last['wealth']:,.0f}" if last["wealth"] >= 10 else f"{last['wealth']:.2g}"  # noqa: PLR2004
    return f"Found in {found} of {windows.height} windows; wealth {wealth}. {verdict}"


def picture(windows: pl.DataFrame) -> Row:
    """Draw columns ``window_end, verdict, statistic, wealth, subjects``."""
    when = [end.isoformat() for end in windows["window_end"]]
    colours = [ALERT if verdict == "finding" else NEUTRAL for verdict in windows["verdict"]]
    needed = windows["subjects"][-1] / MOST_FALSE
    points = [
        {"value": [at, value], "itemStyle": {"color": colour}}
        for at, value, colour in zip(when, windows["statistic"], colours, strict=True)
    ]
    return {
        "grid": [
            {**_SIDES, "top": 26, "height": "34%"},
            {**_SIDES, "bottom": 30, "height": "34%"},
        ],
        "tooltip": {"trigger": "axis"},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "xAxis": [
            {"type": "time", "gridIndex": 0, "axisLabel": {"show": False}},
            {"type": "time", "gridIndex": 1},
        ],
        "yAxis": [
            {"type": "value", "gridIndex": 0, "scale": True, "name": "statistic", "splitNumber": 2},
            {"type": "log", "gridIndex": 1, "name": "wealth", "splitNumber": 3},
        ],
        "series": [
            _line("statistic", points, 0),
            {
                **_line("wealth", list(zip(when, windows["wealth"], strict=True)), 1),
                "markLine": {
                    "symbol": ["none", "none"],
                    "silent": True,
                    "animation": False,
                    "lineStyle": {"color": ALERT, "type": "dashed"},
                    "label": {"formatter": f"enough: {needed:,.0f}", "position": "insideEndTop"},
                    "data": [{"yAxis": needed}],
                },
            },
        ],
    }


def _line(name: str, points: list[Any], grid: int) -> Row:
    return {
        "name": name,
        "type": "line",
        "symbolSize": 9,
        "xAxisIndex": grid,
        "yAxisIndex": grid,
        "lineStyle": {"color": NEUTRAL},
        "itemStyle": {"color": NEUTRAL},
        "data": points,
    }
