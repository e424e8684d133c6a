"""`commonmode up`: start the one-machine deployment and keep it running."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from commonmode.cli.deployment_table import deployment_table
from commonmode.cli.listen import listen_options, public_address
from commonmode.cli.narrate import Narrator, stop_on_signals
from commonmode.cli.options import bootstrap_option, data_option, topic_option
from commonmode.cli.output import errors, plain
from commonmode.cli.redact import redact_option
from commonmode.local import state
from commonmode.local.deployment import Deployment
from commonmode.local.errors import AlreadyRunningError
from commonmode.local.journal import Journal
from commonmode.local.plan import detached
from commonmode.local.status import status

_POLL_SECONDS = 0.2

PORT = click.IntRange(0, 65_535)
"""0: whichever is free."""


@click.command("up")
@data_option
@bootstrap_option
@topic_option
@redact_option
@listen_options
@click.option("--detach", "-d", is_flag=True, help="Return once everything works.")
@click.option("--broker/--no-broker", default=True, help="Run Kafka.", show_default=True)
@click.option("--watch/--no-watch", default=True, help="Run the live watch.", show_default=True)
@click.option("--detect/--no-detect", default=True, help="Run detection.", show_default=True)
@click.option(
    "--dashboard/--no-dashboard", default=True, help="Run the dashboard.", show_default=True
)
@click.option("--broker-port", type=PORT, default=0, help="Port of Kafka.  [default: a free one]")
@click.option(
    "--flight-port", type=PORT, default=0, help="Port of the store.  [default: a free one]"
)
@click.option(
    "--dashboard-port", type=PORT, default=0, help="Port of the dashboard.  [default: a free one]"
)
def command(
    data_dir: Path,
    listen: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    detach: bool,  # noqa: FBT001  a click flag
    **choices: Any,
) -> None:
    """Start the one-machine deployment: Kafka, the store, detection, watch, dashboard.

    With `-b` it uses a Kafka that stands already and starts none.
    Everything listens on 127.0.0.1 only, unless `--listen` names an address for queries.
    Ctrl-C stops it all, and nothing is left behind.

    \b
    Example:
      commonmode up --detach
      commonmode up --redact content
      commonmode up --listen 0.0.0.0:31337 --tls-cert store.pem --tls-key store.key
      commonmode up -b broker.example.org:9092 --no-dashboard
    """
    public = public_address(data_dir, listen, tls_cert, tls_key)
    if detach:
        _detach(data_dir)
        return
    stop_on_signals()
    try:
        narrator = Narrator(errors)
        with Deployment(data_dir, public=public, changed=narrator.tell, **choices) as running:
            errors.print(deployment_table(running.status()))
            errors.print("Ctrl-C stops everything.")
            running.wait()
    except KeyboardInterrupt:
        errors.print("Everything is stopped.")
        sys.exit(130)


def _detach(data_dir: Path) -> None:
    if state.running(data_dir) is not None:
        raise AlreadyRunningError(data_dir)
    journal = Journal(data_dir.resolve() / "logs" / "up.log")
    journal.begin()
    with journal.path.open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - this very command
            detached(sys.argv),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    while not _ready(data_dir, child.pid):
        if (code := child.poll()) is not None:
            errors.print(Text(plain(journal.said().decode(errors="replace").strip())))
            sys.exit(code)
        time.sleep(_POLL_SECONDS)
    errors.print(deployment_table(status(data_dir)))
    errors.print("commonmode down stops it.")


def _ready(data_dir: Path, supervisor: int) -> bool:
    running = state.running(data_dir)
    return running is not None and running.supervisor.pid == supervisor and running.state == "ready"
