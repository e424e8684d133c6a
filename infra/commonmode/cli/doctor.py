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

from commonmode.cli.options import bootstrap_option, data_option, json_option, topic_option
from commonmode.cli.output import plain
from commonmode.local.doctor import Examined, Patient, examine
from commonmode.local.state import bootstrap_of
from commonmode.stream import Connection, Topics

_STYLES = {"ok": "green", "warning": "yellow", "error": "red"}
CANNOT_START = 4


@click.command("doctor")
@data_option
@bootstrap_option
@topic_option
@click.option(
    "--port",
    "ports",
    type=click.IntRange(1, 65_535),
    multiple=True,
    help="A port that `up` is to be given; repeatable.",
)
@json_option
def command(  # noqa: PLR0913, PLR0917  click passes every option
    data_dir: Path,
    bootstrap: str | None,
    client_properties: dict[str, str],
    topic: str,
    ports: tuple[int, ...],
    as_json: bool,  # noqa: FBT001  a click flag
) -> None:
    """Look for what ails a deployment here, or would: what was found, and what to do.

    It looks at Java and Kafka's jars, ports, memory, disk, the files that hold tokens, the store
    and its version; at what runs and whether its lag grows; and at the Kafka that runs here or is
    named with -b: its clock against this machine's, and whether its topics would drop history.

    Ends with exit code 0 when a deployment works or could be started, also with warnings, and
    with 4 when one could not.

    \b
    Example:
      commonmode doctor
      commonmode doctor -b broker.example.org:9092 --port 8501 --json
    """
    address = bootstrap or bootstrap_of(data_dir)
    patient = Patient(
        data_dir=data_dir,
        connection=Connection(address, client_properties) if address else None,
        topics=Topics.named(topic),
        ports=ports,
    )
    found = list(examine(patient))
    if as_json:
        click.echo(msgspec.json.encode({"checks": found}).decode())
    else:
        Console(highlight=False).print(_table(found))
    sys.exit(CANNOT_START if any(one.verdict == "error" for one in found) else 0)


def _table(checks: list[Examined]) -> Table:
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
