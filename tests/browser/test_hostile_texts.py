"""Every view over a store full of attacks: they are read, and nothing comes of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.conftest import Watched
from tests.browser.served import obeying, served, settled
from tests.hostile_store import IDS, OBEYED, TEXTS, fill

from commonmode.dashboard.views import VIEWS

pytestmark = pytest.mark.browser

QUESTION = quote(
    'SELECT DISTINCT agent, family, choice, resource AS "=r" FROM action_taken'
    " WHERE agent = resource ORDER BY agent[1] NOT IN ('<', ':'), agent"
)
NAMES = ("script", "latex", "directive", "bidi")
ADDRESSES = [
    *("" if view is VIEWS[0] else view.noun for view in VIEWS),
    *(f"findings?finding={IDS[name]}" for name in NAMES),
    f"sql?sql={QUESTION}",
    f"events?agent={quote(TEXTS['onerror'])}",
    f"events?resource={quote(TEXTS['directive'])}",
]
AS_WRITTEN = {
    "html": "<b>bold</b>",
    "script": "alert(1)",
    "onerror": "evil.example/p.png",
    "markdown image": "![x](http",
    "latex": "$$x^2$$",
    "directive": ":red[warn]",
    "emoji": ":smile:",
    "markup": "[bold red]x[/]",
    "bidi": "pay�fdp.exe",
    "formula": "=HYPERLINK",
}
"""Pieces of texts that stand on a page only where nothing was made of them."""
OF_NO_AGENT = {"events", "sql", "scorecard"}
"""Views that show no text of an agent before one is asked for; the newest events are findings."""
EXPORT = "[aria-label='Download as CSV']"
PLANTED = (
    ".planted, .katex, iframe[src*='evil'], a[href*='evil'], img[src*='evil'], "
    "[href^='javascript'], [onerror], [onload]"
)


@pytest.fixture(scope="module")
def hostile(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with (
        served(fill(tmp_path_factory.mktemp("hostile"))) as address,
        unprotected(browser) as page,
    ):
        yield Watched(page, address)


@contextmanager
def unprotected(browser: Browser) -> Iterator[Page]:
    """Open a page that no Content-Security-Policy protects: what is obeyed shows."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    yield context.new_page()
    context.close()


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


def as_it_is_taken_away(page: Page) -> None:
    """Take the answer away as CSV: whoever opens it computes nothing and obeys nothing."""
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    said = Path(download.value.path()).read_text()
    header, *rows = csv.reader(io.StringIO(said))
    cells = [cell for row in rows for cell in row]

    assert OBEYED.findall(said) == []
    assert header[-1] == "'=r"
    assert {"'" + TEXTS[name] for name in ("formula", "command", "at")} <= set(cells)
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


def test_what_a_page_obeys_would_be_seen(browser: Browser) -> None:
    """The same looks at a page that renders the texts as Markdown and HTML."""
    with obeying() as address, unprotected(browser) as page:
        watched = Watched(page, address)
        page.goto(address)
        settled(page)

        assert page.locator(PLANTED).count() > 0
        assert page.evaluate("window.ran") == 1
        assert [url for url in watched.elsewhere() if "evil.example" in url] != []
        assert "dialog: 1" in watched.complaints
        assert {"markdown image", "latex", "directive", "emoji"}.isdisjoint(written_on(page))
        assert page.locator(EXPORT).count() == 1


def test_no_text_becomes_anything_but_text(hostile: Watched) -> None:
    page, seen = hostile.page, dict[str, set[str]]()
    for address in ADDRESSES:
        page.goto(f"{hostile.base}/{address}")
        settled(page)
        if address.startswith("sql?"):
            page.get_by_role("button", name="Run").click()
            settled(page)
            as_it_is_taken_away(page)
        wander(page)
        made = page.locator(PLANTED).evaluate_all("found => found.map(e => e.outerHTML)")
        assert (address, made) == (address, [])
        assert (address, page.evaluate("window.ran")) == (address, None)
        assert (address, page.get_by_test_id("stException").all_inner_texts()) == (address, [])
        assert (address, hostile.elsewhere(), hostile.complaints) == (address, [], [])
        assert (address, page.locator(EXPORT).count()) == (address, 0)
        seen[address] = written_on(page)

    assert set().union(*seen.values()) == set(AS_WRITTEN)
    assert {address for address, names in seen.items() if not names} == OF_NO_AGENT
    for name in NAMES:
        assert name in seen[f"findings?finding={IDS[name]}"]
