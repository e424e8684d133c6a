"""A finding laid out for a terminal: claim, null, parameters, evidence, SQL, proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise, takewhile
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from commonmode.cli.output import plain
from commonmode.engine import Explanation

BINS = 12
BAR = 40
WORTH_SHARING = 5
"""Lines that two queries have in common from which on they are printed once."""
COLUMNS = ("at", "agent", "action", "resource", "choice", "outcome", "price", "id")
"""Columns of the evidence that are shown, where they say anything."""


def show(explanation: Explanation, console: Console) -> None:
    """Print all of it, in the order in which one would ask; lines of SQL stay whole."""
    for section in _sections(explanation):
        console.print(section, soft_wrap=isinstance(section, Text))


def _sections(explanation: Explanation) -> Iterator[RenderableType]:
    finding, score = explanation.finding, explanation.finding.score
    yield Text(plain(score["claim"]), style="bold")
    yield _said(
        f"{finding.detector} version {finding.version}, {finding.status} "
        f"(revision {finding.revision}: {finding.fields.get('reason', '')})"
        + (", provisional" if finding.provisional else "")
    )
    yield _said(
        f"{finding.finding_id} · {finding.window.start:%Y-%m-%d %H:%M} to "
        f"{finding.window.end:%Y-%m-%d %H:%M} UTC"
    )
    yield _heading("The number")
    yield _pairs(_numbers(score))
    if score["null_sample"]:
        yield _heading("Its null distribution")
        yield from histogram(score["null_sample"], score["statistic"])
    for title, names in (("Agents", score["agents"]), ("Resources", score["resources"])):
        if names:
            yield _heading(title)
            yield _said(", ".join(names))
            yield from _unnamed(title, score)
    if score["reasons"]:
        yield _heading("What else could be, and what was assumed")
        yield from (_said(f"- {reason}") for reason in score["reasons"])
    yield _heading("Parameters")
    yield _pairs(finding.parameters)
    yield _heading("Evidence")
    yield from _evidence(explanation)
    yield from _queries(
        finding.fields.get("evidence_sql", ""), finding.fields.get("recompute_sql", "")
    )
    yield _heading("Proved again")
    yield from _proof(explanation)


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold cyan")


def _said(text: str) -> Text:
    return Text(plain(text))


def _unnamed(title: str, score: Mapping[str, Any]) -> Iterator[Text]:
    """Say that a family has more agents than are named, where it has."""
    named, of_family = len(score["agents"]), score["measures"].get("family_agents")
    if title == "Agents" and isinstance(of_family, int | float) and of_family > named:
        yield _said(
            f"These {named:,} of the family's {of_family:,.0f} agents carry it, the strongest "
            "first; the evidence is theirs, the number counts all."
        )


def _numbers(score: Mapping[str, Any]) -> dict[str, Any]:
    named = ("statistic", "effect", "p_value", "q_value", "n")
    return {**{name: score[name] for name in named if score[name] is not None}, **score["measures"]}


def _pairs(values: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in values.items():
        table.add_row(
            _said(name), _said(f"{value:,.6g}" if isinstance(value, float) else str(value))
        )
    return table


def histogram(sample: Sequence[float], observed: float) -> Iterator[Text]:
    """Yield a line for each bin of the null, the observed value marked in or beside it."""
    edges, counts = bins(sample)
    if observed < edges[0]:
        yield _mark(observed)
    most = max(counts)
    for (low, high), count in zip(pairwise(edges), counts, strict=True):
        bar = "█" * round(BAR * count / most)
        line = Text(f"{low:>12.5g} │{bar or ('▏' if count else '')} {count}", style="dim")
        inside = low <= observed < high or observed == high == edges[-1]
        yield line.append(f"  ◀ observed {observed:.5g}", style="bold red") if inside else line
    if observed > edges[-1]:
        yield _mark(observed)


def _mark(observed: float) -> Text:
    return Text(f"{observed:>12.5g} ◀ observed", style="bold red")


def bins(sample: Iterable[float]) -> tuple[list[float], list[int]]:
    """Return the edges of equally wide bins, and how many draws fall into each.

    Examples
    --------
    >>> bins([0.0, 1.0, 12.0])[1]
    [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    """
    draws = sorted(sample)
    width = (draws[-1] - draws[0]) / BINS or 1.0
    counts = [0] * BINS
    for draw in draws:
        counts[min(int((draw - draws[0]) / width), BINS - 1)] += 1
    return [draws[0] + width * number for number in range(BINS + 1)], counts


def _evidence(explanation: Explanation) -> Iterator[RenderableType]:
    total = explanation.finding.fields.get("evidence_total", 0)
    rows = explanation.evidence
    yield _said(
        f"{total:,} {'event' if total == 1 else 'events'}"
        + (f", the first {rows.height}:" if total > rows.height else ":")
    )
    shown = [n for n in COLUMNS if n in rows.columns and rows[n].null_count() < rows.height]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in shown:
        table.add_column(name, overflow="fold")
    for row in rows.select(shown).iter_rows():
        table.add_row(*map(_cell, row))
    if shown:
        yield table


def _cell(value: Any) -> Text:
    match value:
        case None:
            return Text("")
        case datetime():
            return Text(f"{value:%Y-%m-%d %H:%M:%S}")
        case _:
            return _said(str(value).replace("\n", " "))


def _queries(evidence: str, number: str) -> Iterator[Text]:
    """Yield the SQL of both; lines that the second shares with the first stand once."""
    yield _heading("SQL of the evidence")
    yield _sql(evidence)
    yield _heading("SQL of the number")
    shared = shared_lines(evidence, number)
    if shared < WORTH_SHARING:
        yield _sql(number)
        return
    yield _said(f"The first {shared} lines of the SQL above, and then:")
    yield _sql("\n".join(number.splitlines()[shared:]))


def shared_lines(one: str, other: str) -> int:
    r"""Return how many lines two texts have in common before they part.

    Examples
    --------
    >>> shared_lines("WITH a AS (…)\nFROM a", "WITH a AS (…)\nSELECT 1")
    1
    """
    pairs = zip(one.splitlines(), other.splitlines(), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _sql(text: str) -> Text:
    return Syntax("", "sql", background_color="default").highlight(plain(text))


def _proof(explanation: Explanation) -> Iterator[Text]:
    recorded = explanation.finding.score["statistic"]
    yield _said(
        f"recorded {recorded}, by its SQL {explanation.recomputed}, "
        f"by the detector over the raw events {explanation.rejudged}"
    )
    yield from (_said(note) for note in explanation.notes)
    if explanation.reproduced:
        yield Text("reproduced: the same number", style="bold green")
    else:
        yield Text("NOT reproduced", style="bold red")
