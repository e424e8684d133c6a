"""`commonmode down`: stop the one-machine deployment."""

from __future__ import annotations

from pathlib import Path

import click

from commonmode.cli.options import data_option, json_option
from commonmode.cli.output import errors
from commonmode.local.shutdown import shut_down


@click.command("down")
@data_option
@json_option
def command(data_dir: Path, as_json: bool) -> None:  # noqa: FBT001  a click flag
    """Stop the deployment that runs on a data folder, the broker last.

    The data stays: `up` goes on where it ended.

    \b
    Example:
      commonmode down
    """
    stopped = shut_down(data_dir)
    if as_json:
        click.echo(f'{{"stopped": {stopped}}}')
    elif stopped:
        errors.print(f"Stopped {stopped} processes.")
    else:
        errors.print(f"Nothing runs on {data_dir}.", markup=False)
