"""A real Chromium on a really served dashboard; without one, these tests skip and say so."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request
from tests.browser.served import browser_program, chromium, served
from tests.dashboard import small_store

MISSING = (
    "NO BROWSER TESTS RAN: neither Chromium nor Chrome is on the path. "
    "Get one with `apt-get install chromium` (Debian), `brew install chromium` (macOS)."
)


class Watched:
    """A page, with every request it made and every complaint of its console."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._dialog)

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        where = message.location["url"]
        # Opened at /findings, Streamlit first asks below /findings where its server is.
        if message.type == "error" and not where.endswith(
            ("_stcore/health", "_stcore/host-config")
        ):
            self.complaints.append(f"{message.text} {where}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def elsewhere(self) -> list[str]:
        """Return the requests that left for another machine."""
        ours = (self.base, self.base.replace("http", "ws"), "data:", "blob:")
        return [url for url in self.requests if not url.startswith(ours)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if browser_program() is None:
        pytest.skip(MISSING)
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def dashboard(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard whose store holds a hostile agent among the others."""
    store = small_store.fill(tmp_path_factory.mktemp("served"), hostile=small_store.HOSTILE)
    with served(store) as address:
        yield address


@pytest.fixture
def watched(browser: Browser, dashboard: str, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """A fresh page; parametrise it indirectly with a viewport's width and a colour scheme."""
    look: tuple[int, Literal["light", "dark"]] = getattr(request, "param", (1440, "light"))
    width, scheme = look
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    watching = Watched(page, dashboard)
    yield watching
    if getattr(request.node, "failed", False):
        folder = Path(__file__).with_name("failures")
        folder.mkdir(exist_ok=True)
        page.screenshot(path=folder / f"{request.node.name}.png")
    page.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember a failure, so that the page's picture is kept."""
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report
