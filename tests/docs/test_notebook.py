"""The notebook in the docs runs, and its numbers are those of the store."""

import runpy
from pathlib import Path

import pytest
from tests.store.samples import action, batch, finding

from commonmode.store import Writer

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.py"


def test_every_cell_of_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    votes = [action(n, context=f"c{n % 2}", choice="x", family="f") for n in range(6)]
    with Writer(tmp_path) as writer:
        writer.append(batch([*votes, finding()]))
    monkeypatch.setenv("COMMONMODE_DATA", str(tmp_path))

    cells = runpy.run_path(str(NOTEBOOK))

    assert cells["rows"] == 6
    assert cells["families"].rows() == [("f", 1, 6)]
    assert cells["agreement"].collect()["share"].to_list() == [1.0, 1.0]
    assert cells["evidence"]["id"].to_list() == ["event-2", "event-1"]
