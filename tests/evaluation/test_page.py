"""The page shows the bad rows first, and says which version its figures are of."""

import msgspec
from tests.evaluation.labelled_worlds import EVERY, Shouting

from commonmode.evaluation import Rate, Scorecard, attempts, calibrations, page, rows
from commonmode.evaluation.rows import Delay
from commonmode.evaluation.scorecard import WHOLE

TRIED = [outcome for some in attempts(EVERY, [Shouting()], range(8)) for outcome in some]
CARD = Scorecard(
    command="commonmode evaluate --seeds 0-7",
    seeds="0-7",
    versions={"shouting": 1},
    rows=tuple(rows(TRIED)),
    calibrations=tuple(calibrations(TRIED)),
)
PAGE = page(CARD, {"shouting": 1})


def section(heading: str) -> str:
    return PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]


def test_the_page_says_its_command_seeds_and_versions() -> None:
    assert "`commonmode evaluate --seeds 0-7`: seeds 0-7" in PAGE
    assert "`shouting` 1" in PAGE


def test_the_bad_rows_come_first_and_say_why() -> None:
    assert PAGE.index("## The bad rows") == PAGE.index("## ")
    assert "| `shouting` | market | false alarms in 8 of 8 logs |" in section("The bad rows")


def test_every_lookalike_has_its_false_alarms_with_an_interval() -> None:
    alarms = section("False alarms on each hard negative")

    assert "| `shouting` | market | 8 of 8 | 100.0 % (67.6 to 100.0) |" in alarms
    assert "| `shouting` | quiet | 0 of 8 | 0.0 % (0.0 to 32.4) |" in alarms


def test_power_is_drawn_against_the_knob() -> None:
    assert 'x-axis "shouts" ["6"]' in section("Power")
    assert "line [1.000]" in section("Power")


def test_delays_and_biases_have_their_rows() -> None:
    assert "| `shouting` | loud | 8 of 8 | 3.0 h | 3.0 h |" in section("Detection delay")
    assert "| loud | effect (κ̂ - λ²) | +1.000 | 0.000 | 8 |" in section("Bias of estimates")


def test_what_could_not_be_measured_is_said_in_words() -> None:
    late = Delay(found=Rate(1, 4), median=None, slow=None, false=Rate(0, 4), looks=8)
    loud = next(row for row in CARD.rows if row.delay)
    nothing = msgspec.structs.replace(
        loud, world=WHOLE, recall=Rate(0, 0, "no culprit was planted"), delay=late
    )
    shown = page(msgspec.structs.replace(CARD, rows=(nothing,)), {})
    untried = page(msgspec.structs.replace(CARD, rows=(loud,)), {})

    assert "| `shouting` | 0.000 ± 0.000 | — (no culprit was planted) |" in shown
    assert "| `shouting` | everything | 1 of 4 | not reached | not reached | 0 of 4 | 8 |" in shown
    assert "| `shouting` | — (not tried) | — (not tried) |" in untried
    assert "nan" not in shown + untried + PAGE


def test_figures_of_another_version_are_said_to_be_so() -> None:
    assert "Not measured yet" not in PAGE
    later = page(CARD, {"shouting": 2})
    assert "figures of `shouting` version 1, which is version 2 now" in later
    assert "which is gone" in page(CARD, {})


def test_too_few_seeds_are_said_to_be_too_few() -> None:
    assert "**Too few seeds:** 8; figures for the record take 50." in PAGE


def test_the_same_scorecard_gives_the_same_page_whenever_it_is_made() -> None:
    assert "seconds" not in PAGE
    assert page(CARD, {"shouting": 1}) == PAGE
