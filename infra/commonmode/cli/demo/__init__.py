"""`commonmode demo`: a planted economy through the whole way, dashboard open."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from commonmode.cli.demo.board import Board
from commonmode.cli.demo.feed import Deliver, Feed, into_store, through_kafka
from commonmode.cli.narrate import Narrator, stop_on_signals
from commonmode.cli.output import plain
from commonmode.economy import demo as demo_economy
from commonmode.economy.economy import MONDAY
from commonmode.events import Event
from commonmode.local.deployment import Deployment
from commonmode.store import StoreError, connect

LOOK_EVERY = 1.0
HEAD_START = 1_500
"""Events of the second day that go at once, so that the first day's windows close."""


@click.command("demo")
@click.option("--no-browser", is_flag=True, help="Do not open the dashboard in a browser.")
@click.option("--no-broker", is_flag=True, help="Leave Kafka out: events go straight to the store.")
@click.option("--for", "seconds", type=float, help="Stop with everything after so many seconds.")
@click.option("--seed", default=1, show_default=True, help="Seed of the economy.")
@click.option("--agents", default=300, show_default=True, help="Agents in the economy.")
@click.option(
    "--pace",
    type=click.FloatRange(min=0, min_open=True),
    default=100.0,
    show_default=True,
    help="Events a second after the first day.",
)
@click.option(
    "--data",
    "data_dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything in this folder.  [default: a folder that is removed at the end]",
)
def command(  # noqa: PLR0913  one argument an option
    *,
    no_browser: bool,
    no_broker: bool,
    seconds: float | None,
    seed: int,
    agents: int,
    pace: float,
    data_dir: Path | None,
) -> None:
    """Run a planted economy through Kafka, the store and the detectors, and open the dashboard.

    Its first day passes at once; from then on events come at a human pace, until Ctrl-C.
    Everything runs on this machine, listens on 127.0.0.1 only, and is gone at the end.

    \b
    Example:
      commonmode demo
      commonmode demo --no-broker --for 60 --no-browser
    """
    stop_on_signals()
    console = Console(highlight=False)
    told = Narrator(console).tell
    history = demo_economy(seed=seed, agents=agents).events + HEAD_START
    try:
        with (
            _folder(data_dir) as folder,
            Deployment(folder, broker=not no_broker, changed=told) as running,
        ):
            _say_where(console, running)
            if running.dashboard and not no_browser:
                webbrowser.open(running.dashboard)
            with Feed(days(seed, agents), _way(running), history=history, pace=pace) as feed:
                _watch(console, running, feed, seconds)
    finally:
        console.print("Everything is stopped.")


def _way(running: Deployment) -> Deliver:
    return through_kafka(running.bootstrap) if running.bootstrap else into_store(running.data_dir)


def days(seed: int, agents: int) -> Iterator[Event]:
    """Yield one day of the economy after the other, without end."""
    for day in count():
        yield from demo_economy(seed=seed, agents=agents, start=MONDAY + timedelta(days=day))


@contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    if wanted is not None:
        yield wanted
        return
    folder = Path(tempfile.mkdtemp(prefix="commonmode-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _say_where(console: Console, running: Deployment) -> None:
    if running.bootstrap is None:
        console.print(Text("Kafka is left out: events go straight to the store.", "yellow"))
    else:
        console.print(f"Kafka       {running.bootstrap}")
    console.print(f"Flight SQL  {running.flight}")
    console.print(f"Dashboard   {running.dashboard}\n")


def _watch(console: Console, running: Deployment, feed: Feed, seconds: float | None) -> None:
    until = None if seconds is None else time.monotonic() + seconds
    with connect(running.data_dir) as reader:
        board = Board(reader, console)
        while until is None or time.monotonic() < until:
            if feed.error is not None:
                raise feed.error
            # The owner may be coming back from a restart.
            with suppress(StoreError):
                _look(console, running, board)
            running.wait(LOOK_EVERY)


def elsewhere(data_dir: Path) -> str:
    """Return what another terminal is told so that verbs there find this data."""
    program = "commonmode" if shutil.which("commonmode") else sys.argv[0]
    return f"export COMMONMODE_DATA={data_dir}; {program} findings"


def _look(console: Console, running: Deployment, board: Board) -> None:
    was_complete = board.complete
    board.look()
    if board.complete and not was_complete:
        console.print(Text(plain(f"\nLook around: {running.dashboard}   Ctrl-C stops everything.")))
        line = Text(plain(f"In another terminal: {elsewhere(running.data_dir)}"), "dim")
        # A line that is copied must not be broken.
        console.print(line, soft_wrap=True)
        sys.stdout.flush()
