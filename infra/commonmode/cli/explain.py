"""`commonmode explain`: prove one finding again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from commonmode.cli.explanation import show
from commonmode.cli.options import data_option, json_option
from commonmode.cli.output import progress, summary
from commonmode.engine import Explanation, explain
from commonmode.store import connect

WIDE = 200
"""Columns of the output where it is no terminal: tables need not fold there."""


@click.command("explain")
@click.argument("finding_id")
@data_option
@json_option
def command(finding_id: str, data_dir: Path, as_json: bool) -> None:  # noqa: FBT001  a click flag
    """Show what FINDING_ID claims, its number against its null, its evidence and its SQL.

    The number is computed again, by the finding's own SQL and by the detector over the raw
    events, both as the log stood when it was found. The first characters of an id will do.

    \b
    Example:
      commonmode explain 3f2a9c0d11e4b7aa
      commonmode explain 3f2a --json
    """
    with connect(data_dir) as reader, progress("proving it again"):
        explanation = explain(reader, finding_id)
    if as_json:
        summary(_fields(explanation), as_json=True)
    else:
        width = None if sys.stdout.isatty() else WIDE
        show(explanation, Console(file=sys.stdout, highlight=False, width=width))


def _fields(explanation: Explanation) -> dict[str, Any]:
    finding = explanation.finding
    return {
        **finding.score,
        **{name: value for name, value in finding.fields.items() if name != "score"},
        "recomputed": explanation.recomputed,
        "rejudged": explanation.rejudged,
        "reproduced": explanation.reproduced,
        "notes": list(explanation.notes),
    }
