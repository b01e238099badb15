"""Fits by the compiled pass are those of NumPy in all that is printed, warned of and asked for afterwards."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

RNG = np.random.default_rng(61)
N = 6_000
X = pd.DataFrame(RNG.normal(size=(N, 4)), columns=list("abcd"))
ETA = -0.2 + X.to_numpy() @ np.array([0.3, -0.2, 0.15, 0.05])
DATA = X.assign(
    far=1e6 + X["a"] + RNG.normal(size=N),
    g=pd.Categorical(RNG.integers(7, size=N)),
    h=pd.Categorical(RNG.integers(12, size=N)),
    k=pd.Categorical(RNG.integers(40, size=N)),
    count=RNG.poisson(np.exp(ETA)),
    yes=(RNG.uniform(size=N) < 1 / (1 + np.exp(-ETA))).astype(float),
    share=RNG.binomial(5, 1 / (1 + np.exp(-ETA))) / 5.0,
    cost=RNG.gamma(2.0, np.exp(ETA)),
    w=RNG.integers(0, 4, size=N).astype(float),
    five=5.0,
    t=RNG.uniform(0.5, 2.0, size=N),
)
FAMILIES = {
    "poisson": ("count", "poisson", {}),
    "poisson with exposure and weights": ("count", "poisson", {"exposure": "t", "weights": "w"}),
    "quasipoisson": ("count", "quasipoisson", {}),
    "logistic": ("yes", "binomial", {}),
    "binomial of five": ("share", "binomial", {"weights": "five"}),
    "gamma": ("cost", "Gamma(log)", {}),
    "negative binomial": ("count", gk.NegativeBinomial(2.0), {}),
    "probit": ("yes", "binomial(probit)", {}),
    "gaussian": ("cost", "gaussian", {}),
}
TERMS = ["a + b + c + d", "a + far", "g + h + k", "a * g + k", "a:b + g:h", "poly(a, 3) + b:k"]


def both(formula, family, extra, request):
    plain = gk.glm(formula, DATA, family, **extra)
    request.getfixturevalue("compiled")
    return plain, gk.glm(formula, DATA, family, **extra)


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize(("response", "family", "extra"), FAMILIES.values(), ids=FAMILIES)
def test_a_fit_is_the_same(response, family, extra, terms, request):
    plain, fit = both(f"{response} ~ {terms}", family, extra, request)
    assert fit.converged
    assert np.nanmax(np.abs((fit.coef - plain.coef) / plain.std_error)) < 1e-9  # in standard errors
    np.testing.assert_allclose(fit.std_error, plain.std_error, rtol=1e-9)
    for name in ("deviance", "null_deviance", "pearson_chi2", "loglik", "aic", "dispersion"):
        np.testing.assert_allclose(getattr(fit, name), getattr(plain, name), rtol=1e-11, err_msg=name)
    np.testing.assert_allclose(fit.fitted, plain.fitted, rtol=1e-9)
    np.testing.assert_allclose(fit.residuals("deviance"), plain.residuals("deviance"), atol=1e-8)
    np.testing.assert_allclose(fit.predict(DATA.head(50)), plain.fitted[:50], rtol=1e-9)
    assert fit.notes == plain.notes


def separated():
    return DATA.assign(yes=(DATA["a"] > 0.1) * 1.0, none=np.where(DATA["g"] == 3, 0, DATA["count"]))


@pytest.mark.parametrize(
    ("formula", "family"),
    [("yes ~ a + b", "binomial"), ("none ~ g + b", "poisson"), ("none ~ g + h", "poisson")],
)
def test_separation_is_seen(formula, family, request):
    with pytest.warns(gk.SeparationWarning):
        plain = gk.glm(formula, separated(), family)
    request.getfixturevalue("compiled")
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm(formula, separated(), family)
    np.testing.assert_array_equal(np.isinf(fit.coef), np.isinf(plain.coef))
    finite = np.isfinite(plain.coef)
    np.testing.assert_allclose(fit.coef[finite], plain.coef[finite], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(fit.deviance, plain.deviance, rtol=1e-9, atol=1e-9)


def test_a_dependent_column_is_dropped(request):
    request.getfixturevalue("compiled")
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("count ~ a + b + I(a + b)", DATA, "poisson")
    assert np.isnan(fit.coef["I(a + b)"])


def test_a_fit_is_taken_to_another_process(compiled):
    fit = gk.glm("count ~ a + g + h", DATA, "poisson")
    twin = pickle.loads(pickle.dumps(fit))
    np.testing.assert_array_equal(twin.coef, fit.coef)
    np.testing.assert_array_equal(twin.fitted, fit.fitted)


def test_data_written_into_later_do_not_reach_the_fit(compiled):
    data = DATA.copy()
    fit = gk.glm("count ~ a + g", data, "poisson")
    expected = gk.glm("count ~ a + g", DATA, "poisson").fitted.to_numpy().copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data["a"] = 0.0
        data.loc[:, "b"] = 1.0
    np.testing.assert_array_equal(fit.fitted, expected)  # made only now


def test_arrays_are_fitted_too(request):
    X = np.column_stack([np.ones(N), DATA[list("abcd")]])
    plain = gk.glm_fit(X, DATA["count"], "poisson")
    request.getfixturevalue("compiled")
    fit = gk.glm_fit(X, DATA["count"], "poisson")
    np.testing.assert_allclose(fit.coef, plain.coef, rtol=1e-9)
