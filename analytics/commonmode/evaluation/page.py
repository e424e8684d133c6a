"""The scorecard as a page of the documentation: the bad rows first, then everything."""

from __future__ import annotations

from collections.abc import Mapping

from commonmode.evaluation import chapters
from commonmode.evaluation.markdown import percent, table
from commonmode.evaluation.rates import Rate
from commonmode.evaluation.rows import Row
from commonmode.evaluation.scorecard import Scorecard, harmless, whole

_ENOUGH = 50


def page(card: Scorecard, versions: Mapping[str, int]) -> str:
    """Return a scorecard in Markdown.

    Parameters
    ----------
    card : Scorecard
        What was measured.
    versions : mapping of str to int
        The detectors as they are now; the page says plainly where it is of another version.
    """
    parts = [
        _head(card, versions),
        _glance(card),
        _bad(card),
        _lookalikes(card),
        chapters.power(card),
        chapters.delays(card),
        chapters.biases(card),
        chapters.calibrations(card),
        chapters.crossfire(card),
        chapters.names(card),
        _READING,
    ]
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _head(card: Scorecard, versions: Mapping[str, int]) -> list[str]:
    measured = ", ".join(f"`{name}` {version}" for name, version in card.versions.items())
    lines = [
        "# The scorecard",
        "",
        (
            "What the detectors got right and wrong on economies with planted truth and its "
            "innocent lookalikes; the detectors never see a label."
        ),
        (
            f"Written by `make scorecard`, which runs `{card.command}`: seeds {card.seeds}, "
            f"thresholds were set on seeds 0-49. Versions: {measured}."
        ),
        "",
    ]
    if card.seed_count < _ENOUGH:
        lines += [f"> **Too few seeds:** {card.seed_count}; figures for the record take 50.", ""]
    for name, (before, now) in card.stale(versions).items():
        is_now = "is gone" if now is None else f"is version {now} now"
        lines += [
            (
                f"> **Not measured yet:** these are figures of `{name}` version {before}, "
                f"which {is_now}."
            ),
            "",
        ]
    return lines


def _glance(card: Scorecard) -> list[str]:
    def line(name: str) -> list[str]:
        rows = card.of(name)
        everything, untried = whole(rows), Rate(0, 0, "not tried").none()
        return [
            f"`{name}`",
            f"{everything.fdr:.3f} ± {1.96 * everything.fdr_error:.3f}" if everything else untried,
            percent(everything.recall) if everything else untried,
            percent(harmless(rows)),
            harmless(rows).words(),
            str(sum(row.bad for row in rows)),
        ]

    headings = (
        "detector", "realised FDR", "recall", "false alarms, nothing planted", "logs", "bad rows",
    )  # fmt: skip
    return [
        (
            "Realised FDR and recall are those of the world that holds every plant and every "
            "lookalike at once; intervals are 95 %."
        ),
        "",
        *table(headings, map(line, card.versions)),
    ]


def _bad(card: Scorecard) -> list[str]:
    bad = [row for row in card.rows if row.bad]
    lines = ["## The bad rows", ""]
    if not bad:
        return [*lines, "None: no false alarms certainly above 5 %, and half of all found.", ""]
    rows = ([f"`{row.detector}`", row.world, row.why_bad] for row in bad)
    return [
        *lines,
        (
            "A row is bad when its false alarms are certainly above 5 %, or when more than half of "
            "what was planted is missed."
        ),
        "",
        *table(("detector", "world", "what is wrong"), rows),
    ]


def _lookalikes(card: Scorecard) -> list[str]:
    def line(row: Row) -> list[str]:
        accused = " ".join(row.accused[:3])
        return [
            f"`{row.detector}`",
            row.world,
            row.false_alarms.words(),
            percent(row.false_alarms),
            accused,
        ]

    innocent = [row for row in card.rows if row.role in ("null", "innocent")]
    return [
        "## False alarms on each hard negative",
        "",
        "Logs with at least one finding; nobody in them is guilty.",
        "",
        *table(("detector", "world", "alarms", "95 %", "accused (seed:subject)"),
               map(line, innocent)),
    ]  # fmt: skip


_READING = [
    "## How to read this",
    "",
    (
        "- Every world is drawn once per seed and judged by all detectors that it concerns: "
        "lookalikes by the one they imitate, all others by all."
    ),
    (
        "- `k of n` has a 95 % Wilson interval. Realised FDR is the mean over logs of false "
        "findings / findings (0 without findings)."
    ),
    (
        "- A finding is true when it is about a culprit; of a group, when it names two members who "
        "are at least half of those named. A group is found once half of it is named together."
    ),
    (
        "- A detector without a row under a heading had nothing to say there: `habit` compares "
        "runs of one task, which these economies do not have; it is scored on real runs."
    ),
]
