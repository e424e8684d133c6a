"""Take a picture of every view: ``python -m tests.browser.screenshots DATA_DIR FOLDER``."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page
from tests.browser.served import chromium, served, settled

from commonmode.dashboard.views import VIEWS
from commonmode.store import connect

FIRST_OF_EACH = """
SELECT detector, min_by(finding_id, (coalesce(q_value, 0), -effect)) AS finding_id
FROM findings WHERE status <> 'withdrawn' GROUP BY detector ORDER BY detector
"""


def pictures(data_dir: Path, folder: Path, *, dark: bool, width: int, height: int) -> list[Path]:
    """Open every view and one finding per detector; return the pictures taken."""
    folder.mkdir(parents=True, exist_ok=True)
    with connect(data_dir) as reader:
        found = dict(reader.query(FIRST_OF_EACH).iter_rows())
    addresses = {view.noun: "" if view is VIEWS[0] else view.noun for view in VIEWS}
    addresses |= {f"finding-{d}": f"findings?finding={f}" for d, f in found.items()}
    taken = []
    with served(data_dir) as base, chromium() as browser:
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        for name, address in addresses.items():
            page.goto(f"{base}/{address}")
            settled(page)
            if name == "sql":
                page.get_by_role("button", name="Run").click()
                settled(page)
            taken.append(_whole(page, folder / f"{name}.png"))
    return taken


def _whole(page: Page, path: Path) -> Path:
    """Take the whole page: Streamlit scrolls inside, so the window grows to what it holds."""
    size = page.viewport_size or {"width": 1440, "height": 900}
    tall = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], int(tall) + 10)})
    page.wait_for_timeout(1_200)
    page.screenshot(path=path)
    _shrink(path)
    page.set_viewport_size(size)
    return path


def _shrink(path: Path) -> None:
    """Keep as many colours as a page needs: a picture in the README should load at once."""
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("data_dir", type=Path)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--dark", action="store_true")
    asked.add_argument("--width", type=int, default=1440)
    asked.add_argument("--height", type=int, default=900)
    given = asked.parse_args()
    for picture in pictures(
        given.data_dir, given.folder, dark=given.dark, width=given.width, height=given.height
    ):
        print(picture)  # noqa: T201  what a script says
