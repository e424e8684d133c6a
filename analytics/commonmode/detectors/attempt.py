"""Attempts: actions that were tried and took no effect."""

from __future__ import annotations

import polars as pl

ATTEMPT = pl.col("attempted").fill_null(value=False) | pl.col("outcome").is_in(
    ["denied", "error"]
).fill_null(value=False)
"""It was tried and took no effect: the producer says so, or it was denied or failed."""
