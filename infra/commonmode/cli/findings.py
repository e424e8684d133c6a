"""`commonmode findings`: what was found, as rows."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import polars as pl
from rich.console import Console

from commonmode.cli.fail_on import exit_code, fail_on_option
from commonmode.cli.options import data_option, rows_option
from commonmode.cli.output import emit, errors
from commonmode.cli.told import counted, listed
from commonmode.engine.configure import SettingError, duration
from commonmode.store import connect

STATES = ("opened", "updated", "closed", "withdrawn")

_LIST = """
    SELECT finding_id, detector, status, subject, claim, effect, p_value, q_value, n,
        window_start, window_end, revision, reason, provisional,
        evidence_total
    FROM findings
    WHERE (len($detectors::VARCHAR[]) = 0 OR list_contains($detectors::VARCHAR[], detector))
        AND (len($states::VARCHAR[]) = 0 OR list_contains($states::VARCHAR[], status))
        AND window_end > $since
    ORDER BY window_start DESC, detector, q_value NULLS FIRST, effect DESC, subject
"""


def _since(_context: click.Context, parameter: click.Parameter, text: str | None) -> datetime:
    if text is None:
        return datetime.min.replace(tzinfo=UTC)
    try:
        return datetime.now(UTC) - duration(text)
    except SettingError:
        pass
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"needed a time such as 2026-01-31T12:00 or a length such as 2h; found {text!r}."
        raise click.BadParameter(msg, param=parameter) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@click.command("findings")
@click.option("--detector", "detectors", metavar="NAME", multiple=True, help="Only this one's.")
@click.option(
    "--status", "states", type=click.Choice(STATES), multiple=True, help="Only in this state."
)
@click.option(
    "--since", callback=_since, help="Only of windows that ended after a time, or 2h, 7d ago."
)
@fail_on_option
@rows_option("lines")
@data_option
def command(  # noqa: PLR0913, PLR0917  click passes every option
    detectors: tuple[str, ...],
    states: tuple[str, ...],
    since: datetime,
    fail_on: float | None,
    output_format: str | None,
    data_dir: Path,
) -> int:
    """List findings as they stand, the latest window first.

    Withdrawn ones are listed, too, with the reason; --status leaves them out.

    \b
    Example:
      commonmode findings
      commonmode findings --detector scope --status opened --format csv
      commonmode findings --since 24h --fail-on any
    """
    with connect(data_dir) as reader:
        wanted = {"detectors": list(detectors), "states": list(states), "since": since}
        rows: pl.DataFrame = reader.query(_LIST, wanted)
    if output_format is None and sys.stdout.isatty():
        console = Console(highlight=False)
        for line in listed(rows):
            console.print(line)
        errors.print(counted(rows), markup=False)
    else:
        emit(rows, output_format)
    return exit_code(rows, fail_on)
