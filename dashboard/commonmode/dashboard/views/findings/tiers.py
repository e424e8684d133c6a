"""The tiers of evidence behind a finding of collusion: which hold, and which cannot be tested."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from commonmode.dashboard.panel import claim, panel
from commonmode.dashboard.plain_text import worded
from commonmode.dashboard.theme import Colour

_SENTENCE = re.compile(
    r"([A-D]), ([^:]+): (held|not held|could not be tested on this log)(?:;|, because) (.+)"
)
_LOOKS: dict[str, tuple[str, str, Colour]] = {
    "held": ("held", ":material/check_circle:", "orange"),
    "not held": ("not held", ":material/cancel:", "gray"),
    "could not be tested on this log": ("not testable here", ":material/help:", "blue"),
}


class Tier(NamedTuple):
    """One tier as a reason of the finding states it."""

    letter: str
    name: str
    state: str
    why: str


def parted(reasons: Sequence[str]) -> tuple[list[Tier], list[str]]:
    """Return the tiers among the reasons of a finding, and the other reasons.

    Examples
    --------
    >>> tiers, rest = parted(["D, not a best reply: not held; 1% (n = 90).", "They talk."])
    >>> tiers[0].letter, tiers[0].state, tiers[0].why, rest
    ('D', 'not held', '1% (n = 90).', ['They talk.'])
    """
    read = [(reason, _SENTENCE.fullmatch(reason)) for reason in reasons]
    tiers = [Tier(*found.groups()) for _, found in read if found]
    return tiers, [reason for reason, found in read if not found]


def tiers_panel(tiers: Sequence[Tier]) -> None:
    """Show each tier: held, not held, or not testable on this log, with its number and null."""
    about = "Collusion takes three tiers, with C, or D where C cannot be tested. Each has its null."
    with panel("Four tiers of evidence", about), st.grid(min_column_width=400, gap="small"):
        for tier in tiers:
            state, icon, colour = _LOOKS[tier.state]
            with st.container(border=True):
                st.badge(f"{tier.letter} · {worded(tier.name)}: {state}", icon=icon, color=colour)
                claim(tier.why, key=f"small-tier-{tier.letter}")
