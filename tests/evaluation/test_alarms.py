"""Findings are true when they name a culprit, and false otherwise."""

from commonmode.detectors import Query, Score, Verdict
from commonmode.evaluation import Culprit, match

ANY = Query("SELECT 1")


def score(  # noqa: PLR0913  one argument per field
    subject: str,
    verdict: Verdict = "finding",
    agents: tuple[str, ...] = (),
    *,
    claim: str = "",
    effect: float = 0.0,
    statistic: float = 0.0,
    p_value: float | None = None,
    q_value: float | None = None,
) -> Score:
    return Score(
        subject=subject,
        verdict=verdict,
        claim=claim,
        statistic=statistic,
        effect=effect,
        n=1,
        p_value=p_value,
        q_value=q_value,
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

    assert alarms.errors == {"effect": (0.25,)}


def test_a_ring_that_is_found_has_its_size_and_statistic_compared() -> None:
    ring = Culprit("ring:1", frozenset("abcd"), statistic=6.0)

    alarms = match([score("ring:x", agents=("a", "b", "c"), statistic=9.0)], [ring])

    assert alarms.errors == {"size": (-1.0,), "statistic": (0.5,)}


def test_a_finding_is_called_by_the_name_that_its_claim_uses() -> None:
    said = [score("ring:x", claim="they answer each other: collusion."),
            score("ring:y", claim="they meet: co-ordination, unexplained.")]  # fmt: skip

    alarms = match(said, [Culprit("ring:x")], "collusion")

    assert (alarms.findings, alarms.called, alarms.false_called) == (2, 1, 0)


def test_the_smallest_q_speaks_for_the_whole_log() -> None:
    said = [score("family:a", "clear", p_value=0.2, q_value=0.3),
            score("family:b", "clear", p_value=0.1, q_value=0.2)]  # fmt: skip

    alarms = match(said, [])

    assert (alarms.p_values, alarms.least_q) == ((0.2, 0.1), 0.2)
