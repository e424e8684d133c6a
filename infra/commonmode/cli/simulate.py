"""`commonmode simulate`: a seeded economy as NDJSON."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
import polars as pl

from commonmode.cli.output import emit, progress
from commonmode.economy import INNOCENTS, PLANTS, Economy, Plant, demo, parse

_A_WRITE = 0.05
"""Seconds between writes at a human pace."""


def chosen(registry: tuple[type[Plant], ...], texts: Iterable[str]) -> tuple[Plant, ...]:
    """Return what was asked for; ``all`` stands for every entry of the registry."""
    names = [plant.name for plant in registry]
    asked = [text for given in texts for text in (names if given == "all" else [given])]
    return tuple(parse(text, registry) for text in asked)


def instant(
    _context: click.Context, parameter: click.Parameter, value: str | None
) -> datetime | None:
    """Read a time; without an offset it is UTC."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        msg = f"needed a time such as 2026-01-05T00:00Z; found {value!r}."
        raise click.BadParameter(msg, param=parameter) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.command("simulate")
@click.option("--agents", type=int, help="Size of the population, 10 to 1,000,000.  [default: 300]")
@click.option("--events", type=int, help="Events, labels aside.  [default: 30000]")
@click.option("--seed", type=int, help="Decides every draw.  [default: 0]")
@click.option("--plant", "plants", multiple=True, metavar="NAME[:KNOB=VALUE,…]",
              help="Plant a phenomenon, or `all`; repeatable.")  # fmt: skip
@click.option("--innocent", "innocents", multiple=True, metavar="NAME[:KNOB=VALUE,…]",
              help="Add an innocent lookalike, or `all`; repeatable.")  # fmt: skip
@click.option("--start", callback=instant, help="First instant.  [default: 2026-01-05T00:00Z]")
@click.option("--days", type=float, help="How long it lasts.  [default: 1]")
@click.option("--pace", type=click.FloatRange(min=0, min_open=True), metavar="PER-SECOND",
              help="Events per second; event times run with it.  [default: no limit]")  # fmt: skip
@click.option("--preset", type=click.Choice(["demo"]), help="The economy that the demo shows.")
@click.option("--processes", type=click.IntRange(1), default=1, show_default=True,
              help="How many draw it; the events are the same for any number.")  # fmt: skip
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Write files of a stretch of time each, in order, instead.")  # fmt: skip
@click.option("--list", "listing", is_flag=True, help="List plants, innocents and their knobs.")
def command(  # noqa: PLR0913  one argument per option
    *,
    agents: int | None,
    events: int | None,
    seed: int | None,
    plants: tuple[str, ...],
    innocents: tuple[str, ...],
    start: datetime | None,
    days: float | None,
    pace: float | None,
    preset: str | None,
    processes: int,
    into: Path | None,
    listing: bool,
) -> None:
    """Write a seeded economy to standard output, one event a line, in order of arrival.

    The same arguments give the same bytes.
    Labels of what was planted stand among the events as `truth_declared`.

    \b
    Example:
      commonmode simulate --agents 500 --plant monoculture:strength=0.4 --innocent all
      commonmode simulate --preset demo --pace 200 | commonmode pipe -
      commonmode simulate --agents 1000000 --events 100000000 --processes 4 --into economy
      commonmode simulate --list
    """
    if into and pace:
        msg = "--pace is for standard output; files of --into are written as fast as they can be."
        raise click.UsageError(msg)
    if listing:
        emit(knobs())
        return
    asked = {
        "seed": seed,
        "agents": agents,
        "events": events,
        "start": start,
        "days": days,
        "plants": chosen(PLANTS, plants) or None,
        "innocents": chosen(INNOCENTS, innocents) or None,
    }
    given: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    economy = (demo if preset else Economy)(**given)
    if into:
        write_files(economy, into, processes)
    else:
        write(economy, sys.stdout.buffer, pace, processes)


def write_files(economy: Economy, folder: Path, processes: int) -> None:
    """Write an economy's lines to files of a stretch of time each, named in order."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.glob("events-*.jsonl")):
        msg = f"{folder} holds files of an economy already; name another folder or empty it."
        raise click.UsageError(msg)
    with progress("events", economy.events) as bar:
        for number, lines in enumerate(economy.lines(processes)):
            with (folder / f"events-{number:06}.jsonl").open("wb") as out:
                out.write(b"".join(line + b"\n" for line in lines))
            bar.advance(bar.task_ids[0], len(lines))


def write(economy: Economy, out: BinaryIO, pace: float | None, processes: int = 1) -> None:
    """Write an economy's lines, at a pace where one is given."""
    begin, written = time.monotonic(), 0
    with progress("events", economy.events) as bar:
        for lines in economy.lines(processes):
            step = max(1, round(pace * _A_WRITE)) if pace else len(lines)
            for first in range(0, len(lines), step or 1):
                some = lines[first : first + step]
                out.write(b"\n".join(some) + b"\n")
                out.flush()
                bar.advance(bar.task_ids[0], len(some))
                written += len(some)
                if pace:
                    time.sleep(max(0.0, begin + written / pace - time.monotonic()))


def knobs() -> pl.DataFrame:
    """Return one row per plant and innocent, with its knobs and their defaults."""
    return pl.DataFrame(
        {
            "name": plant.name,
            "option": "--innocent" if plant.label == "innocent" else "--plant",
            "detector": plant.phenomenon,
            "knobs": ",".join(f"{knob}={value:g}" for knob, value in plant().knobs().items()),
            "does": (plant.__doc__ or "").split("\n", 1)[0],
        }
        for plant in (*PLANTS, *INNOCENTS)
    )
