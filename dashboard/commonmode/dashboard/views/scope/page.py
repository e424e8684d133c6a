"""Scope: what agents were permitted, and where they stepped outside."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from commonmode.dashboard.panel import NO_EVENTS, chart, claim, claims, empty, footing, grid, panel
from commonmode.dashboard.period import Period, choose_period
from commonmode.dashboard.plain_text import short
from commonmode.dashboard.summaries import findings_table
from commonmode.dashboard.theme import look
from commonmode.dashboard.url_state import pick
from commonmode.dashboard.views.scope import charts, data


def show() -> None:
    """Arrange the scope page."""
    st.title("Scope", anchor=False)
    st.caption(look("scope").asks)
    period = choose_period()
    if period is None:
        empty(*NO_EVENTS)
        return
    if not data.any_grant(period):
        empty(
            "This log holds no grant, so nothing can be outside one. `habit` needs none; formats "
            "that fill permission_granted, or a map that does, bring this page to life:",
            "commonmode detect --once --final --detector habit",
            "commonmode schema permission_granted",
        )
        return
    found = data.findings(period)
    findings_table("scope", found, period)
    edge = pl.col("subject").str.starts_with("grant:")
    if not found.filter(~edge).is_empty():
        one_breach(found.filter(~edge))
        agents(period)
    edges(found.filter(edge), period)
    exceptions(period)


def edges(found: pl.DataFrame, period: Period) -> None:
    """List the grants that name more than the grant they were delegated from."""
    if found.is_empty():
        return
    with panel(
        "Escalation edges",
        "Grants that name what the grant they were delegated from does not, flagged when they were "
        "given. They permit no more than their parent.",
    ):
        claims(
            found.select("claim", "window_start", "finding_id"),
            column_config={
                "window_start": st.column_config.DatetimeColumn(
                    "window", format="D MMM HH:mm", timezone="UTC"
                )
            },
        )
        footing(found.height, "escalation edge(s)", period)


def exceptions(period: Period) -> None:
    """List the break-glass grants, how they were reviewed and how often they were named."""
    frame = data.exceptions(period)
    if frame.is_empty():
        return
    with panel(
        "Break-glass",
        "Exceptions for an emergency: permitted once approved on review, within a day of their "
        "use. Used after they ended, elsewhere, or though rejected, they are breaches.",
    ):
        grid(
            frame,
            column_config={
                name: st.column_config.DatetimeColumn(name, format="D MMM HH:mm:ss", timezone="UTC")
                for name in ("from", "until")
            },
        )
        footing(frame.height, "break-glass grant(s)", period)


def agents(period: Period) -> None:
    """Draw breaches and attempts per agent."""
    frame = data.per_agent(period)
    with panel(
        "Per agent", "Breaches that took effect, and those that were denied, failed or only tried."
    ):
        if frame.is_empty():
            empty("The cited events lie outside this period; widen it.")
            return
        chart(
            charts.per_agent(frame),
            key="per-agent",
            height=90 + 26 * min(frame.height, 20),
            alt="Breaches and attempts per agent",
        )
        footing(
            frame.select(pl.sum_horizontal("breaches", "attempts").sum()).item(),
            "breaching action(s)",
            period,
        )


def one_breach(found: pl.DataFrame) -> None:
    """Look at one breach: the action, and the grants that were valid at that moment."""
    rows = {row["finding_id"]: row for row in found.iter_rows(named=True)}
    with panel(
        "Behind one action",
        "Every chain of grants that the action could rest on, as they stood at the moment of the "
        "action. Green permits it, red does not; one red hop breaks a chain.",
    ):
        which, what = st.columns(2)
        with which:
            told = {name: _finding_in_words(row) for name, row in rows.items()}
            chosen = pick("Finding", told, key="breach")
        acts = data.actions(chosen)
        if acts.is_empty():
            empty(
                "The cited actions are not in this store. Rebuild it from the log:",
                "commonmode replay",
            )
            return
        with what:
            action = _one_of(acts)
        claim(rows[chosen]["claim"], key="small-breach")
        came_from(action)
        grants(action)


def came_from(action: dict[str, Any]) -> None:
    """Say what data an action rested on, and which event it came from."""
    if not action["provenance"]:
        return
    st.caption(f"It rested on data from {short(', '.join(action['provenance']))}.")
    source = data.source(action)
    if not source.is_empty():
        grid(source)


def _one_of(acts: pl.DataFrame) -> dict[str, Any]:
    actions = {row["id"]: row for row in acts.iter_rows(named=True)}
    told = {name: _in_words(row) for name, row in actions.items()}
    return actions[pick("Action", told, key="action")]


def _in_words(action: dict[str, Any]) -> str:
    what = f"{action['action'] or 'acted'} {action['resource'] or ''}"
    return f"{action['at']:%d %b %H:%M:%S} · {short(what)}"


def _finding_in_words(finding: dict[str, Any]) -> str:
    return f"{finding['window_start']:%d %b %H:%M} · {short(finding['subject'])}"


def grants(action: dict[str, Any]) -> None:
    """Draw and list the grants behind an action."""
    chains = data.chains(action)
    if not chains:
        st.badge("no grant at all was held", icon=":material/key_off:", color="red")
        return
    chart(
        charts.chain(chains, action),
        key="chain",
        height=charts.height(chains),
        alt="Grants behind the action, the hop that forbids it in red",
    )
    grid(
        data.table(chains),
        column_config={
            "valid from": st.column_config.DatetimeColumn(
                "valid from", format="D MMM HH:mm:ss", timezone="UTC"
            ),
            "valid until": st.column_config.DatetimeColumn(
                "valid until", format="D MMM HH:mm:ss", timezone="UTC"
            ),
        },
    )
    footing(len(chains), "chain(s) of grants", None, _said_of(chains, action))


def _said_of(chains: list[list[data.Hop]], action: dict[str, Any]) -> str:
    said = f"as known for {action['at']:%d %b %Y %H:%M:%S} UTC"
    if len(chains) == 1:
        return said
    drawn = min(len(chains), charts.MOST_CHAINS)
    return (
        f"{said} · {drawn} drawn, nearest to permitting it first; the nearest alone on a narrow "
        "screen; all of them in the table"
    )


if __name__ == "__main__":
    show()
