from __future__ import annotations

from datetime import datetime

import polars as pl
from tests.engine.tiny import GRANTED, HOUR, START, Trespass

from commonmode.engine.carried import Carried, earliest
from commonmode.engine.windows import TIME, window_of

LATE = START + 5 * HOUR


def granted(agent: str, valid_from: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        {"agent": [agent], "valid_from": [valid_from]},
        schema={"agent": pl.String, "valid_from": TIME},
    )


def test_a_table_holds_wherever_it_matters() -> None:
    carried = Carried(Trespass.tables, [{"granted": granted("a", START + HOUR / 2)}])

    assert carried.into(window_of(START, HOUR))["granted"].height == 1


def test_a_table_does_not_hold_before() -> None:
    carried = Carried(Trespass.tables, [{"granted": granted("a", START + HOUR)}])

    assert carried.into(window_of(START, HOUR))["granted"].is_empty()


def test_rows_matter_from_their_since_or_from_their_window() -> None:
    assert earliest(GRANTED, granted("a", START), LATE) == START
    assert earliest(GRANTED, granted("a", LATE + HOUR), LATE) == LATE
