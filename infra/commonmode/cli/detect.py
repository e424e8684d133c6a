"""`commonmode detect`: judge what was logged, once or for ever."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.progress import TaskID
from rich.text import Text

from commonmode.cli.fail_on import exit_code, fail_on_option
from commonmode.cli.options import bootstrap_option, data_option, json_option, topic_option
from commonmode.cli.output import errors, plain, progress, summary
from commonmode.detectors import Detector
from commonmode.engine import Engine, Report, Tick, unreported
from commonmode.engine.configure import configured, duration
from commonmode.engine.turn import turn
from commonmode.events import Event
from commonmode.local.pulse import beating
from commonmode.local.state import bootstrap_of, running
from commonmode.store import StoreFullError, StoreUnreachableError, connect, open_writer, run_dir
from commonmode.stream import BrokerUnreachableError, Topics, publish_findings

SOME_FAILED = 3
Send = Callable[[Sequence[Event]], object]


def _duration(_context: click.Context, _parameter: click.Parameter, text: str) -> timedelta:
    return duration(text)


@click.command("detect")
@click.option("--once", "mode", flag_value="once", default="once", help="One pass.  [default]")
@click.option("--follow", "mode", flag_value="follow", help="Go on until stopped.")
@click.option("--final", is_flag=True, help="Judge windows that are still open, too.")
@click.option("--detector", "names", metavar="NAME", multiple=True, help="Only this; repeatable.")
@click.option(
    "--set",
    "settings",
    metavar="NAME.KEY=VALUE",
    multiple=True,
    help="A detector's parameter, e.g. monoculture.window=1h; repeatable.",
)
@click.option(
    "--lateness",
    callback=_duration,
    default="5m",
    show_default=True,
    help="How long a window waits for late events.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="Pause between passes of --follow.",
)
@fail_on_option
@data_option
@bootstrap_option
@topic_option
@json_option
def command(mode: str, names: tuple[str, ...], settings: tuple[str, ...], **rest: Any) -> int:
    """Judge the windows that closed, and record findings.

    A window closes when three agents' clocks have passed its end by --lateness, or when the log
    has been silent for that long. An event that comes later re-opens its window, and its findings
    are revised. Findings go to the store and, where there is a Kafka, to the topic of findings.

    Exit code 3 says that a detector failed; the others' findings stand.

    \b
    Example:
      commonmode detect --once --final
      commonmode detect --follow --every 5 --detector scope
      commonmode detect --final --set monoculture.window=1d --fail-on 0.2
    """
    job = Job(detectors=configured(names, settings), **rest)
    done = job.follow() if mode == "follow" else job.once()
    summary(_summed(done), as_json=job.as_json)
    return job.exit_code(done)


@dataclass(kw_only=True)
class Job:
    """What was asked for, and how to do it."""

    detectors: tuple[Detector, ...]
    final: bool
    lateness: timedelta
    every: float
    fail_on: float | None
    data_dir: Path
    bootstrap: str | None
    client_properties: dict[str, str]
    topic: str
    as_json: bool
    stop: threading.Event = field(default_factory=threading.Event)
    _told_unpublished: bool = field(default=False, init=False)
    _told_away: bool = field(default=False, init=False)

    def once(self) -> Tick:
        """Do one pass, with a bar for each detector on a terminal."""
        # Polars takes Ctrl-C for itself, and keeps it where it is at work in another thread.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with progress("detecting") as bar:
            bars: dict[str, TaskID] = {}

            def report(doing: str, done: int, total: int) -> None:
                detector, _, _ = doing.partition(":")
                if detector not in bars:
                    bar.update(bar.task_ids[0], visible=False)
                    bars[detector] = bar.add_task(doing)
                bar.update(bars[detector], description=doing, completed=done, total=total)

            done = self._pass(report)
        _tell(done)
        return done

    def follow(self) -> Tick:
        """Do passes until SIGTERM comes; say what each changed. A store that is away comes back."""
        signal.signal(signal.SIGTERM, lambda *_: self.stop.set())
        total, failures = Tick(), tuple[str, ...]()
        with beating():
            while not self.stop.is_set():
                done = self._pass_if_there()
                if done.failures != failures:
                    _tell(done)
                if done.steps:
                    errors.print(Text(plain(f"{datetime.now():%H:%M:%S} {_line(done)}")))  # noqa: DTZ005  people read it here
                total, failures = total + done, done.failures
                self.stop.wait(self.every)
        return total

    def _pass_if_there(self) -> Tick:
        try:
            done = self._pass(unreported)
        except (StoreUnreachableError, StoreFullError) as error:
            if not self._told_away:
                errors.print(Text(plain(f"{error} Waiting for it.")))
            self._told_away = True
            return Tick()
        self._told_away = False
        return done

    def _pass(self, report: Report) -> Tick:
        with connect(self.data_dir) as reader:
            # Asked before a writer is opened, which would make an empty store where none is.
            reader.last_seq()
        with (
            turn(run_dir(self.data_dir)),
            open_writer(self.data_dir, may_own=running(self.data_dir) is None) as appender,
            connect(self.data_dir) as reader,
        ):
            engine = Engine(
                detectors=self.detectors, reader=reader, appender=appender, lateness=self.lateness
            )
            done = engine.tick(final=self.final, report=report)
            self._publish(engine)
        return done

    def _publish(self, engine: Engine) -> None:
        address = self.bootstrap or bootstrap_of(self.data_dir)
        if address is None:
            return

        def send(events: Sequence[Event]) -> None:
            publish_findings(
                address,
                events,
                Topics.named(self.topic),
                client_properties=self.client_properties,
            )

        try:
            engine.publish(send)
        except BrokerUnreachableError as error:
            # They are safe in the store, and the next pass sends them.
            if not self._told_unpublished:
                errors.print(Text(plain(f"findings not published yet: {error}")))
            self._told_unpublished = True
        else:
            self._told_unpublished = False

    def exit_code(self, done: Tick) -> int:
        """Return 1 for findings to fail on, 3 when a detector failed, else 0."""
        if self.fail_on is not None:
            names = [detector.name for detector in self.detectors]
            with connect(self.data_dir) as reader:
                sql = "SELECT status, effect FROM findings WHERE list_contains($names, detector)"
                if code := exit_code(reader.query(sql, {"names": names}), self.fail_on):
                    return code
        return SOME_FAILED if done.failures else 0


def _summed(done: Tick) -> dict[str, Any]:
    return {
        "findings": done.opened,
        "windows": done.windows,
        "events": done.events,
        "updated": done.updated,
        "closed": done.closed,
        "withdrawn": done.withdrawn,
        "undetermined": done.undetermined,
        "failures": len(done.failures),
    }


def _line(done: Tick) -> str:
    said = {name: value for name, value in _summed(done).items() if value}
    return ", ".join(f"{name} {value:,}" for name, value in said.items())


def _tell(done: Tick) -> None:
    for failure in done.failures:
        errors.print(Text(plain(failure)), style="red")
