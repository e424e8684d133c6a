"""The code on the pages about clients runs, against a store that is served."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients.conftest import Served, java_client
from tests.store.samples import actions, batch, with_empty_store

from commonmode.store import FlightServer, Writer, own_token, run_dir

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "clients.md", *sorted((DOCS / "clients").glob("*.md"))]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A store of twenty actions, which `commonmode` finds by itself."""
    monkeypatch.setenv("COMMONMODE_DATA", str(tmp_path))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    with Writer(with_empty_store(tmp_path)) as writer, FlightServer(writer) as server:
        writer.append(batch(actions(20)))
        yield Served(server.uri, own_token(run_dir(tmp_path)))


def blocks(page: Path, language: str, served: Served) -> list[str]:
    """The code of a page, with the address and the token of `served`."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    port = served.uri.rpartition(":")[2]
    return [block.replace("PORT", port).replace("TOKEN", served.token) for block in found]


def test_every_tool_of_the_overview_has_a_page() -> None:
    overview = PAGES[0].read_text(encoding="utf-8")

    assert re.findall(r"\]\(clients/(\w+\.md)\)", overview) != []
    assert sorted(re.findall(r"\]\(clients/(\w+\.md)\)", overview)) == [
        page.name for page in PAGES[1:]
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_a_page_runs_from_top_to_bottom(page: Path, served: Served) -> None:
    code = "\n".join(blocks(page, "python", served))
    if code:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_jdbc_page_connects_and_its_statements_run(served: Served) -> None:
    page = DOCS / "clients" / "jdbc.md"
    (url,) = blocks(page, "text", served)
    simple, prepared = blocks(page, "sql", served)
    address, _, properties = url.strip().partition("/?")
    told = dict(each.split("=") for each in properties.split("&"))

    with java_client(
        address.removeprefix("jdbc:arrow-flight-sql"), told.pop("token"), **told
    ) as it:
        assert it.query(simple)["rows"] == [["a", "20"]]
        assert len(it.query(prepared, ("setString", "100 years"))["rows"]) == 20


def test_the_commands_of_the_duckdb_page_run(served: Served, tmp_path: Path) -> None:
    (commands,) = blocks(DOCS / "clients" / "duckdb.md", "sh", served)

    done = subprocess.run(
        ["sh", "-ec", commands], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert re.search(r"action_taken .* 20 ", done.stdout)
