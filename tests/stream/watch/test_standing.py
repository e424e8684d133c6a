from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from commonmode.events import FindingRaised, FindingRevised
from commonmode.stream.watch.standing import Standing

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def finding(status: str = "opened", statistic: float = 1.0, **changes: Any) -> FindingRaised:
    score = {"statistic": statistic, "measures": {}, "resources": ["r"]}
    content = {"finding_id": "f", "status": status, "revision": 0, "provisional": True}
    return FindingRaised(
        id="any", at=NOON, agent="commonmode/scope", finding={**content, "score": score, **changes}
    )


def test_the_first_word_is_raised_and_the_same_again_is_no_news() -> None:
    standing = Standing()

    first = standing.news(finding())

    assert isinstance(first, FindingRaised)
    assert first.id == "f:live:0"
    assert standing.news(finding()) is None


def test_another_word_is_a_revision_numbered_after_the_last() -> None:
    standing = Standing()
    standing.saw(finding(revision=4))

    news = standing.news(finding(statistic=2.0))

    assert isinstance(news, FindingRevised)
    assert (news.id, news.finding["revision"]) == ("f:live:5", 5)


def test_what_a_worker_finds_again_after_a_restart_is_no_news() -> None:
    before, after = Standing(), Standing()
    published = [before.news(finding()), before.news(finding(statistic=2.0))]
    for one in published:
        assert one is not None
        after.saw(one)

    assert after.news(finding(statistic=2.0)) is None


def test_the_watch_is_silent_once_the_batch_detector_has_spoken() -> None:
    standing = Standing()
    standing.saw(finding(provisional=False))

    assert standing.news(finding(statistic=9.0)) is None


def test_withdrawing_what_nobody_was_told_is_no_news() -> None:
    assert Standing().news(finding("withdrawn")) is None


def test_a_foreign_record_among_the_findings_is_passed_over() -> None:
    standing = Standing()
    standing.saw(FindingRaised(id="x", at=NOON, agent="a", finding=["not", "one"]))

    assert standing.news(finding()) is not None
