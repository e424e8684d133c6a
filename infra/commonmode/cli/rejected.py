"""`commonmode rejected`: what was refused, why and where; and reading it again after a fix."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click
import polars as pl

from commonmode.cli.options import data_option, format_option, json_option
from commonmode.cli.output import emit, errors, plain, progress, summary
from commonmode.cli.sources import format_options, sources
from commonmode.cli.terminal import escaped
from commonmode.store import connect, open_writer
from commonmode.stream.retry import ReadAgain, Retried, as_today, retry

STILL_REJECTED = 3
REASONS_TOLD = 5

_LIST = """
    SELECT seq, topic || CASE WHEN partition IS NULL THEN ':' || "offset"
            ELSE '[' || partition || ']@' || "offset" END AS position,
        reason, hint, payload[1:$length] AS first_bytes, octet_length(payload) AS bytes,
        rejected_at, retried_at
    FROM rejected
    WHERE ($every OR retried_at IS NULL) AND coalesce(topic = $source, true)
    ORDER BY seq LIMIT $most
"""
_COUNT = """
    SELECT count(*) AS n FROM rejected
    WHERE ($every OR retried_at IS NULL) AND coalesce(topic = $source, true)
"""


@click.command("rejected")
@click.option("--source", metavar="NAME", help="Only of this topic, or of this file.")
@click.option("--all", "every", is_flag=True, help="Those that became events by now as well.")
@click.option(
    "--limit", type=click.IntRange(1), default=100, show_default=True, help="Rows at most."
)
@click.option(
    "--bytes", "length", type=click.IntRange(0), default=80, show_default=True, help="Of each."
)
@click.option("--retry", "again", is_flag=True, help="Read them again; store what is an event now.")
@format_options
@format_option
@data_option
@json_option
def command(  # noqa: PLR0913, PLR0917  click passes every option
    source: str | None,
    every: bool,  # noqa: FBT001  a click flag
    limit: int,
    length: int,
    again: bool,  # noqa: FBT001  a click flag
    format_name: str,
    map_file: Path | None,
    start: datetime | None,
    output_format: str | None,
    data_dir: Path,
    as_json: bool,  # noqa: FBT001  a click flag
) -> int:
    """List the records that were refused: why, where they stood, and their first bytes.

    With --retry they are read again, as this version reads them or as --map and --source-format
    say now. Those that are events are stored with the place they came from, each once, and are
    listed no more; the others stay with their reason. It works beside a running deployment too.

    \b
    Example:
      commonmode rejected
      commonmode rejected --source runs/a.jsonl --format csv
      commonmode rejected --retry
      commonmode rejected --retry --map mine.toml --source ops.jsonl
    """
    if again:
        form = sources((), format_name, map_file, start)
        return _retry(data_dir, source, as_today(form.named(), form.options()), as_json=as_json)
    _list(data_dir, {"source": source, "every": every}, limit, length, output_format)
    return 0


def _list(
    data_dir: Path, which: dict[str, object], limit: int, length: int, output_format: str | None
) -> None:
    with connect(data_dir) as reader:
        rows = reader.query(_LIST, {**which, "most": limit, "length": length})
        count = reader.query(_COUNT, which).item()
    shown = [escaped(first) for first in rows["first_bytes"].to_list()]
    if not count and output_format is None and sys.stdout.isatty():
        errors.print("No record is refused.")
        return
    emit(rows.with_columns(pl.Series("first_bytes", shown, pl.String)), output_format)
    if count > rows.height:
        errors.print(f"{rows.height:,} of {count:,} are shown; --limit shows more.")


def _retry(data_dir: Path, source: str | None, read: ReadAgain, *, as_json: bool) -> int:
    done = Retried()
    with (
        open_writer(data_dir) as appender,
        connect(data_dir) as reader,
        progress("reading again") as bar,
    ):
        for page in retry(reader, appender, read, source):
            done += page
            bar.update(bar.task_ids[0], completed=done.retried + done.rejected)
    told = {key: getattr(done, key) for key in ("retried", "stored", "duplicates", "rejected")}
    summary(told, as_json=as_json)
    for reason in done.reasons[:REASONS_TOLD]:
        errors.print(plain(f"still rejected: {reason}"), markup=False)
    return STILL_REJECTED if done.rejected else 0
