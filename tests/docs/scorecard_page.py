"""Render docs/scorecard.md from the published scorecard: `python -m tests.docs.scorecard_page`."""

from __future__ import annotations

from pathlib import Path

from commonmode.detectors import ALL
from commonmode.evaluation import page, published

PAGE = Path(__file__).parents[2] / "docs" / "scorecard.md"


def render() -> str:
    """Return the page; it says where its figures are of another version than the code."""
    return page(published(), {detector.name: detector.version for detector in ALL})


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
