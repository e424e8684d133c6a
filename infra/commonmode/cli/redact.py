"""``--redact``: what is taken out of records before they are sent or stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from commonmode.events import LEVELS, Level, Redaction
from commonmode.local.redaction_key import redaction_key

F = TypeVar("F", bound=Callable[..., Any])


def redact_option(function: F) -> F:
    """Add ``--redact LEVEL``."""
    return click.option(
        "--redact",
        type=click.Choice(LEVELS),
        default=None,
        help="Take secrets and personal data out first (patterns), or every text as well "
        "(content); a keyed hash is left.",
    )(function)


def redaction_of(data_dir: Path, level: Level | None) -> Redaction | None:
    """Return the redaction of a data folder, None where none was asked for."""
    return None if level is None else Redaction(level, redaction_key(data_dir))
