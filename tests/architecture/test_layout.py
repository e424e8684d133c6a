"""The layout holds: one namespace package over four roots, and names that promise something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOTS = ("ingest", "analytics", "dashboard", "infra")
SOURCES = sorted(p for root in ROOTS for p in (ROOT / root).rglob("*.py"))
PACKAGES = sorted(p for root in ROOTS for p in (ROOT / root / "commonmode").iterdir() if p.is_dir())
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}


@pytest.mark.parametrize("root", ROOTS)
def test_the_namespace_has_no_init_that_would_hide_the_other_roots(root: str) -> None:
    assert not (ROOT / root / "commonmode" / "__init__.py").exists()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_every_package_ships_its_types(package: Path) -> None:
    assert (package / "py.typed").exists()


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_file_is_named_for_what_it_holds(source: Path) -> None:
    assert source.stem not in EMPTY_NAMES


def test_no_detector_statistic_or_event_reads_the_clock() -> None:
    clock = re.compile(r"\b(datetime\.now|time\.time|utcnow|perf_counter)\b")
    pure = [p for p in SOURCES if {"detectors", "statistics", "events"} & set(p.parts)]

    assert [p.name for p in pure if clock.search(p.read_text())] == []


def test_agent_text_never_reaches_the_page_as_html() -> None:
    pages = [p for p in SOURCES if "dashboard" in p.parts]

    assert [p.name for p in pages if "unsafe_allow_html=True" in p.read_text()] == []


def test_files_stay_small() -> None:
    lengths = sorted(len(p.read_text().splitlines()) for p in SOURCES)

    assert lengths[len(lengths) // 2] <= 150
    assert lengths[int(len(lengths) * 0.9)] <= 350
