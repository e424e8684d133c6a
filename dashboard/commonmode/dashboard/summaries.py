"""The findings of one phenomenon on its own page, each with a way to its proof."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import streamlit as st

from commonmode.dashboard.panel import claims, empty, footing, panel
from commonmode.dashboard.period import Period
from commonmode.dashboard.theme import strength
from commonmode.dashboard.views import PATHS


def findings_table(detector: str, found: pl.DataFrame, period: Period) -> None:
    """List a phenomenon's findings with their measures as columns; choosing one opens it."""
    with panel("Findings"):
        if found.is_empty():
            empty(
                "No finding stands in this period. That is a result, once the detector has run:",
                f"commonmode detect --once --final --detector {detector}",
            )
            return
        picked = claims(
            with_measures(found),
            key=f"{detector}-findings",
            on_select="rerun",
            selection_mode="single-row",
            column_config={
                "effect": st.column_config.NumberColumn(format="%.3g"),
                "q_value": st.column_config.NumberColumn("q", format="%.2g"),
            },
        )
        footing(found.height, "finding(s)", period, "choose a row to see why")
    rows = picked.selection.rows
    if rows and rows[0] < found.height:
        st.switch_page(PATHS["findings"], query_params={"finding": found["finding_id"][rows[0]]})


def with_measures(found: pl.DataFrame) -> pl.DataFrame:
    """Spread the JSON of `measures` into columns, beside how sure each finding is."""
    measures = [_measures(value) for value in found["measures"]]
    names = list(dict.fromkeys(name for row in measures for name in row))[:6]
    sure = [strength(p, q).word for p, q in found.select("p_value", "q_value").iter_rows()]
    return pl.DataFrame(
        [
            pl.Series("sure", sure, pl.String),
            found["claim"],
            found["effect"],
            found["q_value"],
            found["n"],
            *(
                pl.Series(name.replace("_", " "), [row.get(name) for row in measures], pl.Float64)
                for name in names
                if name not in ("claim", "effect", "n", "sure")
            ),
            found["status"],
        ]
    )


def _measures(stored: Any) -> dict[str, float | None]:
    found = json.loads(stored) if isinstance(stored, str) else stored
    return {k: v for k, v in (found or {}).items() if v is None or isinstance(v, int | float)}
