"""One wheel installs everything: what it holds, and that it works without the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = ROOT / ".uv" / "bin" / "uv"
NEEDED = (
    "commonmode/store/schema.sql",
    "commonmode/dashboard/app.py",
    "commonmode/cli/demo/__init__.py",
    "commonmode/events/py.typed",
)

pytestmark = pytest.mark.skipif(not UV.exists(), reason="needs .uv/bin/uv, which `make` installs")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [str(UV), "build", "--wheel", "--quiet", "--out-dir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, timeout=300)
    return next(folder.glob("commonmode-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel in it; returns its `commonmode`."""
    folder = tmp_path_factory.mktemp("environment")
    uv, python = str(UV), str(folder / "bin" / "python")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", python, str(wheel)]
    subprocess.run(install, check=True, timeout=600)
    return folder / "bin" / "commonmode"


def test_the_wheel_holds_what_runs_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert [name for name in NEEDED if name not in names] == []
    assert any(name.endswith("jgo.lock.toml") for name in names)
    assert [
        name for name in names if name.startswith("tests/") or "commonmode/__init__" in name
    ] == []


def test_the_installed_wheel_simulates_loads_detects_and_answers(
    installed: Path, tmp_path: Path
) -> None:
    data = ["--data", str(tmp_path / "data")]
    log = tmp_path / "economy.ndjson"

    def run(*arguments: str) -> str:
        command = [str(installed), *arguments]
        ran = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    log.write_text(run("simulate", "--agents", "50", "--events", "2000", "--seed", "1"))
    loaded = json.loads(run("load", *data, "--json", str(log)))
    rows = json.loads(run("sql", *data, "--format", "jsonl", "SELECT count(*) AS n FROM events"))

    assert loaded["rejected"] == 0
    assert rows["n"] == loaded["stored"] == loaded["read"] - loaded["duplicates"]
    assert json.loads(run("detect", *data, "--once", "--final", "--json"))["windows"] > 0
