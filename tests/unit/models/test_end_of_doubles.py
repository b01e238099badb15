"""Numbers at the end of doubles come through as answers or as errors of ours, never as NumPy's."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.design.dense import DenseDesign
from glmkit.fitting.components import Component, stacked_gram

X = [-2.5, 1.5, 7.4, -1.7, -1.5, 0.4, 4.1, 8.0]


def test_a_beta_fit_stands_a_response_next_to_zero():
    data = pd.DataFrame(
        {"x": [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0], "y": [0.2, 0.3, 0.6, 0.5, 0.9, 5e-324, 0.7, 0.1]}
    )
    with pytest.warns(gk.ConvergenceWarning):
        fit = gk.glm("y ~ x", data, gk.Beta())
    assert np.all(np.isfinite(fit.coef))
    assert np.all(np.isfinite(fit.std_error))


def test_a_product_of_columns_out_of_range_is_refused_by_name():
    data = pd.DataFrame({"x": X, "z": [1e300, 2.0, 1e200, 0.5, 4.0, 1e-300, 1.0, 3.0], "y": X})
    with pytest.raises(gk.DesignError, match="x:z"):
        gk.glm("y ~ x:z + I(x * z):z", data, "gaussian")


def test_a_score_interval_of_a_separated_fit_ends_with_an_error_of_ours():
    data = pd.DataFrame(
        {
            "x": [-2.4, -0.4, 7.2, 1.9, 8.2, 7.6, -2.6],
            "z": [-9.999999747378752e-06, 576.9876098632812, 6.0, 0.0, 4.0, 736.977294921875, -2.0],
            "g": list("bdcadab"),
            "y": [0, 1, 0, 0, 0, 1, 1],
        }
    )
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ ifelse(x > 0, x, z) + x + z + g", data, "binomial(1/mu^2)")
    with pytest.raises(gk.FitError, match="score"):
        fit.confint("score")


def test_a_perfect_tweedie_fit_simulates_its_means():
    data = pd.DataFrame({"x": X, "y": [1.0] * 8})
    fit = gk.glm("y ~ x", data, gk.Tweedie(1.5))
    np.testing.assert_allclose(fit.simulate(1, seed=1), 1.0, rtol=1e-12)  # the fit's own rounding


def test_a_link_test_of_predictors_whose_squares_overflow_is_refused_by_name():
    data = pd.DataFrame({"y": 1e-158 / np.array([1.1, 2.2, 2.9, 4.2, 4.8, 6.3]), "x": np.arange(1.0, 7.0)})
    with pytest.warns(gk.ConvergenceWarning, match="Not to be had in double precision"):
        fit = gk.glm("y ~ x", data, gk.Gamma("inverse"))
    with pytest.raises(gk.FitError, match="squares of the linear predictor"):
        fit.link_test()


def test_a_negative_binomial_fit_whose_variance_overflows_warns_in_our_words_only():
    data = pd.DataFrame({"y": [1e200, 3e200, 2e200, 5e200, 1e200, 4e200], "x": [1.0, 2, 3, 4, 5, 6]})
    with warnings.catch_warnings():  # those of NumPy stay errors
        warnings.simplefilter("ignore", gk.GlmkitWarning)
        fit = gk.glm("y ~ x", data, gk.NegativeBinomial(2.0))
    small = gk.glm("y ~ x", data.assign(y=data["y"] / 1e200), gk.NegativeBinomial(2.0))
    assert fit.coef["Intercept"] - small.coef["Intercept"] == pytest.approx(200 * np.log(10), abs=1.0)


def test_weights_whose_product_overflows_are_refused():
    data = pd.DataFrame({"y": list("abcabcabc"), "x": np.arange(9.0)})
    with pytest.raises(gk.GlmkitError):
        gk.glm("y ~ x", data, gk.Multinomial(), weights=np.full(9, 1e200), freq_weights=np.full(9, 10**200))


def test_levels_that_are_numbers_beyond_integers_keep_their_values():
    y = [1e300, 0.0, 7.0] * 6
    data = pd.DataFrame({"y": y, "x": np.sin(np.arange(18.0))})
    assert gk.glm("y ~ x", data, gk.Multinomial()).frame.response.levels == (0.0, 7.0, 1e300)


def test_a_model_of_several_predictors_without_columns_has_an_empty_information():
    data = pd.DataFrame({"y": [0.2, 0.6, 0.4, 0.7]})
    component = Component(DenseDesign(np.empty((4, 0))), np.array([1.0, 0.0]))
    assert stacked_gram((component,), np.tile(np.eye(2), (len(data), 1, 1))).shape == (0, 0)
