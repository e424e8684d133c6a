"""Markdown: tables, and curves as Mermaid draws them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from commonmode.evaluation.rates import Rate


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table, numbers to the right of the first column.

    Examples
    --------
    >>> table(["a", "b"], [["x", "1"]])
    ['| a | b |', '| :-- | --: |', '| x | 1 |', '']
    """
    sides = [":--", *["--:"] * (len(headings) - 1)]
    lines = [headings, sides, *rows]
    return [*("| " + " | ".join(map(_cell, line)) + " |" for line in lines), ""]


def curve(title: str, knob: str, points: Sequence[tuple[float, float]]) -> list[str]:
    """Return the lines of a chart of shares against a knob."""
    ticks = ", ".join(f'"{x:g}"' for x, _ in points)
    values = ", ".join(f"{y:.3f}" for _, y in points)
    return [
        "```mermaid",
        "xychart-beta",
        f'  title "{title}"',
        f'  x-axis "{knob}" [{ticks}]',
        '  y-axis "found" 0 --> 1',
        f"  line [{values}]",
        "```",
        "",
    ]


def percent(rate: Rate) -> str:
    """Return a rate in per cent with its 95 % interval, or why there is none.

    Examples
    --------
    >>> percent(Rate(0, 50)), percent(Rate(0, 0, "nothing was planted"))
    ('0.0 % (0.0 to 7.1)', '— (nothing was planted)')
    """
    if not rate.trials:
        return rate.none()
    low, high = rate.interval()
    return f"{100 * rate.value:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def signed(number: float) -> str:
    """Return a number with its sign.

    Examples
    --------
    >>> signed(0.0214)
    '+0.021'
    """
    return f"{number:+.3f}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
