"""A store small enough to know by heart: three findings, their innocents, a bit of everything."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from commonmode.events import (
    ActionTaken,
    AgentRegistered,
    Event,
    FindingRaised,
    FindingRevised,
    MessageSent,
    PermissionGranted,
    Position,
    Rejected,
    TruthDeclared,
    to_table,
)
from commonmode.store import Batch, Writer

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
FAMILIES = ("aurora", "basalt", "cedar", "delta")
HOSTILE = (
    "![x](http://evil.example/i.png)<img src=http://evil.example/p.png onerror=alert(1)> :red[$x$]"
)
"""An agent's name that tries Markdown, HTML, a directive and a formula at once."""

_draws = random.Random(1)
NULL = sorted(_draws.gauss(0, 0.05) for _ in range(199))

MONOCULTURE, RING, BREACH = "a1" * 8, "b2" * 8, "c3" * 8


def events(seed: int = 7, hostile: str | None = None) -> Iterator[Event]:
    """Yield the events of eight hours, seeded."""
    rng = random.Random(seed)
    names = {f"{family}-{i}": family for family in FAMILIES for i in range(8)}
    if hostile is not None:
        names[hostile] = hostile
    for i, (agent, family) in enumerate(names.items()):
        yield AgentRegistered(
            id=f"r{i}", at=START, agent=agent, family=family, operator=f"op-{i % 3}"
        )
    for i, agent in enumerate(names):
        yield PermissionGranted(
            id=f"g{i}",
            at=START,
            agent=agent,
            grant=f"grant-{agent}",
            resources=[f"desk/{i % 5}"],
            actions=["buy", "sell"],
        )
    yield from _votes(rng, names)
    yield from _ring()
    yield from _breach()
    yield MessageSent(id="m0", at=START, agent="aurora-1", recipient="basalt-1", content="hello")
    yield from _truth()


def _votes(rng: random.Random, names: dict[str, str]) -> Iterator[Event]:
    for x in range(24):
        at = START + timedelta(minutes=20 * x)
        shared = rng.choice("ABC")
        for k, (agent, family) in enumerate(names.items()):
            alike = family == "aurora" and rng.random() < 0.8
            yield ActionTaken(
                id=f"v{x}-{k}",
                at=at + timedelta(seconds=k),
                agent=agent,
                family=family,
                context=f"task/{x}",
                action=rng.choice(["buy", "sell"]),
                choice=shared if alike else rng.choice("ABC"),
                options=3,
                resource=f"desk/{k % 5}",
                outcome="ok",
            )


def _ring() -> Iterator[Event]:
    for x in range(10):
        for k, agent in enumerate(("basalt-1", "cedar-2", "delta-3")):
            yield ActionTaken(
                id=f"j{x}-{k}",
                at=START + timedelta(minutes=41 * x, seconds=30 * k),
                agent=agent,
                family=agent.split("-")[0],
                action="quote",
                resource=f"market/{x % 4}",
                price=10.0 + k,
            )


def _breach() -> Iterator[Event]:
    yield PermissionGranted(
        id="pg0",
        at=START,
        agent="basalt-0",
        grant="root",
        actions=["read", "write"],
        resources=["repo/p1"],
    )
    yield PermissionGranted(
        id="pg1",
        at=START + timedelta(hours=1),
        agent="cedar-1",
        grant="child",
        parent_grant="root",
        actions=["read", "write"],
        resources=["repo"],
        valid_until=START + timedelta(hours=6),
    )
    for i, resource in enumerate(("repo/p1/a.py", "repo/p19/secret.py")):
        yield ActionTaken(
            id=f"w{i}",
            at=START + timedelta(hours=2, minutes=i),
            agent="cedar-1",
            family="cedar",
            action="write",
            resource=resource,
            grant="child",
            outcome="ok" if i == 0 else "denied",
            attempted=i == 1,
        )


def _truth() -> Iterator[Event]:
    planted = [("monoculture", "family:aurora", "culprit", ""), ("scope", "cedar-1", "culprit", "")]
    planted += [("collusion", a, "culprit", "") for a in ("basalt-1", "cedar-2", "delta-3")]
    planted += [
        ("collusion", "aurora-5", "innocent", "hot-resource"),
        ("scope", "delta-1", "innocent", "late-grant"),
    ]
    planted += [("monoculture", "family:basalt", "innocent", "one-sensible-action")]
    for i, (phenomenon, subject, label, lookalike) in enumerate(planted):
        yield TruthDeclared(
            id=f"t{i}",
            at=START,
            agent="economy",
            phenomenon=phenomenon,
            subject=subject,
            label=label,
            args={"lookalike": lookalike} if lookalike else None,
        )


