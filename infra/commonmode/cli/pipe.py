"""`commonmode pipe`: logs → Kafka."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
import msgspec

from commonmode.cli.options import bootstrap_option, data_option, json_option, topic_option
from commonmode.cli.output import errors, progress, summary, tell_interrupted, tell_rejected
from commonmode.cli.redact import redact_option, redaction_of
from commonmode.cli.sources import source_options, sources
from commonmode.events import Level
from commonmode.local.state import bootstrap_of
from commonmode.stream import BrokerUnreachableError, Pipe, PipeSummary, Topics
from commonmode.stream.interruption import Interruptible

SOME_REJECTED = 3
INTERRUPTED = 130


@click.command("pipe")
@source_options
@data_option
@redact_option
@bootstrap_option
@topic_option
@click.option(
    "--partitions",
    type=click.IntRange(1),
    default=Topics().partitions,
    show_default=True,
    help="Partitions of the topic of events, when it is created.",
)
@json_option
def command(  # noqa: PLR0913, PLR0917  click passes every option
    files: tuple[Path, ...],
    format_name: str,
    map_file: Path | None,
    start: datetime | None,
    data_dir: Path,
    redact: Level | None,
    bootstrap: str | None,
    client_properties: dict[str, str],
    topic: str,
    partitions: int,
    as_json: bool,  # noqa: FBT001  a click flag
) -> int:
    """Send logs to Kafka: FILES one after the other, or standard input.

    What cannot be read as an event goes to the topic of rejected records, with the reason, the
    file and the line; the rest goes on. The same logs may be sent again: an event that is stored
    already is dropped by its id.

    \b
    Example:
      commonmode pipe runs/*.jsonl
      tail -f agents.jsonl | commonmode pipe -
      commonmode pipe --source-format agentdojo --start 2024-06-01 runs.json
      commonmode pipe --redact content chats.jsonl
      commonmode pipe --map mine.toml -b kafka:9092 -X security.protocol=SSL mine.jsonl.gz
    """
    address = bootstrap or bootstrap_of(data_dir)
    if address is None:
        msg = "no Kafka named, and none was started here. Hint: give -b, or run `commonmode up`."
        raise click.UsageError(msg)
    topics = msgspec.structs.replace(Topics.named(topic), partitions=partitions)
    redaction = redaction_of(data_dir, redact)
    logs = sources(files, format_name, map_file, start, redaction)
    with progress("piping") as bar, Interruptible(logs.parcels()) as parcels:
        pipe = Pipe(
            address,
            topics,
            client_properties=client_properties,
            on_progress=lambda so_far: bar.update(bar.task_ids[0], completed=so_far.read),
        )
        try:
            done = pipe.deliver(parcels)
        except BrokerUnreachableError:
            _tell_how_far(pipe)
            raise
    told = msgspec.structs.asdict(done)
    if redaction is None:
        del told["redacted"]
    summary(told, as_json=as_json)
    if done.rejected:
        where = f"see topic {topics.rejected} for the reasons."
        tell_rejected(done.rejected, pipe.first_rejected, where)
    return _exit_code(done, interrupted=parcels.interrupted)


def _tell_how_far(pipe: Pipe) -> None:
    if pipe.summary.read:
        errors.print(
            f"{pipe.delivered:,} of {pipe.summary.read:,} records read were delivered. "
            "Send the logs again: what arrived already is dropped by its id."
        )


def _exit_code(done: PipeSummary, *, interrupted: bool) -> int:
    if interrupted:
        tell_interrupted("Send")
        return INTERRUPTED
    return SOME_REJECTED if done.rejected else 0
