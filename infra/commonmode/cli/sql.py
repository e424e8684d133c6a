"""`commonmode sql`: ask the store, once or interactively."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import polars as pl

from commonmode.cli.elsewhere import elsewhere_options, reader
from commonmode.cli.options import data_option, format_option
from commonmode.cli.output import emit
from commonmode.cli.shell import Asked, Shell, meant
from commonmode.store import Reader


@click.command("sql")
@click.argument("query", required=False)
@data_option
@elsewhere_options
@format_option
def command(  # noqa: PLR0913, PLR0917  click passes every option
    query: str | None,
    data_dir: Path,
    address: str | None,
    token_file: Path | None,
    ca: Path | None,
    output_format: str | None,
) -> None:
    """Run QUERY and print its rows; without one, start a prompt (or read standard input).

    It works whether the deployment runs or not, and reads only: SELECT and EXPLAIN.
    `events`, `rejected`, `findings`, `evidence`, `truth` and a view per kind of event are there;
    at the prompt `.tables` lists them and `.schema NAME` shows the columns.
    With --address it asks a store on another machine, which `up --listen` serves to named tokens.

    \b
    Example:
      commonmode sql "SELECT family, count(*) AS actions FROM action_taken GROUP BY ALL"
      commonmode sql --format parquet "FROM findings" > findings.parquet
      commonmode sql --address grpc+tls://store.example.org:31337 --token-file ada.token
      commonmode sql
    """
    with reader(data_dir, address, token_file, ca) as store:
        if query is None and sys.stdin.isatty():
            Shell(store, output_format).run()
            return
        for asked in meant(query if query is not None else sys.stdin.read()):
            run(store, asked, output_format)


def run(store: Reader, asked: Asked, output_format: str | None) -> None:
    """Print the rows of one query; JSON lines as they come, the other forms at once."""
    if output_format == "jsonl" or (output_format is None and not sys.stdout.isatty()):
        with store.batches(*asked) as batches:
            for batch in batches:
                emit(pl.DataFrame(batch), "jsonl")
    else:
        emit(store.query(*asked), output_format)
