"""Kim et al. (2025), Correlated Errors in Large Language Models: our numbers beside theirs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from commonmode.statistics.capa import capa

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def pairs(real_data: Path) -> pl.DataFrame:
    """Every pair of models: how often they agree when both err, their accuracies, one company."""
    folder = real_data / "correlated_errors"
    # One accuracy of the published table is written with a suffix: 0.8000284859706595F.
    accuracy = pl.read_csv(folder / "model_accuracy.csv").select(
        "model", accuracy=pl.col("model_accuracy").str.strip_chars("F").cast(pl.Float64)
    )
    makers = pl.read_csv(folder / "model_overview.csv").select("company", model="model string")
    models = accuracy.join(makers, on="model")
    table = pl.read_csv(folder / "model_correlations.csv.gz")
    for end in ("1", "2"):
        theirs = models.rename({name: name + end for name in models.columns})
        table = table.join(theirs, on="model" + end, maintain_order="left")
    return table.with_columns(same=pl.col("company1") == pl.col("company2"))


def agreement(pairs: pl.DataFrame) -> np.ndarray:
    return pairs["agreement_rate_when_both_wrong"].to_numpy()


def test_models_agree_about_six_times_in_ten_when_both_err(pairs: pl.DataFrame) -> None:
    rate = agreement(pairs)
    assert pairs.height == 2485
    assert rate.mean() == pytest.approx(0.6034, abs=5e-5)
    assert np.median(rate) == pytest.approx(0.624, abs=5e-4)
    assert (rate.min(), rate.max()) == pytest.approx((0.091, 0.998), abs=5e-4)


def test_models_of_one_company_agree_more(pairs: pl.DataFrame) -> None:
    same = pairs["same"].to_numpy()
    assert same.sum() == 228
    assert agreement(pairs)[same].mean() == pytest.approx(0.636, abs=5e-4)
    assert agreement(pairs)[~same].mean() == pytest.approx(0.600, abs=5e-4)


def test_the_published_regression_comes_out_again(pairs: pl.DataFrame) -> None:
    first, second = (standard(pairs[f"accuracy{end}"].to_numpy()) for end in ("1", "2"))
    design = np.column_stack(
        [np.ones(pairs.height), pairs["same"].to_numpy(), first, second, first * second]
    )
    rate = agreement(pairs)
    weights = np.linalg.lstsq(design, rate)[0]
    assert weights[:2] == pytest.approx([0.6018, 0.0216], abs=5e-5)
    assert 1 - (rate - design @ weights).var() / rate.var() == pytest.approx(0.613, abs=5e-4)


def test_agreement_beyond_accuracy_is_what_was_computed_before(pairs: pl.DataFrame) -> None:
    columns = ("overall_agreement_rate", "accuracy1", "accuracy2")
    kappa = np.array([capa(c, (a, b), 4) for c, a, b in pairs.select(columns).iter_rows()])
    assert kappa.mean() == pytest.approx(0.334, abs=5e-4)
    assert kappa[pairs["same"].to_numpy()].mean() == pytest.approx(0.375, abs=5e-4)


def standard(values: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = (values - values.mean()) / values.std()
    return scaled
