"""What the demo prints: each finding once, then what was spared, then where to look."""

from __future__ import annotations

import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commonmode.cli.demo.verdicts import found, lookalikes
from commonmode.cli.output import plain
from commonmode.cli.told import told
from commonmode.store import Reader

NAMED = ("monoculture", "collusion", "scope")
"""The three detectors that the demo waits for."""

EACH = 3
"""Findings of one detector that are printed in full."""


class Board:
    """Prints what is new since it last looked.

    Parameters
    ----------
    reader : Reader
        The store.
    console : Console
        Where to print.
    """

    def __init__(self, reader: Reader, console: Console) -> None:
        self._reader = reader
        self._console = console
        self._printed: dict[str, set[str]] = {name: set() for name in NAMED}
        self.complete = False

    def look(self) -> None:
        """Print findings that are new, and once all three detectors spoke, what was spared."""
        findings = found(self._reader)
        for row in findings.iter_rows(named=True):
            self._tell(row)
        if not self.complete and all(self._printed.values()):
            self.complete = True
            self._console.print(_spared(lookalikes(self._reader)))
            self._count(findings)

    def _tell(self, row: dict[str, object]) -> None:
        said = self._printed.setdefault(str(row["detector"]), set())
        if row["subject"] in said or len(said) >= EACH:
            return
        said.add(str(row["subject"]))
        self._console.print(told(row))

    def _count(self, findings: pl.DataFrame) -> None:
        counts = findings.group_by("detector").len().sort("detector").rows()
        words = ", ".join(f"{n} of {plain(detector)}" for detector, n in counts)
        self._console.print(Text(f"Findings so far: {words}.", "dim"))


def _spared(rows: pl.DataFrame) -> Table:
    table = Table(
        title="Innocent lookalikes planted beside them",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in ("looks like", "but is", "planted"):
        table.add_column(name, justify="right" if name == "planted" else "left")
    table.add_column("flagged", justify="right")
    for detector, lookalike, planted, flagged in rows.rows():
        mark = Text("0 ✓", "green") if not flagged else Text(f"{flagged} ✗", "red")
        table.add_row(plain(detector), plain(lookalike), str(planted), mark)
    return table
