"""`commonmode snapshot`: a copy of the store for other tools."""

from __future__ import annotations

from pathlib import Path

import click

from commonmode.cli.options import data_option, json_option
from commonmode.cli.output import progress, summary
from commonmode.store import connect, snapshot


@click.command("snapshot")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@data_option
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
@json_option
def command(path: Path, data_dir: Path, force: bool, as_json: bool) -> None:  # noqa: FBT001  click flags
    """Copy the store into the DuckDB file PATH, for the duckdb command line, its UI and others.

    It works while the deployment runs: the copy holds what was stored at the moment it began.
    DuckDB 1.5 and later can open it.

    \b
    Example:
      commonmode snapshot agents.duckdb
      duckdb agents.duckdb "FROM findings"
    """
    with connect(data_dir) as store, progress("copying") as bar:
        events, content_hash = snapshot(
            store, path, replace=force, on_progress=lambda rows: bar.advance(bar.task_ids[0], rows)
        )
    summary({"events": events, "content_hash": content_hash, "path": str(path)}, as_json=as_json)
