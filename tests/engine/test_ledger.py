from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.tiny import HOUR, LATER, START, Bench, action

from commonmode.engine import ledger
from commonmode.engine.watermark import CREDIBLE, KEPT, WITNESSES
from commonmode.engine.windows import TICK
from commonmode.store import Batch, Offset


@pytest.mark.parametrize("order", [[0, 1, 2, 11], [11, 2, 0, 1]])
def test_positions_stand_in_the_order_of_their_places_however_they_came(
    tmp_path: Path, order: list[int]
) -> None:
    bench = Bench(tmp_path)
    for partition in order:
        bench.writer.append(Batch(offsets=[Offset("t.events", partition, 5)]))

    assert list(ledger.reached(bench.reader).positions) == [
        "seq",
        *(f"t.events[{partition}]" for partition in (0, 1, 2, 11)),
    ]
    bench.close()


NOW = LATER - START


def last_acts(bench: Bench, **hours_ago: float) -> dict[str, int]:
    """Add one act of each agent, so long before it is stored, and return the leads."""
    bench.add(*(action(n, who, NOW / HOUR - ago) for n, (who, ago) in enumerate(hours_ago.items())))
    return ledger.leads(bench.reader, 0, 1_000)


def test_only_those_furthest_ahead_are_asked_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    leads = last_acts(bench, a=0.1, b=0.2, c=0.3, d=0.4, e=0.5, f=0.6, g=0.7, old=500)

    assert list(leads) == list("abcdef")
    bench.close()


def test_agents_far_behind_count_where_few_are_ahead(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    leads = last_acts(bench, a=0.1, b=0.2, old=500)

    assert list(leads) == ["a", "b", "old"]
    bench.close()


def test_a_clock_ahead_of_our_own_is_passed_over_however_many_are_near_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    leads = last_acts(bench, x=-9000, a=0.1, b=0.2, c=0.3, d=0.4, e=0.5, f=0.6, g=0.7)

    assert list(leads) == list("abcdef")
    bench.close()


def grouped(acts: list[tuple[str, int, float]]) -> dict[str, int]:
    """Return the leads of acts (agent, hour of arrival, hours ahead of it), agent by agent."""
    claimed, credible = dict[str, float](), dict[str, float]()
    for agent, _, ahead in acts:
        claimed[agent] = max(ahead, claimed.get(agent, ahead))
        if ahead * HOUR <= CREDIBLE:
            credible[agent] = max(ahead, credible.get(agent, ahead))
    is_ahead = len(claimed) >= WITNESSES and 2 * len(credible) < len(claimed)
    ranked = sorted((claimed if is_ahead else credible).items(), key=lambda one: (-one[1], one[0]))
    return {agent: int(ahead * HOUR / TICK) for agent, ahead in ranked[:KEPT]}


@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from("abcdefghij"),
            st.integers(0, 2),
            st.sampled_from([-1000.0, -1.25, -1.0, -0.75, -0.5, -0.25, 0.0, 2.0]),
        ),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=25, deadline=None)
def test_leads_are_those_of_every_event_grouped_by_its_agent(
    acts: list[tuple[str, int, float]],
) -> None:
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for number, (agent, arrived, ahead) in enumerate(acts):
            bench.now = LATER + arrived * HOUR
            bench.add(action(number, agent, NOW / HOUR + arrived + ahead))

        leads = ledger.leads(bench.reader, 0, 1_000)
        bench.close()

    assert list(leads.items()) == list(grouped(acts).items())


def test_no_events_have_no_leads(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    assert ledger.leads(bench.reader, 0, 1_000) == {}
    bench.close()


def test_an_agent_whose_events_came_before_all_others_is_not_passed_over(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.add(action(0, "early", NOW / HOUR - 0.7))
    bench.now = LATER + HOUR
    hours = {"a": 1.0, "b": 0.2, "c": 0.2, "d": 0.2, "e": 0.2, "f": 0.2}
    bench.add(*(action(n, who, NOW / HOUR + at) for n, (who, at) in enumerate(hours.items(), 1)))

    assert list(ledger.leads(bench.reader, 0, 1_000)) == ["a", "early", "b", "c", "d", "e"]
    bench.close()
