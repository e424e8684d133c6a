"""An economy is the same for the same arguments, streams in order and keeps its shares."""

from datetime import UTC, datetime, timedelta

import polars as pl
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonmode.economy import INNOCENTS, PLANTS, BadEconomyError, Economy, demo
from commonmode.economy.transport import LATE_AFTER
from commonmode.events import EVENT_SCHEMA, decode, encode, to_table

EVERYTHING = [kind() for kind in INNOCENTS]


def frame_of(economy: Economy) -> pl.DataFrame:
    return pl.concat(list(economy.frames()))


@pytest.fixture(scope="module")
def everyday() -> pl.DataFrame:
    return frame_of(Economy(seed=3, agents=300, events=30_000))


@given(
    seed=st.integers(0, 2**32),
    agents=st.integers(10, 500),
    events=st.integers(1, 1_500),
    days=st.floats(0.02, 20),
)
@settings(max_examples=8)
def test_as_many_events_arrive_as_were_asked_for(
    seed: int, agents: int, events: int, days: float
) -> None:
    economy = Economy(seed=seed, agents=agents, events=events, days=days)

    assert sum(map(len, economy.lines())) == events


def test_the_same_arguments_give_the_same_lines() -> None:
    one, other = demo(seed=5, events=2_000), demo(seed=5, events=2_000)

    assert list(one.lines()) == list(other.lines())


def test_another_seed_gives_other_events() -> None:
    one, other = Economy(seed=1, events=500), Economy(seed=2, events=500)

    assert list(one.lines()) != list(other.lines())


def test_an_economy_can_be_read_again() -> None:
    economy = Economy(seed=1, events=500)

    assert list(economy) == list(economy)


def test_columns_are_the_lines_laid_out() -> None:
    economy = demo(seed=2, events=3_000)

    laid_out = pl.from_arrow(to_table(list(economy)))

    assert isinstance(laid_out, pl.DataFrame)
    assert frame_of(economy).equals(laid_out)


def test_lines_are_events_in_their_wire_form() -> None:
    for lines in demo(seed=2, events=1_000).lines():
        events = [decode(line) for line in lines]

        assert [decode(encode(event)) for event in events] == events
        assert all(event.extra is None for event in events)


def test_frames_have_the_schema_of_events(everyday: pl.DataFrame) -> None:
    assert everyday.columns == EVENT_SCHEMA.names


def test_events_arrive_in_the_order_in_which_they_were_recorded(everyday: pl.DataFrame) -> None:
    first = everyday.unique("id", keep="first", maintain_order=True)

    assert first["recorded_at"].is_sorted()


def test_one_event_in_a_hundred_comes_late(everyday: pl.DataFrame) -> None:
    took = everyday["recorded_at"] - everyday["at"]
    may_be = ~everyday["kind"].is_in(["permission_granted", "agent_registered"])

    late = (took > timedelta(microseconds=LATE_AFTER)).filter(may_be).mean()

    assert late == pytest.approx(0.01, abs=0.003)


def test_one_event_in_a_hundred_comes_twice_and_is_the_same(everyday: pl.DataFrame) -> None:
    again = everyday.filter(pl.col("id").is_duplicated())

    assert again.height / 2 / everyday.height == pytest.approx(0.01, abs=0.003)
    assert again.unique().height == again.height / 2


def test_ids_follow_event_time_as_uuid7(everyday: pl.DataFrame) -> None:
    stamps = everyday["id"].str.replace("-", "").str.slice(0, 12).str.to_integer(base=16)
    skew = (stamps - everyday["at"].dt.epoch("ms")).abs()

    assert everyday["id"].str.slice(14, 1).unique().to_list() == ["7"]
    assert skew.max() <= 2_001  # type: ignore[operator]


def test_clocks_are_off_by_less_than_two_seconds_and_a_little(everyday: pl.DataFrame) -> None:
    acts = everyday.filter(pl.col("kind") == "action_taken")
    took = (acts["recorded_at"] - acts["at"]).dt.total_microseconds()

    assert (took < 0).sum() > 0
    assert took.min() > -2_000_001  # type: ignore[operator]


