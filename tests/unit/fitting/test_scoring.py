"""Where the iterations end, and where they must not."""

from __future__ import annotations

import pandas as pd
import pytest

import glmkit as gk


def test_steps_that_grow_again_are_no_end():
    # One row weighs 1e20 times the others until its mean reaches 1: then their likelihood is left to climb.
    data = pd.DataFrame(
        {
            "x": [0.0, 3, -1e12, 4, -3, 3, 249, 0, 0, 249, 3, 3],
            "y": [1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 0],
        }
    )
    with pytest.warns(gk.ConvergenceWarning, match="did not converge"):
        fit = gk.glm("y ~ I(x**2)", data, "binomial")
    assert fit.deviance < 12.5  # 14.42 where the steps were smallest


def test_a_saved_fit_that_did_not_converge_has_its_rows_back():
    data = pd.DataFrame({"y": [1.0, 4, 2, 7, 3, 9], "x": [0.2, 1.4, 0.7, 2.5, 1.1, 2.9]})
    with pytest.warns(gk.ConvergenceWarning):
        fit = gk.glm("y ~ x", data, "poisson", control=gk.Control(max_iter=1))
    loaded = gk.from_json(fit.to_json(include_data=True))
    assert loaded.deviance == fit.deviance
