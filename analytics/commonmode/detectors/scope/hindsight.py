"""What was known then: actions judged by what had been written down when they were done."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from commonmode.detectors.scope.coverage import SITUATION
from commonmode.detectors.scope.grants import Act, Grant
from commonmode.detectors.scope.ledger import Ledger, Review
from commonmode.detectors.scope.terms import read_labels, read_terms


def as_known_then(
    actions: pl.DataFrame,
    grants: pl.DataFrame,
    revocations: pl.DataFrame,
    reviews: pl.DataFrame,
    until: datetime,
) -> pl.Series:
    """Return the answer to each action by what was written down by its time.

    One by one and by the rules themselves: these are few, as most actions rest on grants that
    were known before them.
    """
    ledger = _ledger(grants, revocations, reviews)
    rows = actions.select(*SITUATION, "at").iter_rows()
    acts = [
        Act(agent, grant, action, resource, at, read_labels(labels))
        for agent, grant, action, resource, labels, at in rows
    ]
    said = [ledger.answer(act, until, by=act.at) for act in acts]
    return pl.Series("then", said, dtype=pl.String)


def _ledger(grants: pl.DataFrame, revocations: pl.DataFrame, reviews: pl.DataFrame) -> Ledger:
    ledger = Ledger()
    for grant in grants_of(grants):
        ledger.add(grant)
    for name, at, known in revocations.select("grant", "at", "known").iter_rows():
        ledger.revoke(name, at, known)
    for name, *review in reviews.select("grant", "approved", "at", "known").iter_rows():
        ledger.review(name, Review(*review))
    return ledger


def grants_of(rows: pl.DataFrame) -> list[Grant]:
    """Read grants back from their columns."""
    fields = [name for name in Grant._fields if name in rows.columns]
    return [
        Grant(**row, **read_terms(text)._asdict())
        for text, row in zip(rows["terms"], rows.select(fields).iter_rows(named=True), strict=True)
    ]
