"""Telling what a deployment does while it starts, runs and ends."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from commonmode.cli.output import plain
from commonmode.local import state


class Narrator:
    """Says each change of a process once.

    Parameters
    ----------
    console : Console
        Where to say it.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: dict[str, tuple[str, int]] = {}

    def tell(self, shown: state.DeploymentState) -> None:
        """Print what changed since the last call."""
        for one in shown.processes:
            now = (one.state, one.restarts)
            if self._last.get(one.name) != now and one.state != "waiting":
                reason = f": {one.reason}" if one.reason and one.state == "restarting" else ""
                self._console.print(Text(plain(f"{one.name} {one.state}{reason}")), style="dim")
            self._last[one.name] = now


def stop_on_signals() -> None:
    """Let SIGTERM and SIGHUP end a verb as Ctrl-C does, so that nothing is left behind."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
