"""`commonmode evaluate`: the scorecard, detectors against planted truth."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from statistics import median
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commonmode.cli.options import data_option, json_option
from commonmode.cli.output import plain, progress, summary
from commonmode.detectors import ALL, Detector
from commonmode.economy.worlds import worlds
from commonmode.evaluation import (
    Archive,
    Outcome,
    Rate,
    Row,
    Scorecard,
    World,
    attempts,
    calibrations,
    concerns,
    page,
    rows,
)
from commonmode.evaluation import summary as figures

LATEST = "scorecard.json"
"""What the dashboard shows: the scorecard last made with this data folder."""

_TOLD = ("fdr", "recall", "false_alarm_rate")
_WIDE = 180
_NAMES = [detector.name for detector in ALL]
_AGENTS, _EVENTS = 300, 30_000


def seeds(
    _context: click.Context | None, parameter: click.Parameter | None, text: str
) -> tuple[int, ...]:
    """Read ``FIRST-LAST`` or one seed.

    Examples
    --------
    >>> seeds(None, None, "7-9"), seeds(None, None, "3")
    ((7, 8, 9), (3,))
    """
    first, dash, last = text.partition("-")
    try:
        span = range(int(first), int(last if dash else first) + 1)
    except ValueError as error:
        msg = f"needed seeds such as 50-99; found {text!r}."
        raise click.BadParameter(msg, param=parameter) from error
    if not span:
        msg = f"needed the smaller seed first; found {text!r}."
        raise click.BadParameter(msg, param=parameter)
    return tuple(span)


@click.command("evaluate")
@click.option(
    "--detector",
    "names",
    multiple=True,
    type=click.Choice(_NAMES),
    help="Only this one; repeatable.  [default: all]",
)
@click.option(
    "--seeds",
    "numbers",
    default="50-99",
    show_default=True,
    callback=seeds,
    metavar="FIRST-LAST",
    help="Draws of each world; thresholds were set on 0-49.",
)
@click.option("--agents", default=_AGENTS, show_default=True, help="Agents of each world.")
@click.option("--events", default=_EVENTS, show_default=True, help="Events of each world.")
@click.option(
    "--world",
    "only",
    multiple=True,
    metavar="NAME",
    help="Only this world, or all of this role or about this phenomenon; repeatable.  "
    "[default: all]",
)
@click.option(
    "--processes",
    default=os.cpu_count() or 1,
    show_default="one per core",
    help="Worlds tried at once.",
)
@click.option("--fresh", is_flag=True, help="Try again what was tried before.")
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write the scorecard as JSON there.",
)
@click.option(
    "--page",
    "page_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write it there as a page in Markdown.",
)
@data_option
@json_option
def command(  # noqa: PLR0913  one argument per option
    *,
    names: tuple[str, ...],
    numbers: tuple[int, ...],
    agents: int,
    events: int,
    only: tuple[str, ...],
    processes: int,
    fresh: bool,
    save: Path | None,
    page_file: Path | None,
    data_dir: Path,
    as_json: bool,
) -> None:
    """Score detectors against planted truth and its innocent lookalikes.

    Worlds: nothing planted; each lookalike alone; each plant at several strengths; all plants; and
    everything at once. A row in red is bad: its false alarms are certainly above nominal, or more
    than half of what was planted was missed.

    What was tried is kept in the data folder, so a run that was broken off goes on where it stood
    and one after a change tries again only what the change can reach. The dashboard shows the
    scorecard that was made last.

    \b
    Example:
      commonmode evaluate
      commonmode evaluate --detector scope --seeds 50-59 --json
      commonmode evaluate --world collusion --page scorecard.md
    """
    detectors = [detector() for detector in ALL if not names or detector.name in names]
    chosen = _chosen(agents, events, only)
    folder = data_dir / "scorecard"
    archive = Archive(folder, forgetful=fresh)
    outcomes = _tried(chosen, detectors, numbers, processes, archive)
    card = _card(outcomes, chosen, detectors, _command(names, numbers, agents, events, only))
    for file in (folder / LATEST, save):
        if file:
            card.save(file)
    if page_file:
        page_file.write_text(page(card, card.versions), encoding="utf-8")
    if as_json:
        summary(figures(card.rows), as_json=True)
    else:
        _print(card, outcomes)


def _chosen(agents: int, events: int, only: tuple[str, ...]) -> list[World]:
    there = worlds(agents, events)
    named = {name for world in there for name in (world.name, world.role, world.about)}
    for name in only:
        if name not in named:
            names = ", ".join(world.name for world in there)
            msg = f"needed the name or role of a world; found {name!r}. Hint: {names}"
            raise click.UsageError(msg)
    return [w for w in there if not only or {w.name, w.role, w.about} & set(only)]


def _tried(
    chosen: Sequence[World],
    detectors: Sequence[Detector],
    numbers: Sequence[int],
    processes: int,
    archive: Archive,
) -> list[Outcome]:
    total = len(numbers) * sum(concerns(w, d.name) for w in chosen for d in detectors)
    outcomes: list[Outcome] = []
    with progress("trials", total) as bar:
        for some in attempts(chosen, detectors, numbers, processes=processes, archive=archive):
            outcomes += some
            bar.advance(bar.task_ids[0], len(some))
    return outcomes


def _card(
    outcomes: Sequence[Outcome],
    chosen: Sequence[World],
    detectors: Sequence[Detector],
    command_line: str,
) -> Scorecard:
    tried = sorted({outcome.seed for outcome in outcomes})
    order = {world.name: place for place, world in enumerate(chosen)}
    table = rows(outcomes)
    table.sort(key=lambda row: (_NAMES.index(row.detector), order[row.world]))
    return Scorecard(
        command=command_line,
        seeds=f"{tried[0]}-{tried[-1]}" if tried else "none",
        versions={detector.name: detector.version for detector in detectors},
        rows=tuple(table),
        calibrations=tuple(calibrations(outcomes)),
    )


def _command(
    names: tuple[str, ...],
    numbers: tuple[int, ...],
    agents: int,
    events: int,
    only: tuple[str, ...],
) -> str:
    """Return the command that makes the same scorecard again."""
    said = [f"--detector {name}" for name in names]
    said.append(f"--seeds {numbers[0]}-{numbers[-1]}")
    said += [f"--agents {agents}"] if agents != _AGENTS else []
    said += [f"--events {events}"] if events != _EVENTS else []
    said += [f"--world '{name}'" for name in only]
    return " ".join(["commonmode evaluate", *said])


def _print(card: Scorecard, outcomes: Sequence[Outcome]) -> None:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("detector", "world"):
        shown.add_column(heading, no_wrap=True)
    for heading in ("seeds", "recall", "fdr", "false alarms", "95 %", "bias", "s"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("falsely accused", overflow="fold")
    for row in card.rows:
        same = [o.seconds for o in outcomes if (o.detector, o.world) == (row.detector, row.world)]
        shown.add_row(*map(Text, _cells(row, median(same))), style="red" if row.bad else "")
    console = Console(highlight=False)
    # A pipe or a file has no width to fit.
    console.width = console.width if console.is_terminal else _WIDE
    console.print(shown)
    for name, figure in figures(card.rows).items():
        words = ", ".join(f"{key} {_told(figure, key)}" for key in _TOLD)
        click.echo(f"{name}: {words}")


def _told(figure: Mapping[str, Any], key: str) -> str:
    value = figure[key]
    return f"— ({figure['undefined'][key]})" if value is None else f"{round(value, 4)}"


def _cells(row: Row, seconds: float) -> tuple[str, ...]:
    low, high = row.false_alarms.interval()
    return (
        row.detector,
        row.world,
        str(row.seeds),
        _share(row.recall),
        f"{row.fdr:.3f}",
        _share(row.false_alarms),
        f"{low:.2f}-{high:.2f}",
        "" if isnan(row.bias) else f"{row.bias:+.3f}",
        f"{seconds:.2f}",
        plain(" ".join(row.accused)),
    )


def _share(rate: Rate) -> str:
    return f"{rate.hits:g}/{rate.trials:g}" if rate.trials else rate.none()
