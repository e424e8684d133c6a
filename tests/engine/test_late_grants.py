"""What was known then and what is known now: late grants revise findings, and say why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.engine.tiny import Bench

from commonmode.detectors import Scope
from commonmode.events import ActionTaken, DecisionReviewed, Event, PermissionGranted

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


def minute(m: int) -> datetime:
    return NINE + timedelta(minutes=m)


def grant(name: str, at: int, **fields: Any) -> PermissionGranted:
    return PermissionGranted(id=f"{name}@{at}", at=minute(at), agent="ann", grant=name, **fields)


ACT = ActionTaken(id="act", at=minute(5), agent="ann", action="read", resource="b")
OWN = grant("own", 0, resources=["a"])
LATE = grant("late", 90, valid_from=minute(4), resources=["b"])
EXCEPTION = grant("glass", 0, resources=["b"], break_glass=True)


def review(choice: str) -> DecisionReviewed:
    return DecisionReviewed(
        id=choice, at=minute(120), agent="officer", grant="glass", choice=choice
    )


def standing(folder: Path, *parts: Event | tuple[Event, ...]) -> list[tuple[str, str]]:
    """Return status and reason of ann's finding, after each part was stored and judged."""
    bench = Bench(folder, Scope())
    for part in parts:
        bench.add(*(part if isinstance(part, tuple) else (part,)))
        assert not bench.tick(final=True).failures
    found = bench.findings().select("status", "reason").rows()
    bench.close()
    return found


def test_a_grant_approved_in_arrears_withdraws_the_finding_and_says_what_was_known_then(
    tmp_path: Path,
) -> None:
    [(status, reason)] = standing(tmp_path, (OWN, ACT), LATE)

    assert status == "withdrawn"
    assert reason.startswith("1 event of other windows came late and holds here, too: clear.")
    assert "1 of them was a breach as known then" in reason


def test_a_late_grant_that_covers_only_one_breach_updates_the_finding(tmp_path: Path) -> None:
    other = ActionTaken(id="other", at=minute(6), agent="ann", action="read", resource="c")
    [(status, reason)] = standing(tmp_path, (OWN, ACT, other), LATE)

    assert status == "updated"
    assert reason.endswith("statistic 2 → 1")


@pytest.mark.parametrize(("choice", "found"), [("approve", []), ("reject", ["opened"])])
def test_a_review_settles_the_use_of_an_exception_in_an_earlier_window(
    tmp_path: Path, choice: str, found: list[str]
) -> None:
    said = standing(tmp_path, (EXCEPTION, ACT), review(choice))

    assert [status for status, _ in said] == found
