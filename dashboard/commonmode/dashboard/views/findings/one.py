"""One finding: what is claimed, how sure, from which events, and how to check it."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from commonmode.dashboard.panel import (
    chart,
    claim,
    counted,
    empty,
    footing,
    grid,
    panel,
    rows_high,
)
from commonmode.dashboard.period import Period
from commonmode.dashboard.plain_text import visible, worded
from commonmode.dashboard.scorecards import show_of_finding
from commonmode.dashboard.theme import STATUS, look, strength
from commonmode.dashboard.views import PATHS
from commonmode.dashboard.views.findings import charts, data, over_time, tiers

Row = dict[str, Any]

LONG_SQL = 10
"""Lines past which a statement scrolls in its box."""
ONE_LINE = 100
"""Characters of a line of SQL, about; a longer one is wrapped."""

NEEDED = (
    "detector",
    "status",
    "claim",
    "statistic",
    "effect",
    "n",
    "window_start",
    "window_end",
    "subject",
    "evidence_sql",
    "recompute_sql",
)
"""What every finding of a detector has; the store gives NULL where it could not be read."""


def show_one(identifier: str) -> None:
    """Arrange one finding, or say that the link names none."""
    finding = data.one(identifier)
    if finding is None:
        st.warning("This link names no finding of this store.", icon=":material/link_off:")
        st.text(visible(identifier)[:80])
        empty("List what there is:", "commonmode findings")
        return
    if any(finding[name] is None for name in NEEDED):
        malformed(finding)
        return
    headline(finding)
    numbers(finding)
    held, doubted = tiers.parted(finding["reasons"] or ())
    if held:
        tiers.tiers_panel(held)
    left, right = st.columns([3, 2])
    with left:
        null_panel(finding)
    with right:
        doubts(doubted)
    over_time.over_time_panel(finding)
    evidence(finding)
    left, right = st.columns(2)
    with left:
        involved(finding)
    with right:
        life(finding)
    show_of_finding(finding)
    proof(finding)


def malformed(finding: Row) -> None:
    """Show what there is of a finding that lacks what every finding has: anyone may publish one."""
    st.warning(
        "This finding is malformed; its producer left out what it needs.",
        icon=":material/broken_image:",
    )
    lacking = [name for name in NEEDED if finding[name] is None]
    st.caption(f"It lacks: {', '.join(lacking)}. As it was published:")
    st.json({name: value for name, value in finding.items() if value is not None})
    empty(
        "Detectors of commonmode publish whole findings; judge again:",
        "commonmode detect --once --final",
    )


def headline(finding: Row) -> None:
    """Show the claim, large, under what it is and how sure."""
    seen = look(finding["detector"])
    sure = strength(finding["p_value"], finding["q_value"], provisional=finding["provisional"])
    icon, colour = STATUS.get(finding["status"], (":material/help:", "gray"))
    with st.container(horizontal=True, gap="xsmall"):
        st.badge(seen.name, icon=seen.icon, color=seen.badge, help=seen.asks or None)
        st.badge(f"how sure: {sure.word}", color=sure.badge, help=sure.sentence)
        st.badge(
            f"{worded(finding['status'])}, revision {finding['revision']}", icon=icon, color=colour
        )
    claim(finding["claim"], key="headline")
    st.caption(f"{sure.sentence} · window {_window(finding).words()}")


def _window(finding: Row) -> Period:
    return Period(finding["window_start"], finding["window_end"], finding["n"])


def numbers(finding: Row) -> None:
    """Show the finding's numbers."""
    with st.grid(min_column_width=118, gap="xsmall", border=True):
        st.metric("Effect", _number(finding["effect"]), help="in the detector's natural unit")
        st.metric("Statistic", _number(finding["statistic"]))
        st.metric("p", _number(finding["p_value"], absent="exact"))
        st.metric(
            "q",
            _number(finding["q_value"], absent="exact"),
            help="p, corrected for every subject looked at",
        )
        st.metric("n", f"{finding['n']:,}", help="units that the statistic rests on")
        for name, value in list(data.measures(finding).items())[:6]:
            st.metric(worded(name) or "unnamed", _number(value))


def _number(value: float | None, absent: str = "—") -> str:
    return absent if value is None else f"{value:.3g}"


