"""The scorecard's worlds cover every plant and every lookalike, one at a time and together."""

import polars as pl

from commonmode.economy import INNOCENTS, PLANTS
from commonmode.economy.worlds import KNOBS, STRENGTHS, worlds

EVERY = worlds(300, 2_000)


def test_names_are_unique() -> None:
    names = [world.name for world in EVERY]

    assert len(names) == len(set(names))


def test_every_lookalike_stands_alone_once() -> None:
    alone = [world.innocents[0].name for world in EVERY if world.role == "innocent"]

    assert alone == [kind.name for kind in INNOCENTS]


def test_every_plant_has_a_power_curve() -> None:
    for kind in PLANTS:
        strengths = {
            plant.knobs()[KNOBS[kind.name]] for plant in STRENGTHS if plant.name == kind.name
        }
        assert len(strengths) >= 3


def test_a_world_without_plants_has_no_culprit() -> None:
    for world in EVERY:
        if not world.plants and world.role == "null":
            events, _, _ = world.frame(1)
            assert "truth_declared" not in events["kind"].to_list()


def test_a_frame_has_each_id_once_as_a_store_does() -> None:
    events, start, end = EVERY[0].frame(1)

    assert events["id"].is_unique().all()
    assert start < end


def test_no_two_culprits_have_one_name() -> None:
    """Or the scorecard would take the one for the other, and what finds it for a false alarm."""
    (everything,) = (world for world in worlds(300, 30_000) if world.name == "everything")
    events, _, _ = everything.frame(1)
    groups = events.filter(kind="truth_declared", label="culprit").select(
        "phenomenon", "subject", agents=pl.col("args").str.json_path_match("$.agents")
    )
    named = groups.drop_nulls().unique()

    assert len(named) > 7
    assert named.select("phenomenon", "subject").is_unique().all()
