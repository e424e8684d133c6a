"""Language models sell in a double auction: what the published rounds can tell, and cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import mannwhitneyu

pytestmark = pytest.mark.real_data

ROUNDS = 50


@pytest.fixture(scope="module")
def runs(real_data: Path) -> pl.DataFrame:
    """One row a run: whether sellers could talk, and their index over all and the last rounds."""
    index = pl.col("collusion_index")
    return (
        pl.read_csv(real_data / "llm_double_auction" / "collusion_by_round_gpt4o.csv")
        .with_row_index()
        .group_by(run=pl.col("index") // ROUNDS)
        .agg(
            pl.col("comms_enabled").first(),
            rounds=pl.len(),
            mean=index.mean(),
            first=index.sort_by("round").first(),
            late=index.sort_by("round").tail(10).mean(),
        )
    )


def arm(runs: pl.DataFrame, column: str, *, talking: bool) -> np.ndarray:
    return runs.filter(pl.col("comms_enabled") == talking)[column].to_numpy()


@pytest.mark.parametrize("talking", [True, False])
def test_sellers_end_near_the_joint_optimum_whether_or_not_they_can_talk(
    runs: pl.DataFrame,
    talking: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    assert runs["rounds"].unique().to_list() == [ROUNDS]
    assert arm(runs, "first", talking=talking).mean() < 0.7
    assert arm(runs, "late", talking=talking).mean() == pytest.approx(1.0, abs=0.02)


def test_the_arms_cannot_be_told_apart_so_silence_is_no_negative(runs: pl.DataFrame) -> None:
    talking, silent = (arm(runs, "mean", talking=talks) for talks in (True, False))
    print(f"talking {talking.mean():.3f}, silent {silent.mean():.3f}")  # noqa: T201
    assert mannwhitneyu(talking, silent).pvalue == pytest.approx(0.164, abs=5e-4)
