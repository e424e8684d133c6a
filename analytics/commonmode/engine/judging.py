"""Judging: the tallies of closed windows → what changes in the life of their findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from commonmode.detectors import Detector, Finding, Score, Sitting, Tallies, Window, finding_id
from commonmode.engine import lifecycle, stored
from commonmode.engine.carried import Carried
from commonmode.engine.evidence import Evidence, gather
from commonmode.engine.failure import blaming
from commonmode.engine.lifecycle import Change
from commonmode.engine.record import Fields, Recorded, fields_of
from commonmode.engine.state import Pending
from commonmode.store import JudgedWindow, Judgement, Reader


class Verdict(NamedTuple):
    """What judging one window gave: findings that changed, all that was said, and how often."""

    changed: list[Fields]
    judged: JudgedWindow
    found: int
    undetermined: int


class Heard(NamedTuple):
    """What a window is judged by: its own events, and what holds of others'.

    `beside` is of agents of whom nothing is doubted, and is read once there is something to say.
    """

    own: Sequence[Tallies]
    carried: Carried
    beside: Callable[[], Sequence[Tallies]] = tuple


@dataclass(frozen=True)
class Judge:
    """One detector's judge in one tick."""

    reader: Reader
    detector: Detector
    positions: dict[str, int]
    sitting: Sitting

    def window(
        self,
        window: Window,
        why: Pending,
        heard: Heard,
        recorded: Sequence[Recorded],
    ) -> Verdict:
        """Judge a window by its tallies and compare with what is recorded of it.

        Raises
        ------
        DetectorFailedError
            When the detector raises, its scores cannot be told apart, or its query is wrong.
        """
        scores = self._scores(window, heard)
        known = {one.finding_id: one for one in recorded}
        changes = lifecycle.changes(recorded, scores, why)
        proofs = self._proofs([change.score for change in changes if change.score is not None])
        changed = [
            self._found(window, change, change.score, proofs[change.score.subject])
            if change.score is not None
            else _kept(known[change.finding_id], change)
            for change in changes
        ]
        said = [score.verdict for score in scores.values()]
        kept = all_said(self.detector, window, scores.values())
        return Verdict(changed, kept, said.count("finding"), said.count("undetermined"))

    def _scores(self, window: Window, heard: Heard) -> dict[str, Score]:
        with blaming(self.detector, f"judging the window from {window.start:%Y-%m-%d %H:%M}"):
            held = heard.carried.into(window)
            scores = self.sitting.scores(heard.own, held, window)
            if scores and (beside := heard.beside()):
                scores = self.sitting.scores([*heard.own, *beside], held, window)
            ids = [finding_id(self.detector, window, score.subject) for score in scores]
            return lifecycle.by_id(scores, ids)

    def _proofs(self, scores: Sequence[Score]) -> dict[str, Evidence]:
        subjects = [score.subject for score in scores]
        queries = [score.evidence for score in scores]
        with blaming(self.detector, f"fetching the evidence of {_named(subjects)}"):
            apart = self.detector.asked_at_once
            return dict(
                zip(subjects, gather(self.reader, queries, self.positions, apart), strict=True)
            )

    def _found(self, window: Window, change: Change, score: Score, proof: Evidence) -> Fields:
        return fields_of(
            Finding(
                finding_id=change.finding_id,
                detector=self.detector.name,
                version=self.detector.version,
                parameters=self.detector.parameters(),
                window=window,
                status=change.status,
                revision=change.revision,
                score=score,
                reason=change.reason,
                evidence_ids=proof.ids,
                evidence_total=proof.total,
                as_of=self.positions,
            )
        )


def _named(subjects: Sequence[str], most: int = 3) -> str:
    more = f" and {len(subjects) - most:,} more" if len(subjects) > most else ""
    return ", ".join(subjects[:most]) + more


def all_said(detector: Detector, window: Window, scores: Iterable[Score]) -> JudgedWindow:
    """Return what is said of all subjects that chance could explain, found or not.

    Nothing of a detector that chooses its subjects by looking.
    """
    return JudgedWindow(
        detector=detector.name,
        version=detector.version,
        parameters_hash=stored.parameters_hash(detector),
        window_start=window.start,
        window_end=window.end,
        judgements=[
            Judgement(s.subject, s.verdict, s.statistic, s.p_value, s.q_value, s.n)
            for s in scores
            if detector.names_first and s.p_value is not None and s.verdict != "undetermined"
        ],
    )


def closing(recorded: Sequence[Recorded]) -> list[Fields]:
    """Return the closing of a window's findings; what they say stays as it was computed."""
    known = {one.finding_id: one for one in recorded}
    return [_kept(known[change.finding_id], change) for change in lifecycle.closings(recorded)]


def _kept(before: Recorded, change: Change) -> Fields:
    return {
        **before.fields,
        "status": change.status,
        "revision": change.revision,
        "reason": change.reason,
        "provisional": False,
    }


def blocks(
    windows: Sequence[tuple[Window, Pending]],
    sizes: Mapping[datetime, int],
    *,
    events: int,
    most: int = 16,
) -> list[list[tuple[Window, Pending]]]:
    """Part windows, in order, into blocks that are read and committed together.

    A block is short in time, too, so that a late event far back does not read all between, and
    has as many `events` as are read at once; a window of more is one by itself.

    Parameters
    ----------
    windows : sequence of (Window, Pending)
        The windows, in order of time, and why they wait.
    sizes : mapping of datetime to int
        How many events windows have in all, by their starts, where that is more than what came
        since they were last judged.
    events, most : int
        Events and windows that a block has at most.
    """
    parted: list[list[tuple[Window, Pending]]] = []
    room = 0
    for window, why in windows:
        size = max(why.added, sizes.get(window.start, 0))
        block = parted[-1] if parted else []
        near = block and window.start - block[0][0].start < most * _length(window)
        if near and len(block) < most and size <= room:
            block.append((window, why))
            room -= size
        else:
            parted.append([(window, why)])
            room = events - size
    return parted


def _length(window: Window) -> timedelta:
    return window.end - window.start
