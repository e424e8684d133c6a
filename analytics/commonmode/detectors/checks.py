"""The contract of every detector, as checks that a test runs over `ALL`."""

# ruff: noqa: S101  a check is an assertion

from __future__ import annotations

import inspect
import json
import math
import pickle
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from commonmode.detectors.base import Detector, Window
from commonmode.detectors.bound import digest
from commonmode.detectors.query import Query
from commonmode.detectors.score import Score
from commonmode.detectors.tally import Tallies

Run = Callable[[Query, pl.DataFrame], pl.DataFrame]
"""Runs a query against a table `events`: detectors know no database, so the caller brings one.

It has digests beside its texts, as the store has them.
"""

Check = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Example:
    """Events that a detector must judge rightly, for its checks.

    Parameters
    ----------
    detector : Detector
        With the parameters of the example.
    events : polars.DataFrame
        Rows as `commonmode.events.to_table` lays them out, all in `window` but for what earlier
        ones hand on.
    window : Window
        The window judged.
    fires, silent : tuple of str
        Subjects or agents that a finding must name, and that none may.
    """

    detector: Detector
    events: pl.DataFrame
    window: Window
    fires: tuple[str, ...]
    silent: tuple[str, ...]

    def frame(self) -> pl.DataFrame:
        """Return the events of the kinds that the detector reads, in the columns it declares."""
        kinds = list(self.detector.reads)
        return self.events.filter(pl.col("kind").is_in(kinds)).select(self.detector.columns())

    def scores(self) -> Sequence[Score]:
        """Judge the example."""
        return self.detector.detect(self.frame().lazy(), self.window)


def yield_checks(example: Example, run: Run) -> Iterator[tuple[str, Check]]:
    """Yield every check with its name; each raises AssertionError where the contract is broken."""
    for check in CHECKS:
        yield check.__name__, partial(check, example)
    for proof in PROOFS:
        yield proof.__name__, partial(proof, example, run)


def fires_and_stays_silent(example: Example) -> None:
    """Check that it finds what it must and leaves what it must."""
    found = [score for score in example.scores() if score.verdict == "finding"]
    named = {name for score in found for name in (score.subject, *score.agents)}
    assert example.fires, "an example needs what fires"
    assert example.silent, "an example needs what does not"
    assert set(example.fires) <= named, named
    assert named.isdisjoint(example.silent), named


def leaves_its_input_alone(example: Example) -> None:
    """Check that neither events nor tallies are changed by judging them."""
    events = example.frame()
    before = events.clone()
    tallies = example.detector.tally(events.lazy())
    kept = {name: frame.clone() for name, frame in tallies.items()}
    example.detector.judge(example.detector.merge([tallies]), example.window)
    assert events.equals(before)
    assert all(tallies[name].equals(frame) for name, frame in kept.items())


def answers_the_same_twice_and_in_any_order(example: Example) -> None:
    """Check that repetition and the order of rows make no difference."""
    scores = example.scores()
    assert same(example.scores(), scores)
    for seed in range(3):
        shuffled = example.frame().sample(fraction=1.0, shuffle=True, seed=seed)
        assert same(example.detector.detect(shuffled.lazy(), example.window), scores)


def says_nothing_of_nothing(example: Example) -> None:
    """Check that an empty log has no scores, and tallies of the declared shape."""
    empty = example.frame().clear().lazy()
    assert not example.detector.detect(empty, example.window)
    _has_shape(example.detector, example.detector.tally(empty))


def tallies_have_their_declared_shape(example: Example) -> None:
    """Check that tables and columns are those declared, in type and order."""
    _has_shape(example.detector, example.detector.tally(example.frame().lazy()))


def merges_random_splits_to_the_whole(example: Example) -> None:
    """Check that random splits of the events merge to the tallies of the whole."""
    rows = example.frame().height
    for seed in range(5):
        draw = random.Random(seed)  # noqa: S311  no secret
        merges_a_split_to_the_whole(example, [draw.randrange(4) for _ in range(rows)])


def merges_a_split_to_the_whole(example: Example, parts: Sequence[int]) -> None:
    """Check that events dealt into parts, tallied and merged in steps, give the whole."""
    detector, events = example.detector, example.frame()
    whole = detector.merge([detector.tally(events.lazy())])
    dealt = events.with_columns(pl.Series("part", parts, dtype=pl.Int64))
    shards = [detector.tally(rows.drop("part").lazy()) for rows in dealt.partition_by("part")]
    merged = detector.merge([])
    for shard in shards:
        merged = detector.merge([shard, merged])
    assert all(merged[name].equals(frame) for name, frame in whole.items())


