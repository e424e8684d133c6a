"""A tiny phenomenon with its detector and its worlds: agents that shout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import polars as pl

from commonmode.detectors import Detector, Query, Score, Tallies, TallyTable, Window
from commonmode.events import ActionTaken, Event, TruthDeclared, to_table

START = datetime(2026, 1, 5, tzinfo=UTC)
END = START + timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Shouting(Detector):
    """Finds every agent that shouts at least so often."""

    name: ClassVar[str] = "shouting"
    version: ClassVar[int] = 1
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {"action_taken": ("action",)}
    tables: ClassVar[Mapping[str, TallyTable]] = {
        "shouts": TallyTable(
            schema={"agent": pl.String, "n": pl.Int64}, keys=("agent",), sums=("n",)
        )
    }

    least: int = 3

    def tally(self, events: pl.LazyFrame) -> Tallies:
        shouts = events.filter(pl.col("action") == "shout")
        return {"shouts": shouts.group_by("agent").agg(n=pl.len().cast(pl.Int64)).collect()}

    def judge(self, tallies: Tallies, window: Window) -> Sequence[Score]:
        return [
            Score(
                subject=f"agent:{agent}",
                verdict="finding" if n >= self.least else "clear",
                claim="",
                statistic=float(n),
                effect=float(n),
                n=n,
                evidence=Query("SELECT 1"),
                recompute=Query("SELECT 1"),
            )
            for agent, n in tallies["shouts"].iter_rows()
        ]


@dataclass(frozen=True)
class Street:
    """A world in which one agent shouts, at times."""

    name: str
    role: str
    about: str = ""
    shouts: int = 0
    culprit: bool = False
    knob: tuple[str, float] | None = None
    looks: int = 0

    def frame(self, seed: int) -> tuple[pl.DataFrame, datetime, datetime]:
        events: list[Event] = [
            ActionTaken(
                id=f"{seed}-{n}", at=START + timedelta(hours=n), agent="ann", action="shout"
            )
            for n in range(self.shouts)
        ]
        if self.culprit:
            events.append(
                TruthDeclared(
                    id="t",
                    at=START,
                    agent="economy",
                    phenomenon="shouting",
                    subject="agent:ann",
                    label="culprit",
                    value=5.0,
                )
            )
        frame = pl.from_arrow(to_table(events))
        assert isinstance(frame, pl.DataFrame)
        return frame, START, END


QUIET = Street("quiet", "null", shouts=1)
MARKET = Street("market", "innocent", "shouting", shouts=4)
ELSEWHERE = Street("hoarse", "innocent", "whispering", shouts=4)
LOUD = Street("loud", "plant", "shouting", shouts=6, culprit=True, knob=("shouts", 6), looks=24)
ALL = Street("everything", "everything", shouts=6, culprit=True)
EVERY = (QUIET, MARKET, ELSEWHERE, LOUD, ALL)
