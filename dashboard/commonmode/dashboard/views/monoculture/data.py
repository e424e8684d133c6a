"""What the monoculture view reads: how often agents of two families choose alike."""

from __future__ import annotations

import polars as pl

from commonmode.dashboard.period import Period
from commonmode.dashboard.source import read

_CELLS = """
WITH votes AS (
    SELECT context, family, agent, arg_min(coalesce(choice, action), ("at", id)) AS vote
    FROM action_taken
    WHERE "at" >= $start AND "at" < $end AND context IS NOT NULL AND family IS NOT NULL
      AND coalesce(choice, action) IS NOT NULL
    GROUP BY context, family, agent
), cells AS (
    SELECT context, family, vote, count(*) AS n FROM votes GROUP BY context, family, vote
), sizes AS (
    SELECT context, family, sum(n) AS n FROM cells GROUP BY context, family
)
"""

AGREEMENT = (
    _CELLS  # noqa: S608  two constants
    + """
, alike AS (
    SELECT a.family AS one, b.family AS other,
           sum(a.n * b.n - if(a.family = b.family, a.n, 0)) AS alike
    FROM cells a JOIN cells b USING (context, vote) GROUP BY ALL
), pairs AS (
    SELECT a.family AS one, b.family AS other, count(*) AS contexts,
           sum(a.n * b.n - if(a.family = b.family, a.n, 0)) AS pairs
    FROM sizes a JOIN sizes b USING (context) GROUP BY ALL
)
SELECT one, other, contexts, pairs, coalesce(alike, 0) / pairs AS agreement
FROM pairs LEFT JOIN alike USING (one, other)
WHERE pairs > 0 ORDER BY one, other
"""
)

CONTEXTS = (
    _CELLS  # noqa: S608  two constants
    + """
, wholes AS (
    SELECT context, sum(n) AS agents, count(*) AS families FROM sizes GROUP BY context
), within AS (
    SELECT context, cells.family, sum(cells.n * (cells.n - 1)) AS alike,
           any_value(sizes.n * (sizes.n - 1)) AS pairs
    FROM cells JOIN sizes USING (context, family) GROUP BY context, cells.family
), inside AS (
    SELECT context, sum(alike) AS alike, sum(pairs) AS pairs FROM within GROUP BY context
), overall AS (
    SELECT context, sum(n * (n - 1)) AS alike
    FROM (SELECT context, vote, sum(n) AS n FROM cells GROUP BY context, vote) GROUP BY context
)
SELECT context, agents, families,
       inside.alike / nullif(inside.pairs, 0) AS within,
       (overall.alike - inside.alike) / nullif(agents * (agents - 1) - inside.pairs, 0) AS between
FROM wholes JOIN inside USING (context) JOIN overall USING (context)
WHERE inside.pairs > 0 AND agents * (agents - 1) > inside.pairs
ORDER BY agents DESC, context LIMIT 400
"""
)

FINDINGS = """
SELECT finding_id, subject, status, claim, effect, statistic, p_value, q_value, n, measures,
       null_sample, window_start, window_end
FROM findings
WHERE detector = 'monoculture' AND status <> 'withdrawn'
  AND window_end > $start AND window_start < $end
ORDER BY effect DESC LIMIT 500
"""


def agreement(period: Period) -> pl.DataFrame:
    """Return how often agents of two families choose alike in the same context."""
    return read(AGREEMENT, start=period.start, end=period.end)


def contexts(period: Period) -> pl.DataFrame:
    """Return the largest contexts, with agreement within families and between."""
    return read(CONTEXTS, start=period.start, end=period.end)


def findings(period: Period) -> pl.DataFrame:
    """Return the standing findings of monoculture."""
    return read(FINDINGS, start=period.start, end=period.end)


def excess(agreement: pl.DataFrame) -> pl.DataFrame:
    r"""Sum up each family: agreement within, with others, and the excess.

    Formula: κ = (within - between) / (1 - between), over all pairs of agents that met in a
    context. It is a description: it corrects for no operator and tests nothing.

    Parameters
    ----------
    agreement : polars.DataFrame
        As `agreement` returns it.

    Returns
    -------
    polars.DataFrame
        ``family, within, between, kappa, pairs``, the largest excess first.
    """
    within = agreement.filter(pl.col("one") == pl.col("other")).select(
        family="one", within="agreement", pairs="pairs"
    )
    between = (
        agreement.filter(pl.col("one") != pl.col("other"))
        .group_by(pl.col("one").alias("family"))
        .agg(between=(pl.col("agreement") * pl.col("pairs")).sum() / pl.col("pairs").sum())
    )
    return (
        within.join(between, on="family", how="left")
        .with_columns(
            kappa=(pl.col("within") - pl.col("between")) / (1 - pl.col("between")),
        )
        .select("family", "within", "between", "kappa", "pairs")
        .sort("kappa", descending=True, nulls_last=True)
    )
