"""Every view over a store full of attacks: they are read, and nothing comes of them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import Watched
from tests.browser.served import served, settled
from tests.hostile_store import IDS, TEXTS, fill

from commonmode.dashboard.views import VIEWS

pytestmark = pytest.mark.browser

QUESTION = quote("SELECT DISTINCT agent, family, choice, resource FROM action_taken")
NAMES = ("script", "latex", "directive", "bidi")
ADDRESSES = [
    *("" if view is VIEWS[0] else view.noun for view in VIEWS),
    *(f"findings?finding={IDS[name]}" for name in NAMES),
    f"sql?sql={QUESTION}",
    f"events?agent={quote(TEXTS['onerror'])}",
    f"events?agent={quote(TEXTS['markdown image'])}&resource={quote(TEXTS['directive'])}",
]
AS_WRITTEN = {
    "html": "<b>bold</b>",
    "script": "alert(1)",
    "markdown image": "![x](http",
    "latex": "$$x^2$$",
    "directive": ":red[warn]",
    "emoji": ":smile:",
    "markup": "[bold red]x[/]",
    "bidi": "pay�fdp.exe",
    "formula": "=HYPERLINK",
}
"""Pieces of texts that stand on a page only where nothing was made of them."""
IN_A_GRID = ("events", "sql", "scorecard")
"""Views whose texts a canvas paints, or that show none of agents."""
PLANTED = (
    ".planted, .katex, iframe[src*='evil'], a[href*='evil'], img[src*='evil'], "
    "[href^='javascript'], [onerror], [onload]"
)


@pytest.fixture(scope="module")
def hostile(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with served(fill(tmp_path_factory.mktemp("hostile"))) as address:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        yield Watched(page, address)
        page.close()


def wander(page: Page) -> None:
    """Bring the mouse over each chart: its tooltips are texts too."""
    for chart in page.get_by_test_id("stEChartsChart").all():
        box = chart.bounding_box()
        if box is None:
            continue
        for across in (25, 40, 55, 70):
            for down in (30, 50, 70):
                page.mouse.move(
                    box["x"] + box["width"] * across / 100, box["y"] + box["height"] * down / 100
                )


def written_on(page: Page) -> set[str]:
    said = page.locator("body").evaluate("body => body.textContent")
    return {name for name, piece in AS_WRITTEN.items() if piece in said}


def test_no_text_becomes_anything_but_text(hostile: Watched) -> None:
    page, seen = hostile.page, dict[str, set[str]]()
    for address in ADDRESSES:
        page.goto(f"{hostile.base}/{address}")
        settled(page)
        if address.startswith("sql?"):
            page.get_by_role("button", name="Run").click()
            settled(page)
            expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
        wander(page)
        made = page.locator(PLANTED).evaluate_all("found => found.map(e => e.outerHTML)")
        assert (address, made) == (address, [])
        assert (address, page.evaluate("window.ran")) == (address, None)
        assert (address, page.get_by_test_id("stException").all_inner_texts()) == (address, [])
        assert (address, hostile.elsewhere(), hostile.complaints) == (address, [], [])
        seen[address] = written_on(page)

    assert set().union(*seen.values()) == set(AS_WRITTEN)
    assert [a for a, names in seen.items() if not names and not a.startswith(IN_A_GRID)] == []
    for name in NAMES:
        assert name in seen[f"findings?finding={IDS[name]}"]
