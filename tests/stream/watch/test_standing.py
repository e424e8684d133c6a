from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from commonmode.events import FindingRaised, FindingRevised
from commonmode.stream.findings import FindingEvent
from commonmode.stream.watch.standing import Standing, Word

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def finding(status: str = "opened", statistic: float = 1.0, **changes: Any) -> FindingRaised:
    score = {"statistic": statistic, "measures": {}, "resources": ["r"]}
    window = {"start": "2026-01-01T11:00:00Z", "end": "2026-01-01T12:00:00Z"}
    content = {"finding_id": "f", "status": status, "revision": 0, "provisional": True}
    return FindingRaised(
        id="any",
        at=NOON,
        agent="commonmode/scope",
        finding={**content, "window": window, "score": score, **changes},
    )


def word(event: FindingEvent) -> Word:
    read = Word.of(event.finding)
    assert read is not None
    return read


def said(standing: Standing, event: FindingEvent) -> FindingEvent | None:
    """Say what is news, as a worker does whose broker takes it."""
    news = standing.news(event)
    if news is not None:
        standing.said(news)
    return news


def test_the_first_word_is_raised_and_the_same_again_is_no_news() -> None:
    standing = Standing()

    first = said(standing, finding())

    assert isinstance(first, FindingRaised)
    assert first.id == "f:live:0"
    assert standing.news(finding()) is None


def test_what_could_not_be_sent_is_news_still() -> None:
    standing = Standing()

    assert standing.news(finding()) == standing.news(finding()) is not None


def test_another_word_is_a_revision_numbered_after_the_last() -> None:
    standing = Standing()
    standing.saw(word(finding(revision=4)))

    news = standing.news(finding(statistic=2.0))

    assert isinstance(news, FindingRevised)
    assert (news.id, news.finding["revision"]) == ("f:live:5", 5)


def test_what_a_worker_finds_again_after_a_restart_is_no_news() -> None:
    before, after = Standing(), Standing()
    published = [said(before, finding()), said(before, finding(statistic=2.0))]
    for one in published:
        assert one is not None
        after.saw(word(one))

    assert after.news(finding(statistic=2.0)) is None


def test_the_watch_is_silent_once_the_batch_detector_has_spoken() -> None:
    standing = Standing()
    standing.saw(word(finding(provisional=False)))

    assert standing.news(finding(statistic=9.0)) is None


def test_withdrawing_what_nobody_was_told_is_no_news() -> None:
    assert Standing().news(finding("withdrawn")) is None


def test_what_is_no_finding_has_no_word() -> None:
    assert Word.of(["not", "one"]) is None
    assert Word.of({"finding_id": 7}) is None


def test_our_own_word_read_in_the_topic_changes_nothing() -> None:
    standing = Standing()
    news = said(standing, finding())
    assert news is not None

    assert not standing.saw(word(news))
    assert standing.news(finding()) is None


def test_of_two_words_with_one_number_the_first_in_the_topic_stands() -> None:
    ours, theirs = finding(statistic=1.0), finding(statistic=2.0)
    standing = Standing()
    sent = said(standing, ours)
    assert sent is not None

    assert standing.saw(word(theirs))
    assert not standing.saw(word(sent))

    again = standing.news(ours)
    assert again is not None
    assert again.id == "f:live:1"


def test_what_was_read_before_the_broker_said_that_it_has_ours_is_not_forgotten() -> None:
    standing = Standing()
    sent = standing.news(finding(statistic=1.0))
    assert sent is not None
    standing.saw(word(finding(statistic=2.0)))

    standing.said(sent)

    again = standing.news(finding(statistic=1.0))
    assert again is not None
    assert again.id == "f:live:1"


def test_findings_of_closed_windows_are_forgotten() -> None:
    standing = Standing()
    standing.saw(word(finding()))

    standing.close(NOON)

    assert standing.words() == {}
