"""Steps that have stopped to shrink are rounding, not a failure."""

from __future__ import annotations

import numpy as np
import pandas as pd

import glmkit as gk


def test_nearly_collinear_columns_of_many_rows_converge_to_rounding():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 20_000))
    data = pd.DataFrame({"a": a, "b": a + 1e-6 * b, "y": rng.poisson(np.exp(0.3 * a - 0.2 * b))})
    fit = gk.glm("y ~ a + b", data, "poisson")
    assert fit.converged
    # The same model in columns far from collinear: a + b stands for itself.
    plain = gk.glm("y ~ a + b", data.assign(b=(data["b"] - data["a"]) * 1e6), "poisson")
    np.testing.assert_allclose(fit.coef["b"], plain.coef["b"] * 1e6, rtol=1e-7)  # 200 eps condition is 1e-7
    np.testing.assert_allclose(fit.deviance, plain.deviance, rtol=1e-10)
