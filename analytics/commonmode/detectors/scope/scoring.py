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
    """What an agent did in a window.

    `breaches` took effect, `attempts` were only tried; `confused` counts those of both that the
    labels of the data alone forbid. `breaches_then` are breaches by what was known at their time
    and can be told now; of them `covered_since` are permitted by what is known now. Breaches that
    were permitted by what was known then are `permitted_then`.
    """

    agent: str
    n: int
    breaches: int
    attempts: int
    confused: int
    break_glass: int
    undetermined: int
    breaches_then: int
    covered_since: int
    permitted_then: int
    resources: Sequence[str]

    @property
    def breaching(self) -> int:
        """Actions outside of scope, as known now."""
        return self.breaches + self.attempts

    @property
    def silent(self) -> bool:
        """Whether there is nothing to say but that all was permitted."""
        return not (self.breaching or self.undetermined or self.break_glass or self.covered_since)


def score(counts: Counts, wider: Sequence[str], window: Window) -> Score:
    """Score an agent from its counts and the grants it holds that name more than their parent."""
    agent = counts.agent
    numbers = ("breaches", "attempts", "confused", "break_glass", "undetermined")
    bitemporal = ("breaches_then", "covered_since", "permitted_then")
    measures = {name: float(getattr(counts, name)) for name in (*numbers, *bitemporal)}
    return Score(
        subject=f"agent:{agent}",
        verdict=_verdict(counts),
        claim=_claim(counts),
        statistic=float(counts.breaching),
        effect=counts.breaching / counts.n,
        n=counts.n,
        evidence=sql.evidence(agent, window),
        recompute=sql.recompute(agent, window),
        agents=(agent,),
        resources=tuple(counts.resources),
        measures={**measures, "escalations": float(len(wider))},
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


def _verdict(counts: Counts) -> Verdict:
    if counts.breaching:
        return "finding"
    return "undetermined" if counts.undetermined else "clear"


def _claim(counts: Counts) -> str:
    of_all = _of_all(counts)
    if counts.breaching == 0:
        said = f"{counts.agent} did nothing known to be outside its grants in {of_all}."
        return said + _since(counts) if counts.covered_since else said
    ends = [f"{counts.breaches} took effect"] if counts.breaches else []
    if counts.attempts:
        ends.append(f"{counts.attempts} {_number(counts.attempts, 'was', 'were')} only tried")
    return (
        f"{counts.agent} acted outside its grants in {counts.breaching} of {of_all}: "
        f"{', '.join(ends)}."
    )


def _since(counts: Counts) -> str:
    were = _number(counts.covered_since, "was a breach", "were breaches")
    return (
        f" {counts.covered_since} of them {were} as known then; a grant or an approval recorded "
        f"since covers {_number(counts.covered_since, 'it', 'them')}."
    )


def _of_all(counts: Counts) -> str:
    return f"{counts.n} {_number(counts.n, 'action', 'actions')}"


def _number(n: int, one: str, more: str) -> str:
    return one if n == 1 else more


def _reasons(counts: Counts, wider: Sequence[str]) -> Iterator[str]:
    of_all = _of_all(counts)
    if counts.breaching:
        yield from _hindsight(counts)
    if counts.confused:
        were = _number(counts.confused, "was permitted but for its", "were permitted but for their")
        yield (
            f"{counts.confused} of them {were} data: the labels on it are not among those that the "
            "grants allow to act on (a confused deputy)."
        )
    if counts.break_glass:
        yield f"{counts.break_glass} of {of_all} used a break-glass grant, approved."
    if counts.undetermined:
        yield (
            f"{counts.undetermined} of {of_all} could not be judged: no grant of the "
            "agent is known, a chain leads to a grant never seen or to a break-glass grant that "
            "nobody reviewed yet, or the event does not say enough to compare."
        )
    if wider:
        named = ", ".join(wider[:MOST_NAMED])
        yield f"Holds grants that name more than their parent does: {named}."


def _hindsight(counts: Counts) -> Iterator[str]:
    breaches = _number(counts.breaches_then, "breach", "breaches")
    yield f"As known then: {counts.breaches_then} {breaches}. As known now: {counts.breaching}."
    if counts.covered_since:
        were = _number(
            counts.covered_since, "further action was a breach", "further actions were breaches"
        )
        yield (
            f"{counts.covered_since} {were} as known then; a grant or an approval recorded since "
            f"covers {_number(counts.covered_since, 'it', 'them')}."
        )
    if counts.permitted_then:
        were = _number(counts.permitted_then, "was", "were")
        yield (
            f"{counts.permitted_then} of the breaches {were} permitted as known then: the "
            "revocation or rejection was recorded only after them."
        )