def test_days_breathe(everyday: pl.DataFrame) -> None:
    hours = everyday.group_by(pl.col("at").dt.hour()).len().sort("at")
    busy = dict(hours.iter_rows())

    assert busy[14] > 2 * busy[2]


def test_week_ends_are_quiet() -> None:
    week = frame_of(Economy(seed=1, events=20_000, days=7))
    days = dict(week.group_by(pl.col("at").dt.weekday()).len().iter_rows())

    assert days[6] < 0.7 * days[3]


def test_a_few_agents_do_much_of_the_work(everyday: pl.DataFrame) -> None:
    acts = everyday.filter(pl.col("kind") == "action_taken").group_by("agent").len()
    busiest = acts.sort("len", descending=True).head(30)["len"].sum()

    assert busiest > 0.25 * acts["len"].to_numpy().sum()


def test_families_and_operators_are_crossed_imperfectly(everyday: pl.DataFrame) -> None:
    people = everyday.drop_nulls("family").unique("agent")
    crossed = people.group_by("operator", "family").len()
    house = crossed.group_by("operator").agg(pl.col("len").max() / pl.col("len").sum())

    assert people["family"].n_unique() == 5
    assert (crossed.group_by("operator").len()["len"] >= 3).all()
    assert house["len"].mean() > 0.4  # type: ignore[operator]


def test_every_agent_is_registered_and_granted_before_it_acts(everyday: pl.DataFrame) -> None:
    acts = (
        everyday.filter(pl.col("kind") == "action_taken").group_by("agent").agg(pl.col("at").min())
    )
    grants = (
        everyday.filter(pl.col("kind") == "permission_granted")
        .group_by("agent")
        .agg(granted=pl.col("at").min())
    )
    joined = acts.join(grants, on="agent", how="left")

    assert joined["granted"].null_count() == 0
    assert (joined["granted"] < joined["at"]).all()


def test_situations_are_faced_by_several_agents_once_each(everyday: pl.DataFrame) -> None:
    votes = everyday.unique("id").drop_nulls("context")
    voters = votes.group_by("context").agg(n=pl.len(), agents=pl.col("agent").n_unique())

    assert (voters["n"] == voters["agents"]).all()
    assert voters["n"].mean() > 6  # type: ignore[operator]


def test_a_million_agents_stream_in_the_memory_of_a_chunk() -> None:
    frames = Economy(agents=1_000_000, events=100_000_000).frames()
    memory = psutil.Process().memory_info

    first = [next(frames).height for _ in range(3)]
    early = memory().rss
    later = [next(frames).height for _ in range(8)]

    assert sum(later) > sum(first)
    assert memory().rss - early < 100_000_000


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"agents": 9}, "agents"),
        ({"agents": 1_000_001}, "agents"),
        ({"events": 0}, "event"),
        ({"days": 0.0}, "days"),
        ({"seed": -1}, "seed"),
        ({"start": datetime(2026, 1, 5)}, "UTC"),  # noqa: DTZ001  that it is naive is the point
    ],
)
def test_what_cannot_be_is_refused_in_words(wrong: dict[str, object], word: str) -> None:
    with pytest.raises(BadEconomyError, match=word):
        Economy(**wrong)  # type: ignore[arg-type]


def test_time_starts_where_it_was_told_to() -> None:
    start = datetime(2030, 6, 1, tzinfo=UTC)
    times = frame_of(Economy(start=start, events=2_000))["at"]

    assert times.min() >= start - timedelta(seconds=2)  # type: ignore[operator]


def test_all_plants_and_innocents_live_in_one_economy() -> None:
    crowded = Economy(events=4_000, plants=[kind() for kind in PLANTS], innocents=EVERYTHING)
    labels = frame_of(crowded).filter(pl.col("kind") == "truth_declared")

    assert set(labels["phenomenon"]) == {"monoculture", "collusion", "scope", "cascade"}
