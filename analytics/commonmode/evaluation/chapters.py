"""The chapters of the page: power, delay, bias, p-values, cross-fire, names."""

from __future__ import annotations

from collections.abc import Iterator

from commonmode.evaluation.markdown import curve, percent, signed, table
from commonmode.evaluation.rows import Row
from commonmode.evaluation.scorecard import Scorecard


def power(card: Scorecard) -> list[str]:
    """Return the chapter on power: curves against the knob, and plants off every curve."""
    lines = ["## Power", "", "Culprits found against the strength of what was planted.", ""]
    for (detector, knob), rows in card.power_curves().items():
        measured = [row for row in rows if row.recall.trials]
        points = [(row.knob[1], row.recall.value) for row in measured if row.knob]
        cells = (
            [f"{row.knob[1]:g}" if row.knob else "", percent(row.recall), row.recall.words(),
             f"{row.fdr:.3f}", row.false_alarms.words()]
            for row in rows
        )  # fmt: skip
        lines += [
            f"### `{detector}` against `{knob}`",
            "",
            *(curve(f"{detector}: culprits found", knob, points) if points else []),
            *table((knob, "found", "culprits", "FDR", "logs with a false finding"), cells),
        ]
    rest = [row for row in card.rows if row.about == row.detector and row.role == "plant"]
    others = [row for row in rest if not row.knob]
    if others:
        lines += [
            "### Other plants",
            "",
            *table(
                ("detector", "world", "found", "culprits", "logs with a false finding"),
                ([f"`{row.detector}`", row.world, percent(row.recall), row.recall.words(),
                  row.false_alarms.words()] for row in others),
            ),
        ]  # fmt: skip
    return lines


def delays(card: Scorecard) -> list[str]:
    """Return the chapter on detection delay."""

    def line(row: Row) -> Iterator[str]:
        assert row.delay is not None  # noqa: S101  only rows with one are shown
        late = row.delay
        yield from (f"`{row.detector}`", row.world, late.found.words())
        yield from (late.half_by, late.nine_tenths_by, late.false.words(), str(late.looks))

    shown = [list(line(row)) for row in card.rows if row.delay]
    headings = ("detector", "world", "found", "half by", "nine tenths by", ("logs with a false "
                "finding at any look"), "looks")  # fmt: skip
    return [
        "## Detection delay",
        "",
        (
            "Hours from the first label of a culprit to the first of several equal looks at the "
            "growing day that finds it, in event time; not reached where the last look had found "
            "fewer. Looking often costs false alarms: they are counted over all looks."
        ),
        "",
        *table(headings, shown),
    ]


def biases(card: Scorecard) -> list[str]:
    """Return the chapter on estimates against the truth."""
    meanings = {
        "effect": "effect (κ̂ - λ²)",
        "size": "members named - members",
        "statistic": "statistic / planted - 1",
    }
    shown = (
        [f"`{row.detector}`", row.world, meanings[name], signed(bias.mean),
         f"{bias.error:.3f}", str(bias.n)]
        for row in card.rows
        if row.role == "plant"
        for name, bias in row.biases.items()
    )  # fmt: skip
    return [
        "## Bias of estimates",
        "",
        (
            "Reported minus planted, whatever the verdict; a ring's size and meetings where at "
            "least half of it is named."
        ),
        "",
        *table(("detector", "world", "estimate", "mean", "standard error", "n"), shown),
    ]


def calibrations(card: Scorecard) -> list[str]:
    """Return the chapter on p-values where nothing is planted."""
    whats = {"subject": "one subject, drawn by the seed", "whole": "the log (smallest q)"}
    shown = (
        [f"`{one.detector}`", whats[one.what], str(len(one.values)), f"{one.ks:.3f}",
         f"{one.p_value:.3f}", f"{one.low:.3f}", f"{one.high:.3f}", percent(one.least)]
        for one in card.calibrations
    )  # fmt: skip
    headings = ("detector", "p-value of", "logs", "KS", "p of KS", "too small by", "too large by",
                "p ≤ .05")  # fmt: skip
    return [
        "## p-values where nothing is planted",
        "",
        (
            "One p-value a log against the uniform distribution. Too small is what must not be: it "
            "accuses the innocent; too large costs power only, and comes from counts that are "
            "small and from looks that are paid for. `scope` is exact and has none."
        ),
        "",
        *table(headings, shown),
    ]


def crossfire(card: Scorecard) -> list[str]:
    """Return the chapter on detectors against plants of others."""
    worlds, cells = card.crossfire()
    shown = (
        [world, *(_crossed(cells.get((name, world))) for name in card.versions)] for world in worlds
    )
    return [
        "## Cross-fire",
        "",
        (
            "Logs in which a detector found something that was planted for another: findings here "
            "are false alarms."
        ),
        "",
        *table(("planted", *(f"`{name}`" for name in card.versions)), shown),
    ]


def _crossed(row: Row | None) -> str:
    return "" if row is None else row.false_alarms.words()


def names(card: Scorecard) -> list[str]:
    """Return the chapter on which findings are called by the phenomenon's name."""
    rows = [row for row in card.of("collusion") if row.findings]
    shown = (
        [row.world, str(row.findings), str(row.called), str(row.findings - row.called),
         str(row.false_called)]
        for row in rows
    )  # fmt: skip
    return [
        "## What is called collusion",
        "",
        (
            "A finding of `collusion` is called so only with three of four tiers, an answer to "
            "price cuts among them; otherwise it is co-ordination, unexplained. Learners without "
            "memory cannot answer one another: none of theirs may be called so."
        ),
        "",
        *table(("world", "findings", "called collusion", "unexplained", "wrongly called"), shown),
    ]
