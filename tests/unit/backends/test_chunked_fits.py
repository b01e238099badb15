"""A fit to chunks is the fit to the same rows in memory.

Tolerances are those of the promise, 1e-10 of each number; what is measured is about 1e-14.
"""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

# Rows are dropped and columns aliased on purpose; what is said of it is compared as notes.
pytestmark = pytest.mark.filterwarnings("ignore::glmkit.errors.GlmkitWarning")

N = 600
NUMBERS = (
    "coef",
    "std_error",
    "deviance",
    "null_deviance",
    "loglik",
    "aic",
    "bic",
    "pearson_chi2",
    "dispersion",
)


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=N),
            "z": rng.uniform(1.0, 3.0, N),
            "far": 20_250_000.0 + np.arange(N),
            "g": rng.choice(list("abcd"), N),
            "h": pd.Categorical(rng.choice(["lo", "hi"], N), ["lo", "hi", "never"]),
            "t": rng.uniform(size=N) < 0.5,
            "k": rng.integers(1, 4, N),
            "w": rng.uniform(0.5, 2.0, N),
            "f": rng.integers(0, 3, N),
            "o": 0.1 * rng.normal(size=N),
            "e": rng.uniform(1.0, 5.0, N),
            "m": rng.integers(1, 6, N),
        }
    )
    eta = 0.3 * frame.x - 0.2 * frame.z + 0.4 * (frame.g == "b")
    frame["count"] = rng.poisson(np.exp(eta + 1.0))
    frame["event"] = (rng.uniform(size=N) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    frame["answer"] = np.where(frame.event == 1, "yes", "no")
    frame["wins"] = rng.binomial(frame.m, 1.0 / (1.0 + np.exp(-eta)))
    frame["size"] = np.exp(eta) * rng.gamma(2.0, 0.5, N)
    frame["cost"] = frame["size"] * (frame["count"] > 1)
    frame["level"] = eta + rng.normal(size=N)
    frame.loc[5:40, "x"] = np.nan
    return frame


def in_chunks(frame: pd.DataFrame, rows: int = 130) -> list[pd.DataFrame]:
    return [frame[first : first + rows] for first in range(0, len(frame), rows)]


CASES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "gaussian": ("level ~ x + ns(z, df=3) * h", "gaussian", {}),
    "gaussian weights": ("level ~ x + g", "gaussian", {"weights": "w", "freq_weights": "f"}),
    "gaussian far": ("level ~ far + I(far^2) + x", "gaussian", {}),
    "gaussian log": ("I(level + 9) ~ x + g", gk.Gaussian("log"), {}),
    "poisson": ("count ~ x * g + z + t", "poisson", {"weights": "w"}),
    "poisson offsets": ("count ~ x + g + offset(o)", "poisson", {"exposure": "e", "subset": "z > 1.2"}),
    "poisson sqrt": ("count ~ x + z", gk.Poisson("sqrt"), {}),
    "poisson without constant": ("count ~ 0 + g + x", "poisson", {}),
    "poisson constant": ("count ~ 1", "poisson", {}),
    "poisson fractions": ("I(count + 0.5) ~ x", "poisson", {}),
    "binomial": ("event ~ x + poly(z, 2) + g", "binomial", {}),
    "binomial text": ("answer ~ scale(x) + h", "binomial", {}),
    "binomial counts": ("cbind(wins, m - wins) ~ x + g", "binomial", {"weights": "k"}),
    "binomial shares": ("I(wins / m) ~ x", "binomial", {"weights": "m", "offset": "o"}),
    "probit": ("event ~ x + cut(z, 3)", gk.Binomial("probit"), {}),
    "cauchit": ("event ~ x + z", gk.Binomial("cauchit"), {}),
    "gamma": ("size ~ x + relevel(g, 'c')", gk.Gamma("log"), {"weights": "w"}),
    "gamma inverse": ("size ~ z", "gamma", {}),
    "inverse gaussian": ("size ~ x + bs(z, 4)", gk.InverseGaussian("log"), {}),
    "negative binomial": ("count ~ x + factor(k)", gk.NegativeBinomial(2.5), {}),
    "tweedie": ("cost ~ x + g", gk.Tweedie(1.6), {"weights": "w", "freq_weights": "f"}),
    "quasi": ("count ~ x + g", "quasipoisson", {}),
    "r contrasts": ("level ~ ordered(g) + h", "gaussian", {"contrasts": "r"}),
    "sum contrasts": ("level ~ g * h", "gaussian", {"contrasts": {"g": "sum"}}),
    "made labels": ("level ~ ifelse(z > 2.5, 'big', ifelse(x > 1, 'mid', 'small'))", "gaussian", {}),
    "all rows": ("level ~ x", "gaussian", {"weights": "z / mean(z)", "subset": "z > quantile(z, 0.3)"}),
    "own function": ("level ~ square(z)", "gaussian", {"context": {"square": np.square}}),
    "aliased": ("count ~ x + z + I(x - 2 * z) + g", "poisson", {}),
}