def judges_a_window_the_same_as_the_log_grows(example: Example) -> None:
    """Check that what comes after a window has no say in it, but for what reaches back."""
    detector, window = example.detector, example.window
    later = detector.window * math.ceil((window.end - window.start) / detector.window)
    events = example.frame()
    moved = events.with_columns(
        pl.col("id") + "-later",
        *(pl.col(name) + later for name, kind in events.schema.items() if kind.is_temporal()),
    )
    known = [detector.tally(events.lazy())]
    grown = detector.tally(moved.filter(pl.col("at") >= window.end).lazy())
    carried = {
        name: frame.filter(pl.col(detector.tables[name].since) < window.end)
        for name, frame in grown.items()
        if detector.tables[name].since
    }
    scores = detector.judge(detector.merge(known), window)
    assert same(detector.judge(detector.merge([*known, carried]), window), scores)


def hands_on_what_it_declares(example: Example) -> None:
    """Check that carried tables are counted from the kinds that it hands on, and from no others."""
    detector, events = example.detector, example.frame()
    carried = [name for name, table in detector.tables.items() if table.carried]
    whole = detector.merge([detector.tally(events.lazy())])
    handed = events.filter(pl.col("kind").is_in(detector.hands_on))
    alone = detector.merge([detector.tally(handed.lazy())])
    assert bool(carried) == bool(detector.hands_on)
    assert all(alone[name].equals(whole[name]) for name in carried)


def counts_no_event_without_what_it_needs(example: Example) -> None:
    """Check that events without a column that their kind needs change no tally."""
    detector, events = example.detector, example.frame()
    of_kind = pl.col("kind")
    for kind, column in detector.needs.items():
        assert column in detector.reads[kind]
        without = events.with_columns(
            pl.when(of_kind != kind).then(column), id=pl.col("id") + "-without"
        )
        both = detector.merge(
            [detector.tally(pl.concat([events, without.filter(of_kind == kind)]).lazy())]
        )
        whole = detector.merge([detector.tally(events.lazy())])
        assert all(both[name].equals(rows) for name, rows in whole.items())


def reads_only_what_it_declares(example: Example) -> None:
    """Check that columns and kinds beside those declared, labels above all, change nothing."""
    detector = example.detector
    every = example.events
    undeclared = [name for name in every.columns if name not in detector.columns()]
    bare = every.with_columns(pl.lit(None).cast(every.schema[n]).alias(n) for n in undeclared)
    labels = every.with_columns(kind=pl.lit("truth_declared"), id=pl.col("id") + "-truth")
    scores = example.scores()
    assert same(detector.detect(bare.lazy(), example.window), scores)
    assert same(detector.detect(pl.concat([every, labels]).lazy(), example.window), scores)


def survives_pickling(example: Example) -> None:
    """Check that it travels to other processes with its parameters."""
    assert pickle.loads(pickle.dumps(example.detector)) == example.detector  # noqa: S301  our own


def has_json_parameters(example: Example) -> None:
    """Check that parameters are JSON, tell detectors apart, and are all documented."""
    parameters = example.detector.parameters()
    written = json.dumps(parameters)
    assert json.dumps(json.loads(written)) == written
    assert parameters != replace(example.detector, window=example.detector.window * 2).parameters()
    documented = _section(type(example.detector), "Parameters")
    missing = [name for name in parameters if not re.search(rf"\b{name}\b", documented)]
    assert set(missing) <= {"seed", "window"}, f"undocumented parameters: {missing}"


def has_a_complete_docstring(example: Example) -> None:
    """Check for the formula, what fires, what cannot, the sources and an example."""
    kind = type(example.detector)
    text = inspect.getdoc(kind) or ""
    assert ".. math::" in text, "needs the formula"
    assert "fires" in text, "needs what makes it fire"
    assert "cannot" in text, "needs what cannot make it fire"
    assert _section(kind, "Parameters")
    assert _section(kind, "Notes")
    assert _section(kind, "References")
    assert ">>>" in _section(kind, "Examples")


def gives_scores_that_hold_together(example: Example) -> None:
    """Check that subjects come once each, numbers are finite, nulls sorted and short."""
    scores = example.scores()
    assert len({score.subject for score in scores}) == len(scores)
    for score in scores:
        assert ":" in score.subject, score.subject
        assert score.claim.endswith("."), score.claim
        assert math.isfinite(score.statistic), score
        assert math.isfinite(score.effect), score
        assert all(math.isfinite(value) for value in score.measures.values()), score.measures
        assert list(score.null_sample) == sorted(score.null_sample)
        assert len(score.null_sample) <= 200  # noqa: PLR2004  as Score documents
        assert all(p is None or 0 <= p <= 1 for p in (score.p_value, score.q_value))
        assert score.verdict != "undetermined" or score.reasons, "say why it is undetermined"


