"""The views: one folder a noun, each of `page` (arranges), `data` (reads), `charts` (draws).

To add a view: make its folder and one line in `VIEWS`.
"""

from __future__ import annotations

from typing import NamedTuple


class View(NamedTuple):
    """One entry of the navigation."""

    noun: str
    title: str
    icon: str
    section: str

    @property
    def path(self) -> str:
        """Where its page stands, from the app's folder: what Streamlit links to."""
        return f"views/{self.noun}/page.py"


VIEWS = (
    View("economy", "Economy", ":material/public:", "Watch"),
    View("findings", "Findings", ":material/flag:", "Watch"),
    View("monoculture", "Monoculture", ":material/content_copy:", "Phenomena"),
    View("collusion", "Collusion", ":material/hub:", "Phenomena"),
    View("scope", "Scope", ":material/lock_open:", "Phenomena"),
    View("events", "Events", ":material/list_alt:", "Look closer"),
    View("sql", "SQL workbench", ":material/terminal:", "Look closer"),
    View("scorecard", "Scorecard", ":material/grading:", "Look closer"),
    View("health", "Health", ":material/monitor_heart:", "Look closer"),
)

PATHS = {view.noun: view.path for view in VIEWS}
"""Noun → page, for links from one view to another."""
