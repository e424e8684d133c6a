"""`commonmode status`: what runs, where, and how far behind it is."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from commonmode.cli.deployment_table import deployment_table
from commonmode.cli.options import data_option, json_option
from commonmode.cli.output import errors
from commonmode.local.status import status


@click.command("status")
@data_option
@json_option
def command(data_dir: Path, as_json: bool) -> None:  # noqa: FBT001  a click flag
    """Show what runs on a data folder, where, and how far behind it is.

    `lag` counts, for each topic, the records in the log that are not yet in the store.

    \b
    Example:
      commonmode status
      commonmode status --json
    """
    told = status(data_dir)
    if as_json:
        click.echo(json.dumps(told))
    elif told["state"] == "down":
        errors.print(f"Nothing runs on {data_dir}. `commonmode up` starts it.", markup=False)
    else:
        Console(highlight=False).print(deployment_table(told))