def null_panel(finding: Row) -> None:
    """Draw the statistic inside its null distribution."""
    with panel(
        "Against chance",
        "Grey: the statistic where nothing but the null model is at work. The line: what was seen.",
    ):
        sample = [value for value in finding["null_sample"] or () if value is not None]
        if not sample:
            st.caption(
                ":material/rule: This claim is exact. A rule was broken, so there is no chance to "
                "compare with; the events below prove it."
            )
            return
        spec = charts.null_distribution(
            sample, finding["statistic"], look(finding["detector"]).colour
        )
        chart(spec, key="null", height=280, alt="The observed statistic in its null")
        above = sum(value >= finding["statistic"] for value in sample)
        note = f"{above} of them reach the observed value"
        footing(len(sample), "draw(s) of the null shown", None, note)


def doubts(reasons: list[str]) -> None:
    """List what else could explain it, and what this log could not test."""
    about = "Alternative explanations, assumptions, and what was not testable."
    with panel("What else it could be", about):
        if not reasons:
            st.caption("The detector names no alternative explanation.")
        for i, reason in enumerate(reasons):
            claim(f"•  {reason}", key=f"note-{i}")


def evidence(finding: Row) -> None:
    """Draw and list the events that the finding cites."""
    frame = data.evidence(finding["finding_id"])
    with panel("Evidence", "The events that the finding cites, in event time."):
        if frame.is_empty():
            empty(
                "None of the cited events is in this store. Rebuild it from the log:",
                "commonmode replay",
            )
            return
        agents = min(frame["agent"].n_unique(), charts.MOST_AGENTS)
        chart(
            charts.timeline(frame),
            key="evidence",
            height=110 + 22 * agents,
            alt="Cited events per agent over time",
        )
        shown = frame.select([c for c in frame.columns if frame[c].null_count() < frame.height])
        grid(
            shown,
            height=rows_high(frame.height, 9),
            key="evidence-table",
            column_config={
                "at": st.column_config.DatetimeColumn("at", format="D MMM HH:mm:ss", timezone="UTC")
            },
        )
        footing(frame.height, f"of {finding['evidence_total']:,} cited event(s)", _window(finding))


def involved(finding: Row) -> None:
    """List the agents and resources that are named."""
    with panel("Agents and resources", "Most influential first."):
        names: list[str] = list(finding["agents"] or ())
        known = data.agents(names, finding)
        grid(known, height=rows_high(known.height, 6))
        resources = pl.DataFrame({"resource": list(finding["resources"] or ())})
        if not resources.is_empty():
            grid(resources, height=rows_high(resources.height, 4))
        footing(len(names), "agent(s) named", None, counted(resources.height, "resource(s)"))


def life(finding: Row) -> None:
    """Show how the finding came to stand as it stands."""
    with panel("Life", "Every revision, with its reason. Nothing is changed silently."):
        revisions = data.life(finding["finding_id"])
        if revisions.height > 1:
            chart(
                charts.life(revisions), key="life", height=170, alt="The statistic at each revision"
            )
        grid(
            revisions.select(
                "revision", "status", "reason", "statistic", "q_value", "evidence", "ingested_at"
            ),
            column_config={
                "ingested_at": st.column_config.DatetimeColumn(
                    "known since", format="D MMM HH:mm:ss", timezone="UTC"
                ),
                "statistic": st.column_config.NumberColumn(format="%.4g"),
                "q_value": st.column_config.NumberColumn("q", format="%.2g"),
            },
        )
        footing(revisions.height, "revision(s)")


def proof(finding: Row) -> None:
    """Hand over the SQL and the command that get the same again."""
    with panel("Check it yourself"):
        st.caption("The events it rests on:")
        _sql(finding["evidence_sql"])
        st.page_link(
            PATHS["sql"],
            label="Open as SQL",
            icon=":material/terminal:",
            query_params={"sql": finding["evidence_sql"]},
        )
        st.caption("The statistic again, from the events alone:")
        _sql(finding["recompute_sql"])
        st.page_link(
            PATHS["sql"],
            label="Recompute as SQL",
            icon=":material/calculate:",
            query_params={"sql": finding["recompute_sql"]},
        )
        st.caption("Everything about it in the terminal, re-run to the same number:")
        st.code(f"commonmode explain {finding['finding_id']}", language="bash")
        with st.expander("Parameters, version and the log it was computed from"):
            st.json(
                {
                    "detector": finding["detector"],
                    "version": finding["version"],
                    "parameters": finding["parameters"],
                    "as_of": finding["as_of"],
                },
                expanded=2,
            )


def _sql(text: str) -> None:
    long = sum(1 + len(line) // ONE_LINE for line in text.splitlines()) > LONG_SQL
    st.code(text, language="sql", wrap_lines=True, height=LONG_SQL * 22 if long else "content")
