"""``--fail-on``: let scripts fail when there are findings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import click
import polars as pl

FINDINGS = 1
"""Exit code: there are findings at or above `--fail-on`."""

F = TypeVar("F", bound=Callable[..., Any])


class Threshold(click.ParamType):
    """``any``, or the least effect that counts; effects are in each detector's own unit."""

    name = "any|EFFECT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the least effect; that of any finding is above minus infinity."""
        if isinstance(value, float) or value == "any":
            return -math.inf if value == "any" else float(value)
        try:
            return float(value)
        except ValueError:
            self.fail(f"needed `any` or a number; found {value!r}.", param, ctx)


def fail_on_option(function: F) -> F:
    """Add ``--fail-on``."""
    return click.option(
        "--fail-on",
        type=Threshold(),
        default=None,
        help="Exit with 1 when a standing finding has at least this effect; `any` for every one.",
    )(function)


def exit_code(findings: pl.DataFrame, threshold: float | None) -> int:
    """Return 1 when a finding that stands has at least this effect, else 0.

    Examples
    --------
    >>> one = pl.DataFrame({"status": ["opened"], "effect": [0.3]})
    >>> exit_code(one, 0.2), exit_code(one, 0.4), exit_code(one, None)
    (1, 0, 0)
    """
    if threshold is None:
        return 0
    standing = findings.filter(pl.col("status") != "withdrawn")
    effects = standing["effect"].fill_null(math.inf)
    return FINDINGS if (effects >= threshold).any() else 0
