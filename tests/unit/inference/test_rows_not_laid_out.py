"""What is asked of a fit to many rows is made of its columns as they are held: no n x p matrix is laid out for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import glmkit as gk
from glmkit.design.columns import ColumnDesign
from glmkit.design.structured import StructuredDesign
from glmkit.inference.covariance import serial

N, P = 40_000, 40
RNG = np.random.default_rng(33)
DATA = pd.DataFrame(RNG.normal(size=(N, P)), columns=[f"x{j}" for j in range(P)]).assign(
    g=pd.Categorical(RNG.integers(40, size=N)), y=RNG.poisson(1.0, N)
)
NUMERIC = "y ~ " + " + ".join(f"x{j}" for j in range(P))
MODELS = {ColumnDesign: NUMERIC, StructuredDesign: NUMERIC + " + g"}
ASKED = {
    "summary": lambda fit: str(fit.summary()),
    "robust covariance": lambda fit: str(fit.with_vcov("HC1").summary()),
    "clustered covariance": lambda fit: fit.with_vcov("cluster", cluster="g").std_error,
    "serial covariance": lambda fit: fit.with_vcov("HAC").std_error,
    "influence": lambda fit: fit.influence(),
    "drop1": lambda fit: fit.drop1(["x0", "x1"]),
}


@pytest.fixture(scope="module", params=MODELS, ids=lambda design: design.__name__)
def fit(request):
    found = gk.glm(MODELS[request.param], DATA, "poisson")
    assert isinstance(found.fit.independence.design, request.param)
    return found


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED.keys())
def test_no_matrix_of_all_rows_and_columns_is_laid_out(fit, asked, monkeypatch):
    laid_out = []
    monkeypatch.setattr(serial, "BLOCK_NUMBERS", 1 << 18)
    for design in MODELS:
        dense = design.dense
        monkeypatch.setattr(
            design, "dense", lambda self, dense=dense: laid_out.append(self.shape) or dense(self)
        )
    asked(fit)
    assert all(n < N or p < P for n, p in laid_out)


def test_a_serial_covariance_by_blocks_of_rows_is_that_of_all_at_once(monkeypatch):
    fit = gk.glm("y ~ x0 + x1 + g", DATA.head(500), "poisson")
    for lags in (0, 3, 70, 499):
        whole = fit.with_vcov("HAC", lags=lags).vcov()
        monkeypatch.setattr(serial, "BLOCK_NUMBERS", 600)
        blocks = fit.with_vcov("HAC", lags=lags).vcov()
        monkeypatch.undo()
        assert_allclose(blocks, whole, rtol=1e-10, atol=1e-14)
