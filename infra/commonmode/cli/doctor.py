"""`commonmode doctor`: what is missing on this machine, and what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commonmode.cli.options import data_option, json_option
from commonmode.cli.output import plain
from commonmode.local.doctor import Check, examine

_STYLES = {"ok": "green", "warning": "yellow", "missing": "red"}


@click.command("doctor")
@data_option
@json_option
def command(data_dir: Path, as_json: bool) -> None:  # noqa: FBT001  a click flag
    """Look at Java, Kafka's jars, ports, disk, memory, the token, the clock, what runs.

    Ends with exit code 4 when a deployment could not start here.

    \b
    Example:
      commonmode doctor
      commonmode doctor --json
    """
    checks = list(examine(data_dir))
    if as_json:
        click.echo(msgspec.json.encode({"checks": checks}).decode())
    else:
        Console(highlight=False).print(_table(checks))
    sys.exit(4 if any(check.verdict == "missing" for check in checks) else 0)


def _table(checks: list[Check]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("check")
    table.add_column("")
    table.add_column("found", overflow="fold")
    for check in checks:
        verdict = Text(check.verdict, style=_STYLES[check.verdict])
        table.add_row(check.name, verdict, Text(plain(check.found)))
        if check.remedy:
            table.add_row("", "", Text(plain(f"→ {check.remedy}"), style="bold"))
    return table
