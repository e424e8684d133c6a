"""The documentation says what the program does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.cli_reference import PAGE, help_of

from commonmode.cli.main import HIDDEN, VERBS

ROOT = Path(__file__).parents[2]
SHOWN = [verb for verb in VERBS if verb not in HIDDEN]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("infra/**/*.md")])


def test_the_command_line_page_is_the_verbs_own_help() -> None:
    # A verb that was called by itself before, as tests do, keeps the help option of that call.
    anew = "from tests.docs.cli_reference import render; print(render(), end='')"
    page = subprocess.check_output([sys.executable, "-c", anew], cwd=ROOT).decode()
    assert PAGE.read_text(encoding="utf-8") == page, "run `make docs`"


@pytest.mark.parametrize("verb", SHOWN)
def test_every_verb_shows_an_example(verb: str) -> None:
    assert "Example:" in help_of(verb)


@pytest.mark.parametrize("verb", SHOWN)
def test_every_verb_is_named_in_the_readme(verb: str) -> None:
    assert f"commonmode {verb}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_in_a_page_names_a_verb_that_exists(page: Path) -> None:
    named = re.findall(
        r"^\$? ?(?:.*\| )?commonmode ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE
    )

    assert sorted(set(named) - set(VERBS)) == []
