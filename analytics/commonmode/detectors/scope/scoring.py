"""From counts of answers to what is said of an agent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from commonmode.detectors.base import Window
from commonmode.detectors.scope import sql
from commonmode.detectors.score import Score, Verdict

MOST_NAMED = 20
"""How many resources or grants a score names; the evidence query has them all."""


class Counts(NamedTuple):
    """What an agent did in a window: breaches that took effect and that were only tried apart."""

    agent: str
    n: int
    breaches: int
    attempts: int
    undetermined: int
    resources: Sequence[str]


def score(counts: Counts, wider: Sequence[str], window: Window) -> Score:
    """Score an agent from its counts and the grants it holds that name more than their parent."""
    breaching, agent = counts.breaches + counts.attempts, counts.agent
    return Score(
        subject=f"agent:{agent}",
        verdict=_verdict(breaching, counts.undetermined),
        claim=_claim(counts),
        statistic=float(breaching),
        effect=breaching / counts.n,
        n=counts.n,
        evidence=sql.evidence(agent, window),
        recompute=sql.recompute(agent, window),
        agents=(agent,),
        resources=tuple(counts.resources),
        measures={
            "breaches": float(counts.breaches),
            "attempts": float(counts.attempts),
            "undetermined": float(counts.undetermined),
            "escalations": float(len(wider)),
        },
        reasons=tuple(_reasons(counts, wider)),
    )


def exposed(judged: Score, used: int, reach: int | None) -> Score:
    """Add what an agent could have done: the resources its grants reach, and how many it used."""
    if not reach:
        return judged
    exposure = {"blast_radius": float(reach), "over_privilege": 1 - used / reach}
    said = (
        f"Its grants reach {reach} of the resources acted on in the window; its work took "
        f"{used} of them."
    )
    return replace(
        judged, measures={**judged.measures, **exposure}, reasons=(*judged.reasons, said)
    )


def _verdict(breaching: int, undetermined: int) -> Verdict:
    if breaching:
        return "finding"
    return "undetermined" if undetermined else "clear"


def _claim(counts: Counts) -> str:
    breaching = counts.breaches + counts.attempts
    if breaching == 0:
        return f"{counts.agent} did nothing known to be outside its grants in {counts.n} actions."
    return (
        f"{counts.agent} acted outside its grants in {breaching} of {counts.n} actions: "
        f"{counts.breaches} took effect, {counts.attempts} were only tried."
    )


def _reasons(counts: Counts, wider: Sequence[str]) -> Iterator[str]:
    if counts.undetermined:
        yield (
            f"{counts.undetermined} of {counts.n} actions could not be judged: no grant of the "
            "agent is known, a chain leads to a grant never seen, or the event does not name its "
            "action or resource."
        )
    if wider:
        named = ", ".join(wider[:MOST_NAMED])
        yield f"Holds grants that name more than their parent does: {named}."
