"""A dashboard that is really served, and a Chromium that really opens it."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from commonmode.cli.dashboard import free_port

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def browser_program() -> str | None:
    """Return the Chromium or Chrome on the path, if there is one."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@contextmanager
def served(
    data_dir: Path, *options: str, port: int | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Serve the store of a data folder with frozen tiles; yield the address."""
    port = port or free_port("127.0.0.1")
    command = ["commonmode.cli.main", "dashboard", "--port", str(port), "--refresh", "0", *options]
    with running(command, port, {"COMMONMODE_DATA": str(data_dir)}, tls) as address:
        yield address


@contextmanager
def obeying() -> Iterator[str]:
    """Serve the page that does all that ours must not; yield the address."""
    page, port = Path(__file__).with_name("obeying.py"), free_port("127.0.0.1")
    command = ["streamlit", "run", str(page), "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true"]
    with running(command, port, {"PYTHONPATH": str(page.parents[2])}) as address:
        yield address


@contextmanager
def running(
    module: list[str], port: int, environment: dict[str, str], tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Run a module that serves Streamlit; yield the address once it answers."""
    address = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", *module],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_healthy(f"{address}/_stcore/health", tls)
        yield address
    finally:
        os.killpg(server.pid, 15)
        server.wait(20)


def wait_until_healthy(address: str, tls: ssl.SSLContext | None = None) -> None:
    """Wait until a server answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=2, context=tls):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    msg = f"the dashboard did not come up at {address}"
    raise TimeoutError(msg)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_program(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def settled(page: Page) -> None:
    """Wait until Streamlit has finished running and charts have been drawn."""
    told_all(page)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=30_000)
    expect(page.locator("[data-stale='true']")).to_have_count(0, timeout=30_000)
    page.wait_for_timeout(1_500)


def told_all(page: Page) -> None:
    """Wait until the server has told a page all that it has to."""
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=60_000
    )
