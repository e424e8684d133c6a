"""What grants say, each wording once and by number, so that columns compare numbers."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import polars as pl

from commonmode.detectors.scope.grants import Names, Terms, names, within

CODE = pl.Int64
"""Of the number of a wording."""


class _Wire(msgspec.Struct):
    actions: list[str] | None
    places: list[str] | None
    labels: list[str] | None


def wording() -> pl.Expr:
    """Write the lists of a `permission_granted` row as one text, the same for the same sets."""
    return pl.struct(
        actions=_listed(pl.col("actions")),
        places=_listed(pl.col("resources").list.eval(pl.element().str.strip_chars_end("/"))),
        labels=_listed(pl.col("provenance")),
    ).struct.json_encode()


def labelled() -> pl.Expr:
    """Write the labels of an action's data as one text, the same for the same set."""
    return pl.struct(labels=_listed(pl.col("provenance"))).struct.json_encode()


def _listed(column: pl.Expr) -> pl.Expr:
    return column.list.unique().list.sort()


def read_terms(text: str) -> Terms:
    """Read what `wording` wrote."""
    wire = msgspec.json.decode(text, type=_Wire)
    return Terms(names(wire.actions), names(wire.places), names(wire.labels))


def read_labels(text: str | None) -> Names:
    """Read what `labelled` wrote."""
    return None if text is None else names(msgspec.json.decode(text)["labels"])


class Book:
    """Terms by number.

    Examples
    --------
    >>> book = Book()
    >>> repo = book.code(Terms(None, frozenset({"repo/p1", "docs"}), None))
    >>> read = book.code(Terms(frozenset({"read"}), frozenset({"repo"}), None))
    >>> book.terms[book.narrow(repo, read)][:2]
    (frozenset({'read'}), frozenset({'repo/p1'}))
    """

    def __init__(self) -> None:
        self.terms: list[Terms] = []
        self._codes: dict[Terms, int] = {}
        self._narrowed: dict[tuple[int, int], int] = {}

    def code(self, terms: Terms) -> int:
        """Return the number of some terms."""
        if terms not in self._codes:
            self._codes[terms] = len(self.terms)
            self.terms.append(terms)
        return self._codes[terms]

    def narrow(self, parent: int, child: int) -> int:
        """Return what both permit; a list that the child leaves out is the parent's."""
        pair = (parent, child)
        if pair not in self._narrowed:
            one, other = self.terms[parent], self.terms[child]
            both = Terms(
                _both(one.actions, other.actions),
                _shared_places(one.places, other.places),
                _both(one.labels, other.labels),
            )
            self._narrowed[pair] = self.code(both)
        return self._narrowed[pair]

    def places(self) -> pl.DataFrame:
        """Return the path prefixes of all terms: columns terms, places."""
        listed = [None if t.places is None else sorted(t.places) for t in self.terms]
        schema: dict[str, pl.DataType | type[pl.DataType]] = {
            "terms": CODE,
            "places": pl.List(pl.String),
        }
        return pl.DataFrame({"terms": range(len(listed)), "places": listed}, schema=schema)


def _both(one: Names, other: Names) -> Names:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _shared_places(one: Names, other: Names) -> Names:
    if one is None or other is None or one == other:
        return other if one is None else one
    return frozenset(p for p in one if within(p, other)) | {p for p in other if within(p, one)}


def each(
    rows: pl.DataFrame,
    on: tuple[str, ...],
    name: str,
    dtype: type[pl.DataType],
    rule: Callable[..., object],
) -> pl.DataFrame:
    """Add a column of what a rule says of some columns, asked once per combination."""
    asked = rows.select(on).unique()
    said = [rule(*values) for values in asked.iter_rows()]
    known = asked.with_columns(pl.Series(name, said, dtype=dtype))
    return rows.join(known, on=on, how="left", nulls_equal=True)
