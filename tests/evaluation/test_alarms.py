"""Findings are true when they name a culprit, and false otherwise."""

from commonmode.detectors import Query, Score, Verdict
from commonmode.evaluation import Culprit, match

ANY = Query("SELECT 1")


def score(
    subject: str, verdict: Verdict = "finding", agents: tuple[str, ...] = (), effect: float = 0.0
) -> Score:
    return Score(
        subject=subject,
        verdict=verdict,
        claim="",
        statistic=0.0,
        effect=effect,
        n=1,
        evidence=ANY,
        recompute=ANY,
        agents=agents,
    )


def test_a_finding_on_a_culprit_finds_it() -> None:
    alarms = match([score("family:a")], [Culprit("family:a")])

    assert (alarms.found, alarms.culprits, alarms.findings, alarms.false) == (1, 1, 1, 0)


def test_a_clear_score_finds_nobody_and_accuses_nobody() -> None:
    alarms = match([score("family:a", "clear"), score("family:b", "clear")], [Culprit("family:a")])

    assert (alarms.found, alarms.findings, alarms.false) == (0, 0, 0)


def test_a_finding_on_anybody_else_is_false_and_says_on_whom() -> None:
    alarms = match([score("family:b")], [Culprit("family:a")])

    assert (alarms.found, alarms.false, alarms.accused) == (0, 1, ("family:b",))


def test_two_findings_on_one_culprit_find_it_once_and_are_both_true() -> None:
    ring = Culprit("ring:1", frozenset("abcd"))

    alarms = match([score("ring:x", agents=("a", "b")), score("ring:y", agents=("c", "d"))], [ring])

    assert (alarms.found, alarms.findings, alarms.false) == (1, 2, 0)


def test_agents_named_beside_the_ring_cost_precision() -> None:
    ring = Culprit("ring:1", frozenset("abcd"))

    alarms = match([score("ring:x", agents=("a", "b", "c", "z"))], [ring])

    assert (alarms.named, alarms.rightly, alarms.members) == (4, 3, 4)


def test_undetermined_is_counted_and_accuses_nobody() -> None:
    alarms = match([score("agent:a", "undetermined"), score("agent:b", "clear")], [])

    assert (alarms.undetermined, alarms.scores, alarms.false) == (1, 2, 0)


def test_the_error_of_an_estimate_is_measured_whatever_its_verdict() -> None:
    planted = Culprit("family:a", effect=0.25)

    alarms = match([score("family:a", "clear", effect=0.5)], [planted])

    assert alarms.errors == (0.25,)
