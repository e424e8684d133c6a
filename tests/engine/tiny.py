"""Three detectors small enough to check by eye, and events for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import polars as pl

from commonmode.detectors import Detector, Query, Score, Tallies, TallyTable, Window
from commonmode.detectors.query import Parameter
from commonmode.engine import Engine, Tick
from commonmode.events import ActionTaken, AgentRegistered, Event, PermissionGranted, to_table
from commonmode.store import Appender, Batch, Writer, store_path
from commonmode.store.file_reader import CursorReader

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = datetime(2026, 6, 1, tzinfo=UTC)

ACTIONS = TallyTable(
    schema={"agent": pl.String, "actions": pl.Int64}, keys=("agent",), sums=("actions",)
)
REGISTERED = TallyTable(
    schema={"agent": pl.String, "at": pl.Datetime("us", "UTC")},
    keys=("agent",),
    minima=("at",),
    since="at",
)
GRANTED = TallyTable(
    schema={"agent": pl.String, "valid_from": pl.Datetime("us", "UTC")},
    keys=("agent",),
    minima=("valid_from",),
    since="valid_from",
)


def counted(events: pl.LazyFrame) -> pl.DataFrame:
    actions = events.filter(pl.col("kind") == "action_taken")
    return actions.group_by("agent").agg(pl.len().cast(pl.Int64).alias("actions")).collect()


def score(agent: str, actions: int, window: Window, *, is_finding: bool) -> Score:
    where = 'WHERE agent = $agent AND "at" >= $start AND "at" < $end'
    place: dict[str, Parameter] = {"agent": agent, "start": window.start, "end": window.end}
    return Score(
        subject=f"agent:{agent}",
        verdict="finding" if is_finding else "clear",
        claim=f"{agent} acted {actions} times.",
        statistic=float(actions),
        effect=actions / 2,
        n=actions,
        p_value=1 / (1 + actions),
        agents=(agent,),
        evidence=Query(f'SELECT * FROM action_taken {where} ORDER BY "at", id', place),
        recompute=Query(f"SELECT count(*) FROM action_taken {where}", place),
    )


@dataclass(frozen=True, kw_only=True)
class Busy(Detector):
    """Names agents that act often."""

    name: ClassVar[str] = "busy"
    version: ClassVar[int] = 1
    names_first: ClassVar[bool] = True
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {"action_taken": ()}
    tables: ClassVar[Mapping[str, TallyTable]] = {"actions": ACTIONS}

    often: int = 3

    def tally(self, events: pl.LazyFrame) -> Tallies:
        return {"actions": counted(events)}

    def judge(self, tallies: Tallies, window: Window) -> Sequence[Score]:
        return [
            score(agent, n, window, is_finding=n >= self.often)
            for agent, n in tallies["actions"].rows()
        ]


@dataclass(frozen=True, kw_only=True)
class Strangers(Detector):
    """Names agents that act and were registered neither in the window nor before."""

    name: ClassVar[str] = "strangers"
    version: ClassVar[int] = 1
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {"action_taken": (), "agent_registered": ()}
    hands_on: ClassVar[tuple[str, ...]] = ("agent_registered",)
    tables: ClassVar[Mapping[str, TallyTable]] = {"actions": ACTIONS, "registered": REGISTERED}

    def tally(self, events: pl.LazyFrame) -> Tallies:
        registered = (
            events.filter(pl.col("kind") == "agent_registered")
            .group_by("agent")
            .agg(pl.col("at").min())
        )
        return {"actions": counted(events), "registered": registered.collect()}

    def judge(self, tallies: Tallies, window: Window) -> Sequence[Score]:
        known = set(tallies["registered"]["agent"])
        return [
            score(agent, n, window, is_finding=agent not in known)
            for agent, n in tallies["actions"].rows()
        ]


@dataclass(frozen=True, kw_only=True)
class Trespass(Detector):
    """Names agents that act in a window by whose end no grant of theirs was valid."""

    name: ClassVar[str] = "trespass"
    version: ClassVar[int] = 1
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": (),
        "permission_granted": ("valid_from",),
    }
    hands_on: ClassVar[tuple[str, ...]] = ("permission_granted",)
    tables: ClassVar[Mapping[str, TallyTable]] = {"actions": ACTIONS, "granted": GRANTED}

    def tally(self, events: pl.LazyFrame) -> Tallies:
        granted = (
            events.filter(pl.col("kind") == "permission_granted")
            .group_by("agent")
            .agg(pl.coalesce("valid_from", "at").min().alias("valid_from"))
        )
        return {"actions": counted(events), "granted": granted.collect()}

    def judge(self, tallies: Tallies, window: Window) -> Sequence[Score]:
        allowed = set(tallies["granted"]["agent"])
        return [
            score(agent, n, window, is_finding=agent not in allowed)
            for agent, n in tallies["actions"].rows()
        ]


def action(number: int, agent: str, hours: float) -> Event:
    return ActionTaken(id=f"e{number}", at=START + hours * HOUR, agent=agent, action="buy")


def registration(number: int, agent: str, hours: float) -> Event:
    return AgentRegistered(id=f"e{number}", at=START + hours * HOUR, agent=agent)


def grant(number: int, agent: str, hours: float, valid_from: float | None = None) -> Event:
    return PermissionGranted(
        id=f"e{number}",
        at=START + hours * HOUR,
        agent=agent,
        grant=f"g{number}",
        valid_from=None if valid_from is None else START + valid_from * HOUR,
    )


def add(writer: Appender, events: Iterable[Event]) -> None:
    events = list(events)
    if events:
        writer.append(Batch(events=to_table(events)))


@cache
def empty_store() -> bytes:
    """Return the file of a store with nothing in it: making one takes longer than most tests."""
    with TemporaryDirectory() as folder:
        Writer(folder).close()
        return store_path(folder).read_bytes()


class Bench:
    """A store with an engine over it, and a clock that stands still until it is moved."""

    def __init__(self, folder: Path, *detectors: Detector, lateness: timedelta = 0 * HOUR) -> None:
        self.now = LATER
        self.folder = folder
        store_path(folder).write_bytes(empty_store())
        self.writer = Writer(folder, now=lambda: self.now)
        self.reader = CursorReader(self.writer)
        self.detectors = detectors or (Busy(),)
        self.lateness = lateness

    def engine(self, appender: Appender | None = None, span: int = 500_000) -> Engine:
        return Engine(
            detectors=self.detectors,
            reader=self.reader,
            appender=appender or self.writer,
            clock=lambda: self.now,
            lateness=self.lateness,
            span=span,
        )

    def add(self, *events: Event) -> None:
        add(self.writer, events)

    def tick(self, *, final: bool = False) -> Tick:
        return self.engine().tick(final=final)

    def findings(self) -> pl.DataFrame:
        return self.reader.query("SELECT * FROM findings ORDER BY window_start, detector, subject")

    def standing(self) -> list[tuple[object, ...]]:
        """Return what is upheld: the findings without how they came to be."""
        rows = self.findings().filter(pl.col("status") != "withdrawn")
        return rows.select(
            "finding_id", "detector", "subject", "claim", "statistic", "n", "evidence_total"
        ).rows()

    def said(self) -> list[tuple[object, ...]]:
        """Return what was said of every subject of every window, found or not."""
        return self.reader.query(
            """SELECT detector, window_start, subject, verdict, statistic, p_value FROM judgements
            ORDER BY ALL"""
        ).rows()

    def life(self) -> list[tuple[object, ...]]:
        """Return every step in the life of every finding, in order."""
        return self.reader.query(
            """SELECT finding ->> '$.score.subject' AS subject, finding ->> '$.status' AS status,
                (finding ->> '$.revision')::INTEGER AS revision, finding ->> '$.reason' AS reason
            FROM finding_events ORDER BY seq"""
        ).rows()

    def close(self) -> None:
        self.reader.close()
        self.writer.close()
