"""Labels say who the culprits are; groups are recognised by their members."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from commonmode.evaluation import Culprit, culprits
from commonmode.events import TruthDeclared, to_table

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def labelled(*labels: dict[str, Any]) -> pl.DataFrame:
    events = [
        TruthDeclared(id=str(n), at=NOON, agent="economy", **label)
        for n, label in enumerate(labels)
    ]
    frame = pl.from_arrow(to_table(events))
    assert isinstance(frame, pl.DataFrame)
    return frame


def test_only_culprits_of_the_phenomenon_count() -> None:
    frame = labelled(
        {"phenomenon": "scope", "subject": "agent:a", "label": "culprit"},
        {"phenomenon": "scope", "subject": "agent:b", "label": "innocent"},
        {"phenomenon": "collusion", "subject": "ring:1", "label": "culprit"},
    )

    assert culprits(frame, "scope") == [Culprit("agent:a", since=NOON)]


def test_a_subject_labelled_many_times_is_one_culprit() -> None:
    label = {"phenomenon": "scope", "subject": "agent:a", "label": "culprit"}

    assert culprits(labelled(label, label, label), "scope") == [Culprit("agent:a", since=NOON)]


def test_members_and_effect_are_read_from_the_label() -> None:
    frame = labelled(
        {
            "phenomenon": "collusion",
            "subject": "ring:1",
            "label": "culprit",
            "value": 0.25,
            "args": {"agents": ["a", "b"], "statistic": 20.0},
        }
    )

    assert culprits(frame, "collusion") == [Culprit("ring:1", frozenset("ab"), 0.25, 20.0, NOON)]


def test_a_culprit_has_been_one_since_its_first_label() -> None:
    frame = labelled(
        {"phenomenon": "scope", "subject": "agent:a", "label": "culprit"},
        {"phenomenon": "scope", "subject": "agent:a", "label": "culprit"},
    ).with_columns(at=pl.Series([NOON + timedelta(hours=2), NOON], dtype=pl.Datetime("us", "UTC")))

    assert culprits(frame, "scope")[0].since == NOON


def test_a_subject_without_members_is_named_by_its_name_alone() -> None:
    assert Culprit("family:a").found_by("family:a", ())
    assert not Culprit("family:a").accused_by("family:b", ("family:a",))


@given(st.sets(st.characters(codec="ascii"), min_size=2), st.sets(st.characters(codec="ascii")))
def test_whoever_finds_a_group_accuses_it(ring: set[str], named: set[str]) -> None:
    culprit, said = Culprit("ring:1", frozenset(ring)), ("ring:x", tuple(named))

    assert culprit.accused_by(*said) >= culprit.found_by(*said)


def test_two_of_five_members_are_a_true_accusation_that_finds_no_ring() -> None:
    ring = Culprit("ring:1", frozenset("abcde"))

    assert ring.accused_by("ring:x", ("a", "b"))
    assert not ring.found_by("ring:x", ("a", "b"))


def test_one_member_among_strangers_is_no_accusation_of_the_ring() -> None:
    assert not Culprit("ring:1", frozenset("abcde")).accused_by("ring:x", ("a", "z"))