def cites_evidence_that_exists(example: Example, run: Run) -> None:
    """Check that the evidence of a finding are events of the log, and at least one."""
    ids = set(example.events["id"].to_list())
    for score in example.scores():
        found = run(score.evidence, example.events)["id"].to_list()
        assert set(found) <= ids
        assert found or score.verdict != "finding", f"{score.subject} has no evidence"


def recomputes_its_statistic_by_sql(example: Example, run: Run) -> None:
    """Check that the recompute query gives the statistic, parametrised and written out."""
    for score in example.scores():
        for query in (score.recompute, Query(score.recompute.literal())):
            table = run(query, example.events)
            assert table.shape == (1, 1), query.text
            value = table.item()
            assert math.isclose(value, score.statistic, rel_tol=1e-9, abs_tol=1e-12), (
                f"{score.subject}: {value} is not {score.statistic}"
            )


def says_the_same_of_whom_it_doubts(example: Example, run: Run) -> None:
    """Check that all it says of a window, it says by the events of those it doubts."""
    detector, window = example.detector, example.window
    screen, where = detector.screen(), _inside(window)
    if screen is None:
        return
    asked, plain, apart = (
        run(query, example.events)
        for query in (screen.asked(where), screen.plain(), screen.apart(where))
    )
    doubted = pl.concat([screen.doubting(plain)(asked), apart], how="diagonal")
    events = example.frame()
    named = digest(events["agent"]).is_in(doubted["agent_digest"].implode())
    handed = pl.col("kind").is_in(detector.hands_on)
    related = _related(example, run, doubted)
    beside = events.filter(~handed).select("kind", "at", *detector.beside)
    thinned = pl.concat([events.filter(~handed & named), related], how="diagonal")
    whole = pl.concat([thinned, beside], how="diagonal")
    assert same(detector.detect(whole.lazy(), window), example.scores())
    assert bool(detector.detect(thinned.lazy(), window)) == bool(example.scores())


def says_the_same_by_what_is_related(example: Example, run: Run) -> None:
    """Check that of what is handed on, only what is related to a window matters to it."""
    detector = example.detector
    own = example.frame().filter(~pl.col("kind").is_in(detector.hands_on))
    thinned = pl.concat([own, _related(example, run, None)])
    assert same(detector.detect(thinned.lazy(), example.window), example.scores())


def _inside(window: Window) -> Query:
    return Query('"at" >= $start AND "at" < $end', {"start": window.start, "end": window.end})


def _related(example: Example, run: Run, doubted: pl.DataFrame | None) -> pl.DataFrame:
    """Return the events handed on that are related to the window."""
    detector, events = example.detector, example.frame()
    where = detector.related(_inside(example.window), doubted)
    query = Query(f"SELECT id FROM events WHERE {where.text}", where.parameters)  # noqa: S608  a detector wrote it
    ids = run(query, example.events)["id"]
    return events.filter(pl.col("kind").is_in(detector.hands_on), pl.col("id").is_in(ids.implode()))


CHECKS: tuple[Callable[[Example], None], ...] = (
    fires_and_stays_silent,
    leaves_its_input_alone,
    answers_the_same_twice_and_in_any_order,
    says_nothing_of_nothing,
    tallies_have_their_declared_shape,
    merges_random_splits_to_the_whole,
    judges_a_window_the_same_as_the_log_grows,
    hands_on_what_it_declares,
    counts_no_event_without_what_it_needs,
    reads_only_what_it_declares,
    survives_pickling,
    has_json_parameters,
    has_a_complete_docstring,
    gives_scores_that_hold_together,
)

PROOFS: tuple[Callable[[Example, Run], None], ...] = (
    cites_evidence_that_exists,
    recomputes_its_statistic_by_sql,
    says_the_same_of_whom_it_doubts,
    says_the_same_by_what_is_related,
)


def same(some: Sequence[Score], others: Sequence[Score]) -> bool:
    """Whether two judgements say the same; sums of floats may differ in their last digits."""
    return _rounded(some) == _rounded(others)


def _rounded(scores: Sequence[Score]) -> list[str]:
    return sorted(re.sub(r"\d+\.\d+(e-?\d+)?", _short, repr(score)) for score in scores)


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.9g}"


def _has_shape(detector: Detector, tallies: Tallies) -> None:
    assert tallies.keys() == detector.tables.keys()
    for name, frame in tallies.items():
        assert dict(frame.schema) == dict(detector.tables[name].empty().schema), name


def _section(kind: type, title: str) -> str:
    """Return a numpydoc section of a class's docstring."""
    text = inspect.getdoc(kind) or ""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\w[^\n]*\n-+\n|\Z)", text, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""
