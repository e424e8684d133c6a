"""The life of findings: what was recorded of a window, and its new scores → what changes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from commonmode.detectors import Score
from commonmode.detectors.finding import Status
from commonmode.engine.record import Recorded, as_json
from commonmode.engine.state import Pending

CLOSING = "the window that followed has closed, too; late events will still revise it"
CONFIRMED = "confirmed over its closed window"
NOT_CONFIRMED = "not confirmed over its closed window"


class Change(Struct, frozen=True):
    """One step in the life of a finding; without a `score`, the recorded one is kept."""

    finding_id: str
    status: Status
    revision: int
    reason: str
    score: Score | None = None


def changes(
    recorded: Iterable[Recorded], scores: Mapping[str, Score], why: Pending
) -> list[Change]:
    """Return what changes in a window that was judged, in order of finding ids.

    A subject found for the first time is *opened*.
    One whose score changed is *updated*; one that is a finding no more is *withdrawn*, and
    *opened* again if it becomes one again.
    A finding the live watch raised is *updated* when the detector confirms it and *withdrawn*
    when it does not.
    Nothing that is the same again is recorded again.

    Parameters
    ----------
    recorded : iterable of Recorded
        The findings of the window as they stand.
    scores : mapping of str to Score
        Finding id → score of each subject of the window, alarming or not.
    why : Pending
        What came since the window was last judged.
    """
    known = {finding.finding_id: finding for finding in recorded}
    found = {key for key, score in scores.items() if score.verdict == "finding"}
    steps = (
        _step(key, known.get(key), scores.get(key), why) for key in sorted(found | known.keys())
    )
    return [step for step in steps if step is not None]


def closings(recorded: Iterable[Recorded]) -> list[Change]:
    """Return the closing of every finding that stands open."""
    return [
        Change(one.finding_id, "closed", one.revision + 1, CLOSING)
        for one in recorded
        if one.status in ("opened", "updated") and not one.provisional
    ]


def _step(key: str, before: Recorded | None, score: Score | None, why: Pending) -> Change | None:
    found = score is not None and score.verdict == "finding"
    if before is None:
        return Change(key, "opened", 0, _came(why), score)
    after = before.revision + 1
    if not found:
        return (
            Change(key, "withdrawn", after, _lost(before, score, why), score)
            if (before.stands)
            else None
        )
    assert score is not None  # noqa: S101  a score that is found is a score
    if not before.stands:
        return Change(key, "opened", after, f"found again: {_came(why)}", score)
    if before.provisional:
        return Change(key, "updated", after, CONFIRMED, score)
    if is_same(before.score, as_json(score)):
        return None
    return Change(key, "updated", after, _moved(before, score, why), score)


def _came(why: Pending) -> str:
    if not why.judged:
        return "its window was judged"
    parts = []
    if why.added:
        parts.append(f"{_events(why.added)} came late")
    if why.carried:
        hold = "holds" if why.carried == 1 else "hold"
        parts.append(f"{_events(why.carried)} of other windows came late and {hold} here, too")
    return "; ".join(parts) or "its window was judged again"


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count:,} events"


def _moved(before: Recorded, score: Score, why: Pending) -> str:
    old = before.score["statistic"]
    same = math.isclose(old, score.statistic, rel_tol=1e-9)
    moved = "" if same else f": statistic {old:.6g} → {score.statistic:.6g}"
    return _came(why) + moved


def _lost(before: Recorded, score: Score | None, why: Pending) -> str:
    cause = NOT_CONFIRMED if before.provisional else _came(why)
    match score:
        case None:
            verdict = "nothing is left to score"
        case Score(verdict="undetermined"):
            verdict = "undetermined"
        case _:
            verdict = f"clear. {score.claim}"
    return f"{cause}: {verdict}"


def is_same(one: Any, other: Any) -> bool:
    """Return whether two JSON values agree, numbers to nine digits.

    Sums of floating-point numbers depend on their order in the last digits; a revision that
    says nothing new would teach people to overlook revisions.

    Examples
    --------
    >>> is_same({"n": [1.0, 0.1 + 0.2]}, {"n": [1, 0.3]}), is_same({"n": 1}, {"n": 2})
    (True, False)
    """
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(is_same(one[k], other[k]) for k in one)
        case ((list() | tuple()), (list() | tuple())):
            return len(one) == len(other) and all(map(is_same, one, other))
        case bool(), _:
            return one is other
        case ((int() | float()), (int() | float())):
            return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or one == other
        case _:
            return bool(one == other)


def by_id(scores: Sequence[Score], ids: Sequence[str]) -> dict[str, Score]:
    """Pair finding ids with scores.

    Raises
    ------
    ValueError
        When two scores are of one subject, or a finding's statistic is no finite number:
        nobody could prove it again.
    """
    for score in scores:
        if score.verdict == "finding" and not math.isfinite(score.statistic):
            msg = f"a finding needs a finite statistic; {score.subject!r} has {score.statistic}."
            raise ValueError(msg)
    twice = [subject for subject, n in Counter(s.subject for s in scores).items() if n > 1]
    if twice:
        msg = f"each subject needs one score; {twice[0]!r} has several."
        raise ValueError(msg)
    return dict(zip(ids, scores, strict=True))
