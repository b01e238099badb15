"""Means and effects of responses with levels: exact identities, a second algorithm, hard cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.inference.effects.counterfactual import population
from glmkit.inference.effects.functionals import slope_of
from glmkit.inference.effects.levels import response_of

RNG = np.random.default_rng(5)
N = 240
DATA = pd.DataFrame(
    {
        "x": RNG.normal(size=N),
        "z": RNG.normal(size=N),
        "g": RNG.choice(["a", "b", "c"], N),
        "k": RNG.integers(1, 4, N),
    }
)
DATA["y"] = pd.Categorical.from_codes(
    np.clip(np.round(DATA["x"] + (DATA["g"] == "b") + RNG.logistic(size=N)) + 1, 0, 3).astype(int),
    ["none", "some", "much", "all"],
    ordered=True,
)
FAMILIES = {
    "multinomial": gk.Multinomial(),
    "multinomial of another baseline": gk.Multinomial("much"),
    **{
        f"cumulative {link}": gk.Cumulative(link)
        for link in ("logit", "probit", "cloglog", "loglog", "cauchit")
    },
}
each = pytest.mark.parametrize("family", FAMILIES.values(), ids=list(FAMILIES))
KINDS = ("dydx", "eyex", "eydx", "dyex")


def fit_of(family, formula="y ~ poly(x, 2) * g + z", data=DATA, **more):
    return gk.glm(formula, data, family, **more)


@pytest.fixture(scope="module")
def fit():
    return fit_of(gk.Multinomial())


@pytest.fixture(scope="module")
def ordinal():
    return fit_of(gk.Cumulative())


# ----------------------------------------------------------------------------- identities


@each
def test_probabilities_of_the_levels_sum_to_one(family):
    frame = fit_of(family).emmeans("g").frame
    np.testing.assert_allclose(frame.groupby("g")["estimate"].sum(), 1.0, rtol=1e-12)


@each
def test_effects_on_the_levels_sum_to_zero(family):
    frame = fit_of(family).marginal_effects().frame
    np.testing.assert_allclose(frame.groupby(["term", "contrast"])["estimate"].sum(), 0.0, atol=1e-12)


def test_average_probabilities_are_the_observed_shares(fit):
    shares = DATA["y"].value_counts(normalize=True, sort=False)
    np.testing.assert_allclose(fit.predictions().frame["estimate"], shares, rtol=1e-8)


@each
def test_average_predictions_average_what_predict_says(family):
    fitted = fit_of(family)
    frame = fitted.predictions(by="g").frame
    averages = fitted.predict(DATA).groupby(DATA["g"]).mean()
    np.testing.assert_allclose(frame["estimate"], averages.to_numpy().ravel(), rtol=1e-10)
    assert frame["level"].tolist() == ["none", "some", "much", "all"] * 3


def test_one_cell_has_the_standard_error_of_its_prediction(ordinal):
    frame = ordinal.emmeans("g", at={"x": 0.5, "z": 1.0, "g": "b"}).frame
    predicted = ordinal.predict({"x": 0.5, "z": 1.0, "g": "b"}, se=True)
    np.testing.assert_allclose(frame["std_error"], predicted["se"].to_numpy()[0], rtol=1e-10)


@pytest.mark.parametrize(
    "call",
    [
        *(lambda f, kind=kind: f.marginal_effects(kind=kind) for kind in KINDS),
        *(
            lambda f, how=how: f.comparisons({"x": "sd", "g": "pairwise"}, comparison=how)
            for how in ("difference", "ratio", "lift", "odds_ratio", "nnt")
        ),
        lambda f: f.predictions(by="g", at={"x": [0.0, 1.0]}),
        lambda f: f.marginal_effects("x", at="means"),
    ],
)
@pytest.mark.parametrize("family", [gk.Multinomial(), gk.Cumulative()], ids=["multinomial", "cumulative"])
def test_two_levels_have_the_effects_of_a_binomial(call, family):
    data = DATA.assign(
        y=pd.Categorical(np.where(DATA["y"] < "much", "no", "yes"), ["no", "yes"], ordered=True)
    )
    table = call(fit_of(family, "y ~ x * g + z", data)).frame
    binomial = call(fit_of("binomial", "y ~ x * g + z", data)).frame
    ours = table[table["level"] == "yes"].drop(columns="level").reset_index(drop=True)
    # two convergences at 1e-9 of a standard error, and differences of 1e-12
    pd.testing.assert_frame_equal(ours, binomial, rtol=1e-7, atol=1e-9)


@each
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_slopes_are_those_of_differences(family, kind):
    fitted = fit_of(family)
    people = population(fitted, None, ())
    response = response_of(fitted, "marginal_effects")
    functional = response.average_slope(slope_of(people, "x"), people.weights, kind)
    check_gradient(fitted.estimate, functional)


@each
def test_gradients_of_averages_are_those_of_differences(family):
    fitted = fit_of(family)
    people = population(fitted, None, ())
    functional = response_of(fitted, "predictions").average(people.coded(), people.weights)
    check_gradient(fitted.estimate, functional)


def check_gradient(estimate, functional) -> None:
    """Analytical gradients against differences of the fourth order, in standard errors of gamma."""
    ours = functional(estimate).gradient @ np.eye(len(estimate.names))[:, estimate.kept]
    steps = 1e-3 * np.sqrt(np.diag(estimate.covariance))
    moved = np.diag(steps)

    def value(shift):
        return functional(replace(estimate, gamma=estimate.gamma + shift)).value

    for j, step in enumerate(steps):
        slope = 8 * (value(moved[j]) - value(-moved[j])) - (value(2 * moved[j]) - value(-2 * moved[j]))
        row = estimate.centring.rows_to_fitted(ours)[:, j]
        size = np.max(np.abs(ours)) + 1e-3
        np.testing.assert_allclose(row, slope / (12 * step), rtol=1e-8, atol=1e-8 * size)


def test_effects_do_not_depend_on_the_coding_of_factors(fit):
    other = fit_of(gk.Multinomial("all"), contrasts={"g": "sum"})
    numbers = ["estimate", "std_error"]
    np.testing.assert_allclose(
        other.marginal_effects().frame[numbers], fit.marginal_effects().frame[numbers], rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(
        other.emmeans("g").frame[numbers], fit.emmeans("g").frame[numbers], rtol=1e-6, atol=1e-9
    )


def test_effects_do_not_depend_on_the_order_of_the_rows(ordinal):
    other = fit_of(gk.Cumulative(), data=DATA.sample(frac=1.0, random_state=2))
    pd.testing.assert_frame_equal(
        other.marginal_effects().frame, ordinal.marginal_effects().frame, rtol=1e-7, atol=1e-9
    )


def test_a_row_of_frequency_two_counts_as_two_rows():
    weighted = fit_of(gk.Cumulative(), "y ~ x + g", freq_weights="k")
    repeated = fit_of(gk.Cumulative(), "y ~ x + g", DATA.loc[DATA.index.repeat(DATA["k"])])
    pd.testing.assert_frame_equal(
        weighted.marginal_effects().frame, repeated.marginal_effects().frame, rtol=1e-7, atol=1e-9
    )
    pd.testing.assert_frame_equal(
        weighted.emmeans("g", weights="proportional").frame,
        repeated.emmeans("g", weights="proportional").frame,
        rtol=1e-7,
        atol=1e-9,
    )


def test_an_offset_counts_in_means_and_effects():
    fitted = fit_of(gk.Cumulative(), "y ~ x + offset(z)")
    averages = fitted.fitted.mean().to_numpy()
    np.testing.assert_allclose(fitted.predictions().frame["estimate"], averages, rtol=1e-10)
    at = fitted.emmeans("1", at={"x": 0.0, "z": 2.0}).frame["estimate"]
    np.testing.assert_allclose(at, fitted.predict({"x": 0.0, "z": 2.0}).to_numpy()[0], rtol=1e-10)


def test_a_robust_covariance_is_used_and_named(fit):
    robust = fit.with_vcov("HC1")
    table, means = robust.comparisons("g"), robust.emmeans("g")
    assert "Standard errors: HC1." in str(table)
    assert "Standard errors: HC1." in str(means)
    assert not np.allclose(table.frame["std_error"], fit.comparisons("g").frame["std_error"], rtol=1e-3)


def test_counts_per_level_have_a_column_called_level():
    counts = pd.DataFrame(
        {"a": [5, 3, 8, 2], "b": [2, 4, 4, 6], "c": [3, 3, 1, 9], "x": [0.0, 1.0, 2.0, 4.0]}
    )
    fitted = gk.glm("cbind(a, b, c) ~ x", counts, gk.Multinomial())
    assert fitted.emmeans("1").frame.columns[0] == "level"
    assert fitted.predictions().frame["level"].tolist() == ["a", "b", "c"]


def test_levels_can_be_compared_within_a_group(fit):
    within = fit.emmeans("y | g").contrast("trt.vs.ctrl", ref="none", adjust="none").frame
    means = fit.emmeans("g").frame.set_index(["g", "y"])["estimate"]
    difference = means["b", "much"] - means["b", "none"]
    row = within[(within["contrast"] == "much - none") & (within["g"] == "b")]
    np.testing.assert_allclose(row["estimate"], difference, rtol=1e-12)


def test_probabilities_regrid_to_themselves(fit):
    means = fit.emmeans("g")
    assert means.regrid() is means


# ----------------------------------------------------------------------------- where it is hard


@pytest.fixture(scope="module")
def separated():
    data = pd.DataFrame(
        {"y": list("aabbabcccc"), "g": list("uuuuuuvvvv"), "x": [1.0, 2, 3, 1, 2, 3, 1, 2, 3, 1]}
    )
    with pytest.warns(gk.SeparationWarning):
        return gk.glm("y ~ g", data, gk.Multinomial())


def test_a_separated_cell_has_its_limit_and_no_error(separated):
    means = separated.emmeans("g")
    frame = means.frame.set_index(["g", "y"])
    assert frame.loc[("v", "c"), "estimate"] == 1.0
    assert np.isnan(frame.loc[("v", "c"), "std_error"])
    assert "NA: estimates are infinite" in str(means)


def test_effects_of_a_separated_fit_are_limits_without_errors(separated):
    table = separated.comparisons("g")
    np.testing.assert_allclose(table.frame["estimate"], [-0.5, -0.5, 1.0], atol=1e-8)
    assert table.frame["std_error"].isna().all()
    assert "NA: estimates are infinite." in str(table)


def test_an_empty_cell_is_not_estimable():
    data = DATA[~((DATA["g"] == "b") & (DATA["k"] == 2))]
    with pytest.warns(gk.AliasedWarning):
        fitted = gk.glm("y ~ g * factor(k)", data, gk.Cumulative())
    means = fitted.emmeans("g * k")
    lost = means.frame[(means.frame["g"] == "b") & (means.frame["k"] == 2)]
    assert lost["estimate"].isna().all()
    assert "NA: not estimable" in str(means)


def test_another_scale_is_refused(fit):
    with pytest.raises(gk.FitError, match="its means are probabilities"):
        fit.emmeans("g", scale="link")
    with pytest.raises(gk.FitError, match="several linear predictors"):
        fit.predictions(type="link")


def test_a_matrix_has_no_variables():
    X = np.column_stack([np.ones(N), DATA["x"]])
    fitted = gk.glm_fit(X, DATA["y"], gk.Multinomial(), names=["Intercept", "x"])
    with pytest.raises(gk.FitError, match="ready design matrix"):
        fitted.emmeans("x")
    with pytest.raises(gk.FitError, match="ready design matrix"):
        fitted.predictions()


def test_a_numeric_response_with_two_parts_is_refused():
    fitted = gk.glm("k / 4 ~ x", DATA, gk.Beta())
    for call in (
        lambda: fitted.emmeans("x"),
        fitted.marginal_effects,
        fitted.comparisons,
        fitted.predictions,
    ):
        with pytest.raises(gk.FitError, match="numeric response"):
            call()


def test_a_group_called_level_is_refused(fit):
    data = DATA.rename(columns={"g": "level"})
    with pytest.raises(gk.FitError, match="Rename"):
        gk.glm("y ~ x + level", data, gk.Multinomial()).predictions(by="level")


def test_one_offset_for_several_unordered_levels_is_refused(fit):
    with pytest.raises(gk.DataError, match="no offset of one column"):
        fit.emmeans("g", offset=0.5)


def test_offsets_that_no_column_holds_are_refused(fit):
    offset = np.outer(np.ones(N), [0.0, 0.1, 0.2, 0.3])
    shifted = replace(fit, fit=replace(fit.fit, problem=replace(fit.fit.problem, offset=offset)))
    with pytest.raises(gk.FitError, match="offsets of the levels"):
        shifted.predictions()
