"""`commonmode owner`: the process that owns the store, as `up` starts it."""

from __future__ import annotations

import logging
import signal
import threading
from datetime import timedelta
from pathlib import Path

import click

from commonmode.cli.listen import listen_options, public_address
from commonmode.cli.logs import log_to_stderr
from commonmode.cli.options import bootstrap_option, data_option, topic_option
from commonmode.cli.redact import redact_option, redaction_of
from commonmode.events import Level
from commonmode.local.owner import Owner
from commonmode.store import Limits


@click.command("owner", hidden=True)
@data_option
@bootstrap_option
@topic_option
@redact_option
@listen_options
@click.option("--flight-port", default=0, help="Port for queries.  [default: a free one]")
@click.option(
    "--memory",
    type=click.IntRange(min=256),
    help="Megabytes it may take.  [default: four fifths of the machine's]",
)
@click.option(
    "--query-seconds",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    help="How long a query may take, until its last row is fetched.",
)
def command(  # noqa: PLR0913, PLR0917  click passes every option
    data_dir: Path,
    bootstrap: str | None,
    client_properties: dict[str, str],
    topic: str,
    redact: Level | None,
    listen: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    flight_port: int,
    memory: int | None,
    query_seconds: float,
) -> None:
    """Store what arrives in Kafka, and serve queries over Arrow Flight SQL.

    Without `-b` it stores only what other commands send it.

    \b
    Example:
      commonmode owner -b 127.0.0.1:9092
    """
    log_to_stderr("%(asctime)s %(levelname)s %(threadName)s %(message)s")
    # The clients tell of every connection; what goes wrong they say louder.
    logging.getLogger("kafka").setLevel(logging.WARNING)
    public = public_address(data_dir, listen, tls_cert, tls_key)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    redaction = redaction_of(data_dir, redact)
    most = memory * 2**20 if memory else None
    limits = Limits(timeout=timedelta(seconds=query_seconds))
    Owner(
        data_dir,
        flight_port,
        bootstrap,
        topic,
        client_properties,
        redaction,
        most,
        limits,
        public,
    ).run(stop)
