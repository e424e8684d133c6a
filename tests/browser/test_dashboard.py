"""The dashboard in Chromium: what people see and do, and what must not happen to them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched
from tests.browser.served import settled
from tests.dashboard.small_store import BREACH, HOSTILE, MONOCULTURE, RING

from commonmode.dashboard.views import VIEWS

pytestmark = pytest.mark.browser

EVERY_LOOK = [(1440, "light"), (1440, "dark"), (420, "light")]
ADDRESSES = ["" if view is VIEWS[0] else view.noun for view in VIEWS]


def visit(watched: Watched, address: str) -> Page:
    watched.page.goto(f"{watched.base}/{address}")
    settled(watched.page)
    return watched.page


def nothing_is_wrong(watched: Watched) -> None:
    expect(watched.page.get_by_test_id("stException")).to_have_count(0)
    expect(watched.page.get_by_text("The store refused this question.")).to_have_count(0)
    assert watched.elsewhere() == []
    assert watched.complaints == []


@pytest.mark.parametrize("watched", EVERY_LOOK, indirect=True, ids=["light", "dark", "narrow"])
def test_every_view_opens_and_nothing_leaves_the_machine(watched: Watched) -> None:
    """The store holds an agent whose name is an image, a script, a link and a formula."""
    for address in ADDRESSES:
        visit(watched, address)
        nothing_is_wrong(watched)
    for finding in (MONOCULTURE, RING, BREACH):
        visit(watched, f"findings?finding={finding}")
        nothing_is_wrong(watched)


def test_dark_and_light_follow_the_reader(watched: Watched, browser: object) -> None:
    page = visit(watched, "health")
    background = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark")
    page.reload()
    settled(page)

    assert light == "rgb(253, 253, 251)"
    assert page.evaluate(background) == "rgb(18, 22, 27)"


def test_choosing_a_finding_shows_its_evidence(watched: Watched) -> None:
    page = visit(watched, "findings")
    choose_row(page, "findings-table", 0)
    settled(page)

    expect(page).to_have_url(re.compile("finding=[0-9a-f]{16}"))
    expect(page.get_by_role("heading", name="Evidence")).to_be_visible()
    nothing_is_wrong(watched)


def test_chosen_finding_is_kept_by_a_reload_and_by_going_back(watched: Watched) -> None:
    page = visit(watched, f"findings?finding={MONOCULTURE}")
    page.reload()
    settled(page)
    expect(page.get_by_text("Agents of family aurora choose alike")).to_be_visible()
    page.get_by_role("button", name="All findings").click()
    settled(page)

    expect(page.get_by_role("heading", name="Findings", exact=True)).to_be_visible()
    expect(page).not_to_have_url(re.compile("finding="))


def test_finding_opens_as_sql_and_runs(watched: Watched) -> None:
    page = visit(watched, f"findings?finding={MONOCULTURE}")
    page.get_by_role("link", name="Open as SQL").click()
    page.wait_for_url(re.compile("/sql"))
    settled(page)
    expect(page.get_by_role("textbox", name="Question")).to_have_value(
        "SELECT * FROM events WHERE agent = 'cedar-1'"
    )
    page.get_by_role("button", name="Run").click()
    settled(page)

    expect(page.get_by_text(re.compile(r"n = \d+ rows ·"))).to_be_visible()
    nothing_is_wrong(watched)


def test_own_question_is_run_and_drawn(watched: Watched) -> None:
    page = visit(watched, "sql")
    page.get_by_role("textbox", name="Question").fill(
        "SELECT family, count(*) AS n FROM events GROUP BY family"
    )
    page.get_by_role("button", name="Run").click()
    settled(page)
    page.get_by_role("tab", name="Chart").click()

    expect(page.get_by_test_id("stEChartsChart").locator("canvas")).to_be_visible()
    nothing_is_wrong(watched)


def test_writing_sql_is_refused_with_a_reason(watched: Watched) -> None:
    page = visit(watched, "sql?sql=DELETE%20FROM%20events")
    page.get_by_role("button", name="Run").click()
    settled(page)

    expect(page.get_by_text("The store could not answer.")).to_be_visible()


def test_hostile_name_is_read_letter_by_letter(watched: Watched) -> None:
    page = visit(watched, f"findings?finding={BREACH}")

    expect(page.get_by_text(HOSTILE).first).to_be_visible()
    assert page.locator("img[src*='evil']").count() == 0
    nothing_is_wrong(watched)


def test_hostile_name_stays_text_in_the_tooltip_of_a_chart(watched: Watched) -> None:
    page = visit(watched, "collusion")
    chart = page.get_by_test_id("stEChartsChart").first
    box = chart.bounding_box()
    assert box is not None
    for across in range(20, 80, 4):
        for down in range(20, 80, 8):
            page.mouse.move(
                box["x"] + box["width"] * across / 100, box["y"] + box["height"] * down / 100
            )
    nothing_is_wrong(watched)
    assert page.locator("img[src*='evil']").count() == 0


def test_event_chosen_in_the_table_is_shown_whole(watched: Watched) -> None:
    page = visit(watched, "events?kind=message_sent")
    choose_row(page, "events-table", 0)
    settled(page)

    expect(page.get_by_role("heading", name="One event")).to_be_visible()
    expect(page.get_by_test_id("stCode")).to_contain_text('"content": "hello"')


def choose_row(page: Page, table: str, row: int) -> None:
    """Click the box before a row: the table is a canvas, so by place."""
    box = page.locator(f".st-key-{table} canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 37 + 35 * row + 17)


def test_home_answers_to_its_own_name(watched: Watched) -> None:
    page = visit(watched, VIEWS[0].noun)

    expect(page.get_by_role("heading", name=VIEWS[0].title, exact=True)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    nothing_is_wrong(watched)


def test_a_policy_stops_what_should_ever_become_markup(watched: Watched) -> None:
    """Planted past the app: what an escape forgotten one day would do."""
    page = visit(watched, "health")
    stopped = page.evaluate(
        """() => new Promise(done => {
            const stopped = [];
            document.addEventListener('securitypolicyviolation', e => {
                stopped.push(e.effectiveDirective);
                if (stopped.length === 3) done(stopped.sort());
            });
            const box = document.createElement('div');
            document.body.append(box);
            box.innerHTML = `<img src="http://evil.example/i.png" onerror="window.ran = true">
                             <iframe src="http://evil.example/"></iframe>`;
        })"""
    )

    assert stopped == ["frame-src", "img-src", "script-src-attr"]
    assert page.evaluate("window.ran") is None