@cache
def fitted(case: str) -> tuple[gk.Results, gk.Results]:
    formula, family, arguments = CASES[case]
    whole = gk.glm(formula, data(), family, **arguments)
    return whole, gk.glm(formula, gk.chunks(in_chunks(data())), family, **arguments)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_is_that_of_the_fit_in_memory(case: str, number: str) -> None:
    whole, chunked = fitted(case)
    np.testing.assert_allclose(getattr(chunked, number), getattr(whole, number), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("case", CASES)
def test_the_summary_and_its_notes_are_the_same_text(case: str) -> None:
    whole, chunked = fitted(case)
    assert str(chunked.summary()) == str(whole.summary())


@pytest.mark.parametrize("case", ["poisson", "binomial counts", "aliased"])
def test_predictions_for_new_data_are_the_same(case: str) -> None:
    whole, chunked = fitted(case)
    new = data()[100:110]
    pd.testing.assert_frame_equal(chunked.predict(new, se=True), whole.predict(new, se=True), rtol=1e-10)


def test_wald_intervals_and_tests_are_there() -> None:
    whole, chunked = fitted("poisson")
    pd.testing.assert_frame_equal(chunked.confint("wald"), whole.confint("wald"), rtol=1e-10)
    assert str(chunked.test("x = z")) == str(whole.test("x = z"))


@pytest.mark.parametrize("weights", ["equal", "proportional", "cells"])
def test_marginal_means_are_the_same(weights: str) -> None:
    whole, chunked = fitted("poisson")
    assert str(chunked.emmeans("g", weights=weights)) == str(whole.emmeans("g", weights=weights))


def test_marginal_means_hold_the_mean_offset_and_the_frequencies() -> None:
    whole, chunked = fitted("poisson offsets")
    assert str(chunked.emmeans("g")) == str(whole.emmeans("g"))
    whole, chunked = fitted("gaussian weights")
    assert str(chunked.emmeans("g")) == str(whole.emmeans("g"))


def test_slopes_are_the_same() -> None:
    whole, chunked = fitted("poisson")
    assert str(chunked.emtrends("g", "x")) == str(whole.emtrends("g", "x"))


def test_marginal_means_of_factors_alone_are_the_same() -> None:
    chunked = gk.glm("count ~ g + t", gk.chunks(in_chunks(data())), "poisson")
    assert str(chunked.emmeans("g")) == str(gk.glm("count ~ g + t", data(), "poisson").emmeans("g"))


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3", "HC4"])
def test_heteroskedastic_covariances_are_the_same(kind: str) -> None:
    whole, chunked = (fit.with_vcov(kind) for fit in fitted("gaussian weights"))
    np.testing.assert_allclose(chunked.std_error, whole.std_error, rtol=1e-10)


@pytest.mark.parametrize(
    ("kind", "cluster"), [("CR0", "k"), ("CR1", "m"), ("CR1S", "g"), ("CR1", ["m", "g"])]
)
def test_clusters_are_merged_by_label_over_chunks(kind: str, cluster: Any) -> None:
    whole, chunked = (fit.with_vcov(kind, cluster=cluster) for fit in fitted("gaussian weights"))
    np.testing.assert_allclose(chunked.std_error, whole.std_error, rtol=1e-10)
    assert chunked.estimate.label == whole.estimate.label


REFUSED = {
    "residuals": lambda fit: fit.residuals(),
    "fitted": lambda fit: fit.fitted,
    "profile": lambda fit: fit.confint(),
    "influence": lambda fit: fit.influence(),
    "anova": lambda fit: fit.anova(),
    "drop1": lambda fit: fit.drop1(),
    "CR2": lambda fit: fit.with_vcov("CR2", cluster="k"),
    "bootstrap": lambda fit: fit.with_vcov("bootstrap"),
    "predict": lambda fit: fit.predict(),
    "augment": lambda fit: fit.augment(),
    "update": lambda fit: fit.update(". ~ . - x"),
    "marginal effects": lambda fit: fit.marginal_effects(),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_needs_the_rows_says_so(what: str) -> None:
    with pytest.raises(gk.FitError, match="holds no rows of data"):
        REFUSED[what](fitted("poisson")[1])


def test_a_saved_fit_comes_back() -> None:
    _, chunked = fitted("poisson")
    again = gk.from_json(chunked.to_json())
    assert str(again.summary()) == str(chunked.summary())


def test_a_pickled_fit_leaves_its_source_behind() -> None:
    _, chunked = fitted("poisson")
    again = pickle.loads(pickle.dumps(chunked))
    assert again.frame.chunks is None
    assert str(again.summary()) == str(chunked.summary())


def test_starting_values_are_used() -> None:
    _, chunked = fitted("poisson sqrt")
    again = gk.glm(
        "count ~ x + z", gk.chunks(in_chunks(data().dropna())), gk.Poisson("sqrt"), start=chunked.coef
    )
    assert again.n_iter < chunked.n_iter


@pytest.mark.parametrize(
    ("family", "method", "words"),
    [
        ("multinomial", "ml", "several linear predictors"),
        (gk.NegativeBinomial(), "ml", "theta to be estimated"),
        (gk.Tweedie(None), "ml", "power to be estimated"),
        ("binomial", "firth", "leverage of each row"),
    ],
)
def test_what_is_not_fitted_to_chunks_is_refused_in_words(family: Any, method: str, words: str) -> None:
    with pytest.raises(gk.FitError, match=words):
        gk.glm("event ~ z", gk.chunks(in_chunks(data())), family, method=method)


def test_values_as_an_argument_are_refused() -> None:
    with pytest.raises(gk.DataError, match="Put them into a column"):
        gk.glm("count ~ z", gk.chunks(in_chunks(data())), "poisson", weights=np.ones(N))


def test_a_function_that_looks_beyond_the_row_is_refused() -> None:
    context = {"standardised": lambda x: (x - x.mean()) / x.std()}
    with pytest.raises(gk.FormulaError, match="has to work row by row"):
        gk.glm("level ~ standardised(z)", gk.chunks(in_chunks(data())), context=context)


def test_rows_before_are_not_looked_for_in_another_chunk() -> None:
    with pytest.raises(gk.FormulaError, match="may be in another chunk"):
        gk.glm("level ~ lag(z)", gk.chunks(in_chunks(data())))


def test_frames_of_any_library_are_chunks() -> None:
    pa, pl = pytest.importorskip("pyarrow"), pytest.importorskip("polars")
    parts = in_chunks(data())
    mixed = [pl.from_pandas(parts[0]), pa.Table.from_pandas(parts[1]), *parts[2:-1], dict(parts[-1].items())]
    again = gk.glm("count ~ z + g", gk.chunks(mixed), "poisson")
    whole = gk.glm("count ~ z + g", data(), "poisson")
    np.testing.assert_allclose(again.coef, whole.coef, rtol=1e-12)


def test_a_function_is_called_for_each_pass() -> None:
    calls: list[int] = []

    def read() -> Any:
        calls.append(1)
        return iter(in_chunks(data()))

    gk.glm("level ~ z", gk.chunks(read), "gaussian")
    assert len(calls) > 3


def test_the_data_are_not_modified() -> None:
    before = data().copy(deep=True)
    gk.glm("count ~ x + g", gk.chunks(in_chunks(data())), "poisson").emmeans("g")
    pd.testing.assert_frame_equal(data(), before)
