"""Who makes a family's agreement: each agent's own excess over what other families show."""

from __future__ import annotations

import polars as pl

_MATES = ("situation", "family")
_CLEAR = 2.0


def influential(votes: pl.DataFrame, at_most: int) -> dict[int, list[int]]:
    """Return the agents of each family that agree with their own beyond others, strongest first.

    .. math:: I_i = mean_x [share of own family that chose as i - share of others that did]

    over pairs of different operators, and only agents for whom I exceeds twice its standard
    error over their situations. It orders names inside a family that was found; it is no test of
    an agent. A family that none makes agree is left out.

    Parameters
    ----------
    votes : polars.DataFrame
        As in `Electorate.votes`.
    at_most : int
        How many to name of each family.
    """
    gains = (
        votes.with_columns(
            mates=_others(_MATES),
            alike=_others((*_MATES, "choice")),
            everyone=_others(("situation",)),
            everyone_alike=_others(("situation", "choice")),
        )
        .with_columns(
            strangers=pl.col("everyone") - pl.col("mates"),
            strangers_alike=pl.col("everyone_alike") - pl.col("alike"),
        )
        .filter((pl.col("mates") > 0) & (pl.col("strangers") > 0))
        .with_columns(
            gain=pl.col("alike") / pl.col("mates") - pl.col("strangers_alike") / pl.col("strangers")
        )
    )
    strongest = (
        gains.group_by("family", "agent")
        .agg(mean=pl.col("gain").mean(), error=pl.col("gain").std() / pl.len().sqrt())
        .filter(pl.col("mean") > _CLEAR * pl.col("error"))
        .sort("mean", "agent", descending=[True, False])
        .group_by("family", maintain_order=True)
        .agg(pl.col("agent").head(at_most))
    )
    return dict(strongest.iter_rows())


def _others(keys: tuple[str, ...]) -> pl.Expr:
    # Counts are unsigned in Polars; differences of them must not wrap.
    everyone = pl.len().over(*keys).cast(pl.Int64)
    return everyone - pl.len().over(*keys, "operator").cast(pl.Int64)
