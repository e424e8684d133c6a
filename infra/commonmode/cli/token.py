"""`commonmode token`: who may read the store from elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from commonmode.cli.options import data_option
from commonmode.cli.output import errors
from commonmode.store import TokenBook, run_dir


@click.group("token")
def command() -> None:
    """Make, list and revoke the tokens with which others read the store.

    A token has a name, reads and never writes, and is shown once: only its hash is kept.
    Changes count at once, also for a store that runs.

    \b
    Example:
      commonmode token add ada
      commonmode token list
      commonmode token rotate ada
      commonmode token revoke ada
    """


@command.command("add")
@click.argument("name")
@data_option
def add(name: str, data_dir: Path) -> None:
    """Make a token for NAME and print it, this once."""
    _show(name, TokenBook(run_dir(data_dir)).add(name))


@command.command("rotate")
@click.argument("name")
@data_option
def rotate(name: str, data_dir: Path) -> None:
    """Replace the token of NAME and print the new one; the old one is refused at once."""
    _show(name, TokenBook(run_dir(data_dir)).rotate(name))


@command.command("revoke")
@click.argument("name")
@data_option
def revoke(name: str, data_dir: Path) -> None:
    """Take away the token of NAME; it is refused at once."""
    TokenBook(run_dir(data_dir)).revoke(name)
    errors.print(f"The token of {name} opens nothing any more.", markup=False)


@command.command("list")
@data_option
def show(data_dir: Path) -> None:
    """List names and since when each has its token."""
    for name, grant in sorted(TokenBook(run_dir(data_dir)).grants().items()):
        click.echo(f"{name}\t{grant.created_at:%Y-%m-%d %H:%M:%S}Z")


def _show(name: str, token: str) -> None:
    errors.print(f"The token of {name}; it is not shown again:", markup=False)
    click.echo(token)
