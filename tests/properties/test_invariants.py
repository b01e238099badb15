"""Properties that every fit keeps."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glmkit as gk

FORMULA = "y ~ x + z + g"
# Two fits of one model by different roads agree to the tolerance of the iteration (1e-9
# standard errors) times a few; coefficients are compared in standard errors.
IN_SE = 1e-7
RELATIVE = 1e-8


@st.composite
def frames(draw, family="poisson"):
    """Return data away from separation: 25 to 60 rows, two numeric columns, three levels."""
    n = draw(st.integers(25, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    data = pd.DataFrame({"x": rng.normal(size=n).round(2), "z": rng.uniform(0, 3, size=n).round(2)})
    data["g"] = np.resize(["a", "b", "c"], n)
    eta = 0.4 + 0.3 * data["x"] - 0.2 * data["z"] + data["g"].map({"a": 0.0, "b": 0.3, "c": -0.2})
    drawn = {
        "poisson": lambda: rng.poisson(np.exp(eta + 1)),
        "gaussian": lambda: (eta + rng.normal(size=n)).round(3),
        "Gamma": lambda: (np.exp(eta) * rng.gamma(4, 0.25, size=n)).round(4) + 0.01,
        "binomial": lambda: rng.binomial(12, 1 / (1 + np.exp(-eta))),
    }
    data["y"] = drawn[family]()
    data["m"] = 12
    return data


families = pytest.mark.parametrize("family", ["poisson", "gaussian", "Gamma"])


def same(first, second, names=None, se=True):
    """Assert that two fits have the same coefficients, by name or by position."""
    a, b = first.coef.to_numpy(), second.coef.to_numpy() if names is None else second.coef[names].to_numpy()
    np.testing.assert_allclose(a / first.std_error.to_numpy(), b / first.std_error.to_numpy(), atol=IN_SE)
    if se:
        other = second.std_error if names is None else second.std_error[names]
        np.testing.assert_allclose(first.std_error, other.to_numpy(), rtol=RELATIVE)


@given(frames(), st.randoms(use_true_random=False))
def test_permuting_rows_permutes_fitted_values_and_changes_nothing_else(data, random):
    order = list(range(len(data)))
    random.shuffle(order)
    fit, shuffled = gk.glm(FORMULA, data, "poisson"), gk.glm(FORMULA, data.iloc[order], "poisson")
    same(fit, shuffled)
    np.testing.assert_allclose(fit.fitted.iloc[order], shuffled.fitted, rtol=RELATIVE)


@given(frames(), st.integers(0, 1000))
def test_frequency_weights_equal_replicated_rows(data, seed):
    counts = np.random.default_rng(seed).integers(1, 4, size=len(data))
    weighted = gk.glm(FORMULA, data, "poisson", freq_weights=counts)
    replicated = gk.glm(FORMULA, data.loc[data.index.repeat(counts)], "poisson")
    same(weighted, replicated)
    assert (weighted.df_resid, weighted.nobs) == (replicated.df_resid, replicated.nobs)
    assert weighted.loglik == pytest.approx(replicated.loglik, rel=1e-10)


@families
def test_frequency_weights_equal_replicated_rows_in_every_family(family):
    data = _data(family)
    counts = np.resize([1, 2, 3], len(data))
    weighted = gk.glm(FORMULA, data, family, freq_weights=counts)
    replicated = gk.glm(FORMULA, data.loc[data.index.repeat(counts)], family)
    same(weighted, replicated)
    assert weighted.loglik == pytest.approx(replicated.loglik, rel=1e-10)
    assert weighted.aic == pytest.approx(replicated.aic, rel=1e-10)


@given(frames())
def test_frequency_weight_zero_equals_dropping_the_row(data):
    counts = np.where(np.arange(len(data)) % 7 == 0, 0, 1)
    weighted = gk.glm(FORMULA, data, "poisson", freq_weights=counts)
    dropped = gk.glm(FORMULA, data[counts == 1], "poisson")
    same(weighted, dropped)
    assert weighted.df_resid == dropped.df_resid
    assert weighted.loglik == pytest.approx(dropped.loglik, rel=1e-10)


@given(frames(), st.sampled_from([1e-9, 1e-3, 7.0, 1e6, 1e12]))
def test_scaling_a_column_scales_its_coefficient(data, factor):
    fit, scaled = (gk.glm(FORMULA, d, "poisson") for d in (data, data.assign(x=data["x"] * factor)))
    assert scaled.coef["x"] * factor == pytest.approx(fit.coef["x"], rel=1e-6, abs=IN_SE * fit.std_error["x"])
    assert scaled.std_error["x"] * factor == pytest.approx(fit.std_error["x"], rel=RELATIVE)
    assert scaled.deviance == pytest.approx(fit.deviance, rel=1e-10)


@given(frames(), st.sampled_from([-3.0, 100.0, 1e6]))
def test_shifting_a_column_moves_only_the_intercept(data, shift):
    fit, shifted = (gk.glm(FORMULA, d, "poisson") for d in (data, data.assign(x=data["x"] + shift)))
    others = ["x", "z", "g[T.b]", "g[T.c]"]
    # x + shift is rounded to a double: its relative error is eps * shift
    np.testing.assert_allclose(shifted.coef[others], fit.coef[others], rtol=1e-6, atol=1e-7)
    assert shifted.deviance == pytest.approx(fit.deviance, rel=1e-8)


@given(frames(), st.floats(-3, 3))
def test_a_constant_offset_moves_only_the_intercept(data, constant):
    fit = gk.glm(FORMULA, data, "poisson")
    offset = gk.glm(FORMULA, data, "poisson", offset=np.full(len(data), constant))
    moved = offset.coef.copy()
    moved["Intercept"] += constant
    np.testing.assert_allclose(moved, fit.coef, atol=1e-8)


@given(frames())
def test_an_offset_linear_in_x_moves_only_the_coefficient_of_x(data):
    fit = gk.glm(FORMULA, data, "poisson")
    offset = gk.glm(FORMULA + " + offset(0.5 * x)", data, "poisson")
    moved = offset.coef.copy()
    moved["x"] += 0.5
    np.testing.assert_allclose(moved, fit.coef, atol=1e-8)


@pytest.mark.parametrize("coding", ["sum", "helmert", "poly", "sas", "diff"])
@given(data=frames())
def test_recoding_a_factor_leaves_fitted_values_and_deviance(coding, data):
    fit, recoded = (gk.glm(FORMULA, data, "poisson", contrasts={"g": c}) for c in ("treatment", coding))
    np.testing.assert_allclose(recoded.fitted, fit.fitted, rtol=RELATIVE)
    assert recoded.deviance == pytest.approx(fit.deviance, rel=1e-10)


@pytest.mark.parametrize("coding", ["sum", "helmert", "poly", "sas", "diff"])
@given(data=frames())
def test_recoding_a_factor_leaves_marginal_means(coding, data):
    fits = [gk.glm(FORMULA, data, "poisson", contrasts={"g": c}) for c in ("treatment", coding)]
    first, second = (fit.emmeans("g").frame for fit in fits)
    columns = ["estimate", "std_error", "conf_low", "conf_high"]
    np.testing.assert_allclose(second[columns], first[columns], rtol=1e-7)


@given(frames())
def test_relabelling_levels_in_order_only_renames_coefficients(data):
    fit = gk.glm(FORMULA, data, "poisson")
    renamed = gk.glm(FORMULA, data.assign(g=data["g"].map({"a": "k", "b": "l", "c": "m"})), "poisson")
    np.testing.assert_array_equal(renamed.coef.to_numpy(), fit.coef.to_numpy())


@families
def test_the_deviance_never_rises_with_a_term(family):
    data = _data(family)
    chain = ["y ~ 1", "y ~ x", "y ~ x + z", "y ~ x + z + g", "y ~ x * g + z"]
    deviances = [gk.glm(formula, data, family).deviance for formula in chain]
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in itertools.pairwise(deviances))


@given(frames())
def test_canonical_link_makes_the_score_vanish(data):
    fit = gk.glm(FORMULA, data, "poisson")
    residual = fit.residuals("response").to_numpy()
    # in units of each column's own total
    score = fit.design.to_numpy().T @ residual / (np.abs(fit.design.to_numpy()).T @ data["y"].to_numpy() + 1)
    assert np.max(np.abs(score)) < 1e-11


@given(frames())
def test_canonical_link_reproduces_the_totals_of_each_level(data):
    fit = gk.glm(FORMULA, data, "poisson")
    totals = pd.DataFrame({"fitted": fit.fitted, "y": data["y"], "g": data["g"]}).groupby("g").sum()
    np.testing.assert_allclose(totals["fitted"], totals["y"], rtol=1e-10)


@given(frames("binomial"))
def test_aggregating_identical_binomial_rows_leaves_coefficients_and_errors(data):
    grouped = data.assign(f=data["m"] - data["y"])
    rows = [(r.x, r.z, r.g, v) for r in data.itertuples() for v in [1] * r.y + [0] * (r.m - r.y)]
    long = pd.DataFrame(rows, columns=["x", "z", "g", "y"])
    same(gk.glm("cbind(y, f) ~ x + z + g", grouped, "binomial"), gk.glm(FORMULA, long, "binomial"))


@given(frames(), st.integers(0, 1000))
def test_a_log_offset_equals_a_rate_with_exposures_as_weights(data, seed):
    exposure = np.random.default_rng(seed).uniform(0.5, 2, size=len(data))
    offset = gk.glm(FORMULA, data, "poisson", exposure=exposure)
    with pytest.warns(gk.GlmkitWarning, match="whole number"):
        rate = gk.glm(FORMULA, data.assign(y=data["y"] / exposure), "poisson", weights=exposure)
    same(offset, rate)
    assert rate.deviance == pytest.approx(offset.deviance, rel=1e-9)


@pytest.mark.parametrize("family", ["gaussian", "Gamma"])
@pytest.mark.parametrize("factor", [1e-12, 3.0, 1e12])
def test_multiplying_prior_weights_leaves_coefficients_and_errors(family, factor):
    data = _data(family)
    weights = np.resize([0.5, 1.0, 2.5], len(data))
    same(
        gk.glm(FORMULA, data, family, weights=weights),
        gk.glm(FORMULA, data, family, weights=factor * weights),
    )


@pytest.mark.parametrize("factor", [1e-150, 1e-9, 1e9, 1e150])
def test_the_unit_of_a_gaussian_response_scales_coefficients_and_errors(factor):
    data = _data("gaussian")
    fit, scaled = (gk.glm(FORMULA, d, "gaussian") for d in (data, data.assign(y=data["y"] * factor)))
    np.testing.assert_allclose(scaled.coef / factor, fit.coef, rtol=1e-10)
    np.testing.assert_allclose(scaled.std_error / factor, fit.std_error, rtol=1e-10)


@pytest.mark.parametrize("factor", [1e-300, 1e-9, 1e9, 1e300])
def test_the_unit_of_a_gamma_response_moves_only_the_intercept(factor):
    data = _data("Gamma")
    family = gk.Gamma("log")
    fit, scaled = (gk.glm(FORMULA, d, family) for d in (data, data.assign(y=data["y"] * factor)))
    others = ["x", "z", "g[T.b]", "g[T.c]"]
    np.testing.assert_allclose(scaled.coef[others], fit.coef[others], rtol=1e-7)
    np.testing.assert_allclose(scaled.std_error, fit.std_error, rtol=1e-8)


@given(frames("binomial"))
def test_swapping_the_event_flips_every_sign(data):
    data = data.assign(f=data["m"] - data["y"])
    fit, swapped = (gk.glm(f"{r} ~ x + z + g", data, "binomial") for r in ("cbind(y, f)", "cbind(f, y)"))
    np.testing.assert_allclose(swapped.coef, -fit.coef, atol=1e-9)
    np.testing.assert_allclose(swapped.std_error, fit.std_error, rtol=RELATIVE)


@families
def test_a_saturated_one_factor_model_reproduces_group_means(family):
    data = _data(family)
    fit = gk.glm("y ~ g", data, family)
    means = data.groupby("g")["y"].transform("mean")
    np.testing.assert_allclose(fit.fitted, means, rtol=1e-10)


@given(frames())
def test_unused_columns_and_column_order_do_not_matter(data):
    fit = gk.glm(FORMULA, data, "poisson")
    other = gk.glm(FORMULA, data.assign(unused=pd.NaT)[["unused", "g", "z", "y", "x"]], "poisson")
    np.testing.assert_array_equal(other.coef, fit.coef)


@given(frames())
def test_missing_rows_equal_dropped_rows(data):
    missing = data.assign(x=data["x"].where(np.arange(len(data)) % 5 > 0))
    with pytest.warns(gk.DroppedRowsWarning):
        fit = gk.glm(FORMULA, missing, "poisson")
    np.testing.assert_array_equal(fit.coef, gk.glm(FORMULA, missing.dropna(), "poisson").coef)


@given(frames())
def test_refitting_from_the_solution_takes_one_iteration(data):
    fit = gk.glm(FORMULA, data, "poisson")
    again = gk.glm(FORMULA, data, "poisson", start=fit.coef)
    assert again.n_iter == 1
    same(fit, again)


@given(frames(), st.floats(-0.3, 0.3))
def test_any_valid_start_gives_the_same_answer(data, away):
    fit = gk.glm(FORMULA, data, "poisson")
    same(fit, gk.glm(FORMULA, data, "poisson", start=fit.coef + away))


@families
def test_predicting_the_training_data_gives_the_fitted_values(family):
    data = _data(family)
    fit = gk.glm(FORMULA, data, family)
    np.testing.assert_allclose(fit.predict(data), fit.fitted, rtol=1e-12)
    link = fit.predict(data, type="link")
    np.testing.assert_allclose(fit.family.link.mean(link.to_numpy()).mu, fit.predict(data), rtol=1e-14)


def _data(family):
    """Return one data set of a family, the same on every run."""
    rng = np.random.default_rng(7)
    n = 45
    data = pd.DataFrame({"x": rng.normal(size=n).round(2), "z": rng.uniform(0, 3, size=n).round(2)})
    data["g"] = np.resize(["a", "b", "c"], n)
    eta = 0.4 + 0.3 * data["x"] - 0.2 * data["z"] + data["g"].map({"a": 0.0, "b": 0.3, "c": -0.2})
    data["y"] = {
        "poisson": rng.poisson(np.exp(eta + 1)),
        "gaussian": (eta + rng.normal(size=n)).round(3),
        "Gamma": (np.exp(eta) * rng.gamma(8, 0.125, size=n)).round(4) + 0.01,
    }[family]
    return data


# ------------------------------------------------------------------------------ tables of deviance


@settings(max_examples=15)
@given(frames(), st.permutations(["x", "z", "g"]))
def test_the_deviance_never_rises_along_a_chain_and_its_tests_add_up(data, order):
    chain = [gk.glm(f"y ~ 1 + {' + '.join(order[:k])}" if k else "y ~ 1", data, "poisson") for k in range(4)]
    table = gk.anova(*chain).frame
    assert (table["deviance"].iloc[1:] >= -1e-9).all()
    assert table["statistic"].sum() == pytest.approx(chain[0].deviance - chain[-1].deviance, rel=1e-9)
    np.testing.assert_allclose(table["deviance"], chain[-1].anova()["deviance"], rtol=1e-6, atol=1e-9)


@settings(max_examples=15)
@given(
    data=frames(),
    coding=st.sampled_from(["sum", "helmert", "poly", "sas", "diff"]),
    kind=st.sampled_from([2, 3]),
    test=st.sampled_from(["LRT", "Wald", "Rao"]),
)
def test_recoding_a_factor_leaves_type_2_and_type_3_tests(data, coding, kind, test):
    formula = "y ~ x + h * g"
    data = data.assign(h=np.resize(["p", "q"], len(data)))
    fit, recoded = (
        gk.glm(formula, data, "poisson", contrasts={"g": c, "h": c}) for c in ("treatment", coding)
    )
    got, want = (f.anova(kind, test)["statistic"] for f in (recoded, fit))
    # a statistic near zero is a difference of deviances that are rounded
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)


@families
@settings(max_examples=8)
@given(a=st.sampled_from([-3.0, 0.5, 40.0]), b=st.sampled_from([0.0, -7.0, 1000.0]))
def test_the_likelihood_ratio_test_of_a_term_follows_neither_its_unit_nor_its_origin(family, a, b):
    data = _data(family)
    fit, moved = (gk.glm("y ~ x * g + z", d, family) for d in (data, data.assign(x=a * data["x"] + b)))
    for table in ("anova", "drop1"):
        got, want = (getattr(f, table)(test="LRT")["statistic"] for f in (moved, fit))
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(moved.anova(2)["statistic"], fit.anova(2)["statistic"], rtol=1e-6, atol=1e-7)


@given(
    frames(),
    st.sampled_from(["x + z + g", "poly(x, 2) * g", "scale(z) + cut(x, c(-9, 0, 9)) + offset(z / 10)"]),
)
def test_a_saved_model_predicts_the_same_bits_and_saves_the_same_bytes(data, terms):
    fit = gk.glm(f"y ~ {terms}", data, "poisson")
    saved = fit.to_json()
    loaded = gk.from_json(saved)
    assert loaded.to_json() == saved
    assert loaded.predict(data).tolist() == fit.predict(data).tolist()
