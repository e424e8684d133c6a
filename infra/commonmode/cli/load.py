"""`commonmode load`: logs → store, without a broker."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from commonmode.cli.options import data_option, json_option
from commonmode.cli.output import progress, summary, tell_interrupted, tell_rejected
from commonmode.cli.redact import redact_option, redaction_of
from commonmode.cli.sources import source_options, sources
from commonmode.events import Level
from commonmode.store import Appended, Batch, open_writer
from commonmode.stream.interruption import Interruptible

SOME_REJECTED = 3
INTERRUPTED = 130


@click.command("load")
@source_options
@data_option
@redact_option
@json_option
def command(  # noqa: PLR0913, PLR0917  click passes every option
    files: tuple[Path, ...],
    format_name: str,
    map_file: Path | None,
    start: datetime | None,
    data_dir: Path,
    redact: Level | None,
    as_json: bool,  # noqa: FBT001  a click flag
) -> int:
    """Load logs into the store: FILES one after the other, or standard input; no Kafka needed.

    What cannot be read as an event is kept in table `rejected`, with the reason, the file and
    the line; the rest goes on. The same logs may be loaded again: an event that is stored
    already is dropped by its id. It works beside a running deployment too.

    \b
    Example:
      commonmode load runs/*.jsonl.gz events.parquet logs/*.eval
      commonmode simulate --events 10000 --plant all | commonmode load -
      commonmode load --redact patterns runs/*.jsonl
      commonmode load --map mine.toml --json mine.jsonl
    """
    redaction = redaction_of(data_dir, redact)
    logs = sources(files, format_name, map_file, start, redaction)
    done, redacted, first = Appended(), 0, None
    with (
        open_writer(data_dir) as store,
        progress("loading") as bar,
        Interruptible(logs.sheets()) as sheets,
    ):
        for sheet in sheets:
            done += store.append(Batch(sheet.table, sheet.rejected))
            redacted += sheet.redacted
            first = first or next(iter(sheet.rejected), None)
            bar.update(bar.task_ids[0], completed=_read(done))
    summary(
        {
            "read": _read(done),
            "stored": done.stored,
            "duplicates": done.duplicates,
            "rejected": done.rejected,
            **({} if redaction is None else {"redacted": redacted}),
        },
        as_json=as_json,
    )
    if done.rejected:
        tell_rejected(done.rejected, first, "`commonmode rejected` lists the reasons.")
    if sheets.interrupted:
        tell_interrupted("Load")
        return INTERRUPTED
    return SOME_REJECTED if done.rejected else 0


def _read(done: Appended) -> int:
    return done.stored + done.duplicates + done.rejected
