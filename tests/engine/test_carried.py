from __future__ import annotations

from datetime import datetime

import polars as pl
from tests.engine.tiny import GRANTED, HOUR, REGISTERED, START, Strangers, Trespass

from commonmode.engine.carried import Carried, earliest
from commonmode.engine.windows import TIME, window_of

LATE = START + 5 * HOUR


def registered(*agents: str) -> pl.DataFrame:
    return pl.DataFrame({"agent": list(agents)}, schema={"agent": pl.String})


def granted(agent: str, valid_from: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        {"agent": [agent], "valid_from": [valid_from]},
        schema={"agent": pl.String, "valid_from": TIME},
    )


def test_a_table_without_since_holds_in_later_windows_only() -> None:
    parts = [(START, "registered", registered("a")), (START + HOUR, "registered", registered("b"))]
    carried = Carried(Strangers.tables, parts)

    held = [
        set(carried.into(window_of(START + k * HOUR, HOUR))["registered"]["agent"])
        for k in range(3)
    ]

    assert held == [set(), {"a"}, {"a", "b"}]


def test_its_own_rows_of_a_window_stay() -> None:
    carried = Carried(Strangers.tables, [])

    assert carried.own({"registered": registered("a")})["registered"].height == 1


def test_a_table_with_since_holds_wherever_it_matters() -> None:
    carried = Carried(Trespass.tables, [(LATE, "granted", granted("a", START + HOUR / 2))])

    assert carried.into(window_of(START, HOUR))["granted"].height == 1
    assert carried.own({"granted": granted("a", START)}) == {}


def test_a_table_with_since_does_not_hold_before() -> None:
    carried = Carried(Trespass.tables, [(LATE, "granted", granted("a", START + HOUR))])

    assert carried.into(window_of(START, HOUR))["granted"].is_empty()


def test_rows_matter_from_their_since_or_from_their_window() -> None:
    assert earliest(GRANTED, granted("a", START), LATE) == START
    assert earliest(GRANTED, granted("a", LATE + HOUR), LATE) == LATE
    assert earliest(REGISTERED, registered("a"), LATE) == LATE
