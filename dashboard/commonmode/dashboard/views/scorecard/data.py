"""What the scorecard page reads: the scorecard made last, or the one that came with the program."""

from __future__ import annotations

import msgspec
import polars as pl

from commonmode.dashboard.source import data_dir
from commonmode.detectors import ALL
from commonmode.evaluation import Rate, Row, Scorecard, harmless, load, published, whole

VERSIONS = {detector.name: detector.version for detector in ALL}


def scorecard() -> tuple[Scorecard, bool]:
    """Return the scorecard to show, and whether it was made with this data folder."""
    try:
        return load(data_dir() / "scorecard" / "scorecard.json"), True
    except (OSError, msgspec.DecodeError):
        return published(), False


def glance(card: Scorecard) -> pl.DataFrame:
    """Return one row per detector: realised FDR, recall, false alarms, bad rows."""
    return pl.DataFrame([_glance(name, card.of(name)) for name in card.versions])


def bad(card: Scorecard) -> pl.DataFrame:
    """Return the bad rows and what is wrong with each."""
    rows = [(row.detector, row.world, row.why_bad) for row in card.rows if row.bad]
    schema = {"detector": pl.String, "world": pl.String, "what is wrong": pl.String}
    return pl.DataFrame(rows, schema, orient="row")


def lookalikes(card: Scorecard) -> pl.DataFrame:
    """Return false alarms where nobody is guilty: ``detector, world, share, low, high``."""
    rows = [row for row in card.rows if row.role in {"null", "innocent"}]
    return pl.DataFrame(
        [
            {"detector": row.detector, "world": row.world, **_interval(row.false_alarms)}
            for row in rows
        ]
    )


def power(card: Scorecard) -> pl.DataFrame:
    """Return the power curves: ``detector, knob, strength, share, low, high``."""
    return pl.DataFrame(
        [
            {"detector": name, "knob": knob, "strength": row.knob[1], **_interval(row.recall)}
            for (name, knob), rows in card.power_curves().items()
            for row in rows
            if row.knob
        ],
        schema_overrides={"strength": pl.Float64},
    )


def crossfire(card: Scorecard) -> pl.DataFrame:
    """Return detectors on plants of others: ``detector, world, share, alarms``."""
    _, cells = card.crossfire()
    return pl.DataFrame(
        [
            {
                "detector": name,
                "world": world,
                "share": row.false_alarms.value,
                "alarms": row.false_alarms.words(),
            }
            for (name, world), row in cells.items()
        ]
    )


def quantiles(card: Scorecard) -> pl.DataFrame:
    """Return p-values where nothing is planted: ``series, expected, p_value``."""
    return pl.DataFrame(
        [
            {
                "series": f"{one.detector}, {one.what}",
                "expected": (place + 0.5) / len(one.values),
                "p_value": value,
            }
            for one in card.calibrations
            for place, value in enumerate(one.values)
        ]
    )


def delays(card: Scorecard) -> pl.DataFrame:
    """Return how long culprits went unfound, per detector and world."""
    return pl.DataFrame(
        [
            {
                "detector": row.detector,
                "world": row.world,
                "found": row.delay.found.words(),
                "half by": row.delay.half_by,
                "nine tenths by": row.delay.nine_tenths_by,
                "false finding at any look": row.delay.false.words(),
            }
            for row in card.rows
            if row.delay
        ]
    )


def biases(card: Scorecard) -> pl.DataFrame:
    """Return estimates minus truth, per detector, world and estimate."""
    return pl.DataFrame(
        [
            {
                "detector": row.detector,
                "world": row.world,
                "estimate": name,
                "mean": bias.mean,
                "standard error": bias.error,
                "n": bias.n,
            }
            for row in card.rows
            if row.role == "plant"
            for name, bias in row.biases.items()
        ]
    )


def names(card: Scorecard) -> pl.DataFrame:
    """Return, per world, how many findings were called collusion, and how many wrongly."""
    rows = [row for row in card.of("collusion") if row.findings or row.world.startswith("memory")]
    return pl.DataFrame(
        [
            {
                "world": row.world,
                "findings": row.findings,
                "called collusion": row.called,
                "unexplained": row.findings - row.called,
                "wrongly called": row.false_called,
            }
            for row in rows
        ]
    )


def _glance(name: str, rows: list[Row]) -> dict[str, str | float | int | None]:
    everything, false = whole(rows), harmless(rows)
    return {
        "detector": name,
        "realised FDR": everything.fdr if everything else None,
        "recall": everything.recall.words() if everything else None,
        "false alarms, nothing planted": false.words(),
        "bad rows": sum(row.bad for row in rows),
    }


def _interval(rate: Rate) -> dict[str, float]:
    low, high = rate.interval()
    return {"share": rate.value, "low": low, "high": high, "n": rate.trials}
