"""`commonmode watch`: the live watch alone."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import click

from commonmode.cli.logs import log_to_stderr
from commonmode.cli.options import bootstrap_option, data_option, topic_option
from commonmode.detectors.scope.live import LiveJudge
from commonmode.local.pulse import EVERY_SECONDS, beat
from commonmode.local.state import bootstrap_of
from commonmode.stream import Topics
from commonmode.stream.watch import create_app, run


@click.command("watch")
@data_option
@bootstrap_option
@topic_option
def command(
    data_dir: Path, bootstrap: str | None, client_properties: dict[str, str], topic: str
) -> None:
    """Judge actions as they come, and raise scope breaches as provisional findings.

    They go to the topic of findings, and from there into the store; `detect`, which sees whole
    windows, confirms or withdraws them. Start it more than once to share the agents.

    \b
    Example:
      commonmode watch
      commonmode watch -b kafka:9092 -t acme.events
    """
    address = bootstrap or bootstrap_of(data_dir)
    if address is None:
        msg = "no Kafka named, and none was started here. Hint: give -b, or run `commonmode up`."
        raise click.UsageError(msg)
    log_to_stderr("%(asctime)s %(levelname)s %(message)s")
    for chatty in ("kafka", "aiokafka", "faust", "mode"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    topics = Topics.named(topic)
    app = create_app(address, data_dir, LiveJudge, topics, client_properties=client_properties)
    app.task(_pulse)
    run(app, data_dir)


async def _pulse() -> None:
    """Give signs of life from the loop that judges."""
    while True:
        beat()
        await asyncio.sleep(EVERY_SECONDS)
