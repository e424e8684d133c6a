"""What stands: plain permissions, resolved once, that settle most actions of any window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from commonmode.detectors.base import Detector, Sitting, Window
from commonmode.detectors.coding import coded, plain
from commonmode.detectors.scope import escalation
from commonmode.detectors.scope.chains import EVER, Known, resolve
from commonmode.detectors.scope.coverage import SITUATION
from commonmode.detectors.scope.grants import clean
from commonmode.detectors.scope.terms import Book, each, read_labels
from commonmode.detectors.score import Score
from commonmode.detectors.tally import Tallies

MOST_EACH = 8
"""Permissions of one agent or grant that are looked at; where there are more, all is judged."""

PER_GRANT = 4
"""Grants that are resolved in the time in which one action is judged in full: resolving all of
them pays once there are as many actions."""


class ScopeSitting(Sitting):
    """Judges in full only agents with an action that no plain permission settles.

    Parameters
    ----------
    detector : Detector
        Whose tallies they are.
    judge : callable
        Judges actions of a window by what is known of them, given all resources acted on in it.
    everywhere : dict of str to polars.DataFrame
        What any window hands on.
    """

    def __init__(
        self,
        detector: Detector,
        judge: Callable[[pl.DataFrame, Known, Window, pl.Series], list[Score]],
        everywhere: Tallies,
    ) -> None:
        super().__init__(detector)
        self._judge = judge
        self._known = Known._make(map(coded, Known.of_tallies(everywhere)))
        self._standing: Standing | None = None
        self._asked = 0

    def scores(self, own: Sequence[Tallies], handed_on: Tallies, window: Window) -> Sequence[Score]:
        """See `Sitting.scores`."""
        parts = [coded(part["actions"]) for part in own if "actions" in part]
        self._asked += sum(map(len, parts))
        if PER_GRANT * self._asked < len(self._known.grants):
            return super().scores(own, handed_on, window)
        edges = escalation.edges(self._known.before(window).grants, window)
        return [
            *self._agents(parts, own, handed_on, window),
            *escalation.scores(edges, window),
        ]

    def _agents(
        self, parts: list[pl.DataFrame], own: Sequence[Tallies], handed_on: Tallies, window: Window
    ) -> list[Score]:
        self._standing = self._standing or Standing(self._known)
        doubtful = [self._standing.doubtful(part).select("agent") for part in parts]
        agents = pl.concat([pl.DataFrame(schema={"agent": pl.Categorical}), *doubtful]).unique()
        if agents.is_empty():
            return []
        heard = [{"actions": part.join(agents, on="agent", how="semi")} for part in parts]
        rest = [{name: rows for name, rows in part.items() if name != "actions"} for part in own]
        resources = pl.concat([part.select("resource").unique() for part in parts]).unique()
        tallies = self.merged([*rest, *heard], {**handed_on, "grants": self._grants(heard)})
        known = Known.of_tallies(tallies).before(window)
        named = resources["resource"].cast(pl.String)
        return self._judge(tallies["actions"], known, window, named)

    def _grants(self, heard: Sequence[Tallies]) -> pl.DataFrame:
        """Return the grants that matter to some actions; numbers are sought, and not texts."""
        return plain(self._known.of(pl.concat([part["actions"] for part in heard])).grants)


class Standing:
    """Permissions that need no second look: of grants that were seen and are no exceptions.

    An action that one of them covers, and that was written down by then, is permitted whatever
    else is known, now and then: a grant that comes late, a review or another grant's end change
    nothing about it. So these are told apart row by row, in any part of a tally.

    Parameters
    ----------
    known : Known
        All grants and revocations, of any time, texts coded.
    """

    def __init__(self, known: Known) -> None:
        grants, revocations, reviews = known
        scopes, self._book = resolve(
            grants.filter(~pl.col("glass")), revocations, reviews.clear(), EVER
        )
        limits = _limits(self._book)
        self._actions = _named_actions(self._book)
        permissions = (
            scopes.filter("sure")
            .select("agent", "grant", "terms", "end", begin=pl.max_horizontal("start", "known"))
            .unique()
            .join(limits, on="terms")
        )
        few = pl.len() <= MOST_EACH
        self._of_agent = permissions.filter(few.over("agent")).drop("grant")
        self._of_grant = permissions.filter(few.over("grant")).rename({"agent": "holder"})

    def doubtful(self, actions: pl.DataFrame) -> pl.DataFrame:
        """Return the actions that none of the permissions settles.

        Parameters
        ----------
        actions : polars.DataFrame
            Columns of the tally of actions, texts coded.
        """
        rows = actions.select(*SITUATION, "at").with_row_index("row")
        free, bound = pl.col("grant").is_null(), pl.col("grant").is_not_null()
        own = pl.col("agent") == pl.col("holder")
        pairs = pl.concat(
            [
                _placed(rows.filter(free).join(self._of_agent, on="agent")),
                _placed(rows.filter(bound).join(self._of_grant, on="grant").filter(own)),
            ]
        )
        settled = self._clean(self._named(pairs))
        is_settled = pl.repeat(value=False, n=len(rows), eager=True)
        return actions.filter(~is_settled.scatter(settled["row"], True))  # noqa: FBT003  the value

    def _named(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Keep the actions that are named in the terms, or whose terms name none."""
        some = pairs.filter("some_actions").join(self._actions, on=("terms", "action"), how="semi")
        return pl.concat([pairs.filter(~pl.col("some_actions")), some])

    def _clean(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Keep the actions on data of permitted labels."""
        limited = each(
            pairs.filter("some_labels"),
            ("terms", "labels"),
            "clean",
            pl.Boolean,
            lambda terms, labels: clean(self._book.terms[terms].labels, read_labels(labels)),
        )
        kept = limited.filter(pl.col("clean").fill_null(value=False)).drop("clean")
        return pl.concat([pairs.filter(~pl.col("some_labels")), kept])


def _placed(pairs: pl.DataFrame) -> pl.DataFrame:
    """Keep actions in time and place.

    The rule is that of `grants.within`; a path that may climb is left to it.
    """
    timed = pairs.filter(pl.col("begin") <= pl.col("at"), pl.col("at") < pl.col("end"))
    path, place = pl.col("resource").cast(pl.String), pl.col("place")
    under = path.str.starts_with(pl.col("above")) & ~path.str.contains("..", literal=True)
    placed = timed.filter(place.is_null() | ((path == place) | under).fill_null(value=False))
    return placed.select("row", "terms", "action", "labels", "some_actions", "some_labels")


def _limits(book: Book) -> pl.DataFrame:
    """Return what terms limit, a row for each place of theirs: none where they permit nothing."""
    limited = book.places().with_columns(
        some_actions=pl.Series([t.actions is not None for t in book.terms], dtype=pl.Boolean),
        some_labels=pl.Series([t.labels is not None for t in book.terms], dtype=pl.Boolean),
    )
    somewhere = pl.col("places").is_null() | (pl.col("places").list.len() > 0)
    each_place = limited.filter(somewhere).rename({"places": "place"}).explode("place")
    return each_place.with_columns(above=pl.col("place") + "/")


def _named_actions(book: Book) -> pl.DataFrame:
    """Return each action that terms name: columns terms, action."""
    pairs = [(code, name) for code, t in enumerate(book.terms) for name in t.actions or ()]
    schema = {"terms": pl.Int64, "action": pl.String}
    return coded(pl.DataFrame(pairs, schema=schema, orient="row"))
