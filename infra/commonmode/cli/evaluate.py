"""`commonmode evaluate`: the scorecard, detectors against planted truth."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import isnan

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from commonmode.cli.options import json_option
from commonmode.cli.output import plain, progress, summary
from commonmode.detectors import ALL, Detector
from commonmode.economy.worlds import worlds
from commonmode.evaluation import Outcome, Rate, Row, World, attempts, concerns, rows
from commonmode.evaluation import summary as figures

_WIDE = 180
_NAMES = [detector.name for detector in ALL]


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
@click.option("--agents", default=300, show_default=True, help="Agents of each world.")
@click.option("--events", default=30_000, show_default=True, help="Events of each world.")
@click.option(
    "--world",
    "only",
    multiple=True,
    metavar="NAME",
    help="Only this world, or all of this role; repeatable.  [default: all]",
)
@click.option(
    "--processes",
    default=os.cpu_count() or 1,
    show_default="one per core",
    help="Worlds tried at once.",
)
@json_option
def command(  # noqa: PLR0913  one argument per option
    *,
    names: tuple[str, ...],
    numbers: tuple[int, ...],
    agents: int,
    events: int,
    only: tuple[str, ...],
    processes: int,
    as_json: bool,
) -> None:
    """Score detectors against planted truth and its innocent lookalikes.

    Worlds: nothing planted; each lookalike alone; each plant at several strengths; all plants; and
    everything at once. A row in red is bad: its false alarms are certainly above nominal, or more
    than half of what was planted was missed.

    \b
    Example:
      commonmode evaluate
      commonmode evaluate --detector scope --seeds 50-59 --json
    """
    detectors = [detector() for detector in ALL if not names or detector.name in names]
    chosen = [w for w in worlds(agents, events) if not only or {w.name, w.role} & set(only)]
    if not chosen:
        there = ", ".join(world.name for world in worlds(agents, events))
        msg = f"needed the name or role of a world; found {only[0]!r}. Hint: {there}"
        raise click.UsageError(msg)
    order = {world.name: place for place, world in enumerate(chosen)}
    table = rows(_tried(chosen, detectors, numbers, processes))
    table.sort(key=lambda row: (_NAMES.index(row.detector), order[row.world]))
    if as_json:
        summary(figures(table), as_json=True)
    else:
        _print(table)


def _tried(
    chosen: Sequence[World], detectors: Sequence[Detector], numbers: Sequence[int], processes: int
) -> list[Outcome]:
    total = len(numbers) * sum(any(concerns(w, d.name) for d in detectors) for w in chosen)
    outcomes: list[Outcome] = []
    with progress("worlds", total) as bar:
        for some in attempts(chosen, detectors, numbers, processes=processes):
            outcomes += some
            bar.advance(bar.task_ids[0])
    return outcomes


def _print(table: Sequence[Row]) -> None:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("detector", "world"):
        shown.add_column(heading, no_wrap=True)
    for heading in ("seeds", "recall", "fdr", "false alarms", "95 %", "bias", "s"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("falsely accused", overflow="fold")
    for row in table:
        shown.add_row(*map(Text, _cells(row)), style="red" if row.bad else "")
    console = Console(highlight=False)
    # A pipe or a file has no width to fit.
    console.width = console.width if console.is_terminal else _WIDE
    console.print(shown)
    for name, figure in figures(table).items():
        words = ", ".join(
            f"{key} {'nan' if figure[key] is None else round(figure[key], 4)}"
            for key in ("fdr", "recall", "false_alarm_rate")
        )
        click.echo(f"{name}: {words}")


def _cells(row: Row) -> tuple[str, ...]:
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
        f"{row.seconds:.2f}",
        plain(" ".join(row.accused)),
    )


def _share(rate: Rate) -> str:
    return f"{rate.hits:g}/{rate.trials:g}" if rate.trials else f"nan ({rate.reason})"
