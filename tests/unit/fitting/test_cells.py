"""Iterating over cells instead of rows changes no printed digit."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import special

import glmkit as gk
from glmkit.design import blocks
from glmkit.fitting import glm as fitting
from glmkit.fitting.cells import by_cell
from glmkit.fitting.objective import GLMObjective

RNG = np.random.default_rng(12)
N = 4000
DATA = pd.DataFrame(
    {
        "g": pd.Categorical.from_codes(RNG.integers(0, 4, N), list("abcd")),
        "h": pd.Categorical.from_codes(RNG.integers(0, 3, N), list("xyz")),
        "t": RNG.uniform(0.5, 2.0, size=N),
        "w": RNG.integers(0, 4, size=N),
    }
).assign(
    mu=lambda d: np.exp(0.4 + 0.2 * d["g"].cat.codes - 0.3 * d["h"].cat.codes),
    count=lambda d: RNG.poisson(d["mu"] * d["t"]),
    yes=lambda d: RNG.binomial(1, d["mu"] / (1 + d["mu"])),
    cost=lambda d: RNG.gamma(2.0, d["mu"]),
)

MODELS = {
    "counts": ("count ~ g + h", "poisson", {}),
    "rates": ("count ~ g + h", "poisson", {"exposure": "t"}),
    "rates, weighted": ("count ~ g * h", "quasipoisson", {"exposure": "t", "freq_weights": "w"}),
    "shares": ("yes ~ g + h", "binomial", {"freq_weights": "w"}),
    "probit": ("yes ~ g + h", "binomial(probit)", {}),
    "costs": ("cost ~ g + h", "Gamma(log)", {"weights": "t"}),
    "costs, inverse": ("cost ~ g + h", "Gamma", {}),
    "firth": ("yes ~ g + h", "binomial", {"method": "firth"}),
    "negative binomial": ("count ~ g + h", gk.NegativeBinomial(), {}),
}
each = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())


def both(monkeypatch, model):
    formula, family, arguments = model
    monkeypatch.setattr(blocks, "DENSE_ELEMENTS", 1)
    cells = gk.glm(formula, DATA, family, **arguments)
    monkeypatch.setattr(fitting, "by_cell", lambda objective, sums=None: objective)
    return cells, gk.glm(formula, DATA, family, **arguments)


def objective_of(model):
    problem, design = model.fit.problem, model.fit.independence.design
    return GLMObjective(model.family, design, problem.y, problem.weights, problem.added, problem.nobs)


@each
def test_the_fit_over_cells_is_that_over_rows(model, monkeypatch):
    cells, rows = both(monkeypatch, model)
    # In standard errors: a coefficient may be near zero.
    assert np.abs((cells.coef - rows.coef) / rows.std_error).max() < 1e-9
    np.testing.assert_allclose(cells.std_error, rows.std_error, rtol=1e-9)
    assert (cells.converged, cells.df_resid) == (rows.converged, rows.df_resid)


@each
@pytest.mark.parametrize(
    "measure", ["deviance", "null_deviance", "loglik", "aic", "pearson_chi2", "dispersion"]
)
def test_the_measures_are_those_of_the_rows(model, measure, monkeypatch):
    cells, rows = both(monkeypatch, model)
    np.testing.assert_allclose(getattr(cells, measure), getattr(rows, measure), rtol=1e-10)


def test_the_trace_ends_at_the_deviance_of_the_rows(monkeypatch):
    cells, _ = both(monkeypatch, MODELS["rates"])
    np.testing.assert_allclose(cells.trace["deviance"].iloc[-1], cells.deviance, rtol=1e-12)


def test_separated_cells_are_found(monkeypatch):
    monkeypatch.setitem(globals(), "DATA", DATA.assign(yes=DATA["yes"].where(DATA["g"] != "b", 0)))
    with pytest.warns(gk.SeparationWarning):
        cells, rows = both(monkeypatch, MODELS["shares"])
    assert cells.coef["g[T.b]"] == rows.coef["g[T.b]"] == -np.inf


def test_an_offset_under_another_link_leaves_the_rows(monkeypatch):
    monkeypatch.setattr(blocks, "DENSE_ELEMENTS", 1)
    fit = gk.glm("yes ~ g + h", DATA, "binomial", offset="t")
    objective = objective_of(fit)
    assert by_cell(objective) is objective


def test_rates_go_over_the_cells(monkeypatch):
    monkeypatch.setattr(blocks, "DENSE_ELEMENTS", 1)
    fit = gk.glm("count ~ g + h", DATA, "poisson", exposure="t")
    objective = objective_of(fit)
    assert len(by_cell(objective).y) == 12


@pytest.mark.parametrize("formula", ["count ~ g + h", "count ~ 0 + h"])
@pytest.mark.parametrize("arguments", [{}, {"exposure": "t"}, {"exposure": "t", "weights": "w"}])
def test_the_null_model_is_that_of_the_rows(formula, arguments, monkeypatch):
    cells, rows = both(monkeypatch, (formula, "poisson", arguments))
    for measure in ("null_deviance", "null_loglik", "df_null"):
        np.testing.assert_allclose(getattr(cells, measure), getattr(rows, measure), rtol=1e-12)


def test_a_printed_fit_has_made_no_vector_of_its_rows(monkeypatch):
    monkeypatch.setattr(blocks, "DENSE_ELEMENTS", 1)
    fit = gk.glm("count ~ g + h", DATA, "poisson", exposure="t")
    str(fit.summary())
    assert not {"eta", "mean"} & set(vars(fit.fit.fitted))
    np.testing.assert_allclose(fit.linear_predictor, np.log(fit.fitted), rtol=1e-12)
    np.testing.assert_allclose(fit.fitted, fit.predict(DATA), rtol=1e-12)


def many_counts():
    rng = np.random.default_rng(5)
    n = 150_000
    g, h, t = rng.integers(0, 5, n), rng.integers(0, 4, n), rng.uniform(0.1, 3.0, n)
    y = rng.poisson(t * np.exp(0.1 * g - 0.4 * h))
    return pd.DataFrame({"y": y, "g": pd.Categorical(g), "h": pd.Categorical(h), "t": t})


@pytest.mark.parametrize("arguments", [{}, {"exposure": "t"}])
def test_sums_over_many_rows_are_those_of_the_formulas(arguments):
    data = many_counts()
    fit = gk.glm("y ~ g + h", data, "poisson", **arguments)
    y, mu, none = data["y"].to_numpy(float), fit.fitted.to_numpy(), data["t"].to_numpy()
    none = none * (y.sum() / none.sum()) if arguments else np.full(len(y), y.mean())

    def deviance(mean):
        return 2.0 * math.fsum(special.xlogy(y, y / mean) - (y - mean))

    assert fit.deviance == pytest.approx(deviance(mu), rel=2e-13)
    assert fit.null_deviance == pytest.approx(deviance(none), rel=2e-13)
    loglik = math.fsum(special.xlogy(y, mu) - mu - special.gammaln(y + 1.0))
    assert fit.loglik == pytest.approx(loglik, rel=2e-13)
    assert fit.pearson_chi2 == pytest.approx(math.fsum((y - mu) ** 2 / mu), rel=2e-13)