def finding(
    finding_id: str, detector: str, subject: str, claim: str, *, evidence: list[str], **over: Any
) -> dict[str, Any]:
    """Lay a finding out as the engine stores it."""
    score = {
        "subject": subject,
        "verdict": "finding",
        "claim": claim,
        "statistic": 0.62,
        "effect": 0.38,
        "n": 768,
        "null_sample": NULL,
        "p_value": 0.005,
        "q_value": 0.012,
        "agents": [],
        "resources": [],
        "measures": {"kappa": 0.62, "n_eff": 2.4},
        "reasons": ["A prompt that one operator shares would look alike; it was corrected for."],
    }
    whole = {
        "finding_id": finding_id,
        "detector": detector,
        "version": 1,
        "parameters": {"seed": 0},
        "window": {"start": START.isoformat(), "end": (START + timedelta(hours=8)).isoformat()},
        "status": "opened",
        "revision": 0,
        "reason": "",
        "provisional": False,
        "evidence_ids": evidence,
        "evidence_total": len(evidence),
        "as_of": {"commonmode.events[0]": 900},
        "evidence_sql": "SELECT * FROM events WHERE agent = 'cedar-1'",
        "recompute_sql": "SELECT 0.62 AS statistic",
    }
    return {**whole, **over.pop("whole", {}), "score": {**score, **over}}


def findings(hostile: str | None = None) -> Iterator[Event]:
    """Yield the life of three findings; the last one is revised."""
    villain, third = hostile or "cedar-1", hostile or "delta-3"
    aurora = [f"aurora-{i}" for i in range(8)]
    three = [
        finding(
            MONOCULTURE,
            "monoculture",
            "family:aurora",
            "Agents of family aurora choose alike far beyond what the situation explains.",
            evidence=[f"v{x}-{k}" for x in range(24) for k in range(8)],
            agents=aurora,
        ),
        finding(
            RING,
            "collusion",
            "ring:17",
            f"basalt-1, cedar-2 and {third} met on 4 markets 10 times without a message.",
            evidence=[f"j{x}-{k}" for x in range(10) for k in range(3)],
            agents=["basalt-1", "cedar-2", third],
            resources=[f"market/{i}" for i in range(4)],
            measures={"joint_actions": 10, "expected": 0.7, "messages": 0, "tiers_held": 1},
            reasons=[
                "A, outcome screens: could not be tested on this log, because no sales are logged.",
                "B, dependence given shocks: held; they met 10 times (p = 1e-09, n = 10; null: …).",
                "Members sent each other no direct message in the window: it is silent.",
            ],
        ),
        finding(
            BREACH,
            "scope",
            f"agent:{villain}",
            f"{villain} wrote repo/p19/secret.py, which no grant in its chain permits.",
            evidence=["w1", "pg0", "pg1"],
            null_sample=[],
            p_value=None,
            q_value=None,
            agents=[villain],
            resources=["repo/p19/secret.py"],
            measures={"breaches": 0, "attempts": 1},
        ),
    ]
    for f in three:
        yield FindingRaised(
            id=f"{f['finding_id']}:0",
            at=START + timedelta(hours=8),
            agent=f"commonmode/{f['detector']}",
            finding=f,
        )
    revised = {
        **three[2],
        "status": "updated",
        "revision": 1,
        "reason": "a late event reopened the window",
    }
    yield FindingRevised(
        id=f"{BREACH}:1", at=START + timedelta(hours=8), agent="commonmode/scope", finding=revised
    )


def fill(data_dir: Path, *, hostile: str | None = None) -> Path:
    """Make the store and return its data folder."""
    facts = list(events(hostile=hostile))
    places = [Position("commonmode.events", i % 3, i) for i in range(len(facts))]
    bad = [
        Rejected(
            "needed one JSON object in UTF-8; found half of one.",
            "send whole lines",
            b'{"id":',
            Position("commonmode.events", 0, 4_000 + i),
        )
        for i in range(3)
    ]
    with Writer(data_dir) as writer:
        writer.append(Batch(events=to_table(facts, places), rejected=bad))
        writer.append(Batch(events=to_table(facts[:20], places[:20])))
        writer.append(Batch(events=to_table(list(findings(hostile)))))
    return data_dir


def empty(data_dir: Path) -> Path:
    """Make a store with nothing in it."""
    with Writer(data_dir):
        return data_dir
