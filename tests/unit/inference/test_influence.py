"""Leverage and deletion: identities with fits that really leave the row out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

MEASURES = ("hatvalues", "rstandard", "rstudent", "cooks_distance", "dffits", "covratio", "dfbeta", "dfbetas")
# In a linear model one step is the whole way: what is left is rounding.
EXACT = 1e-9


@pytest.fixture(scope="module")
def trees():
    return gk.load_dataset("trees")


@pytest.fixture(scope="module")
def fit(trees):
    return gk.glm("Volume ~ Girth + Height", trees)


@pytest.fixture(scope="module")
def without(trees):
    return [gk.glm("Volume ~ Girth + Height", trees.drop(index=i)) for i in trees.index]


def test_leverages_sum_to_the_rank(fit):
    assert fit.hatvalues().sum() == pytest.approx(fit.rank, rel=1e-12)


def test_dfbeta_is_the_change_of_a_linear_fit_without_the_row(fit, without):
    changes = np.array([fit.coef - other.coef for other in without])
    np.testing.assert_allclose(fit.dfbeta(), changes, rtol=1e-7, atol=EXACT)


def test_rstudent_is_the_distance_from_the_fit_without_the_row(fit, without, trees):
    ahead = [other.predict(trees.loc[[i]], se=True).iloc[0] for i, other in enumerate(without)]
    error = [np.sqrt(other.dispersion + row["se"] ** 2) for other, row in zip(without, ahead, strict=True)]
    distance = (trees["Volume"] - [row["fit"] for row in ahead]) / error
    np.testing.assert_allclose(fit.rstudent(), distance, rtol=EXACT)


def test_dffits_is_the_change_of_the_rows_own_fit_in_standard_errors(fit, without, trees):
    change = fit.fitted - [other.predict(trees.loc[[i]]).iloc[0] for i, other in enumerate(without)]
    error = np.sqrt([other.dispersion for other in without] * fit.hatvalues())
    np.testing.assert_allclose(fit.dffits(), change / error, rtol=1e-8)


def test_cooks_distance_is_the_squared_change_of_all_fitted_values(fit, without, trees):
    changes = np.array([fit.fitted - other.predict(trees) for other in without])
    distance = np.sum(changes**2, axis=1) / (fit.rank * fit.dispersion)
    np.testing.assert_allclose(fit.cooks_distance(), distance, rtol=1e-7)


def test_covratio_is_the_ratio_of_determinants(fit, without):
    ratio = [np.linalg.det(other.vcov()) / np.linalg.det(fit.vcov()) for other in without]
    np.testing.assert_allclose(fit.covratio(), ratio, rtol=1e-7)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_row_of_frequency_k_is_k_rows(measure):
    data = gk.load_dataset("warpbreaks").iloc[::3].reset_index(drop=True)
    counts = np.resize([1, 2, 3], len(data))
    weighted = gk.glm("breaks ~ wool + tension", data, "Gamma", freq_weights=counts)
    replicated = gk.glm("breaks ~ wool + tension", data.loc[data.index.repeat(counts)], "Gamma")
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    expected = getattr(replicated, measure)().to_numpy()[first]
    np.testing.assert_allclose(getattr(weighted, measure)(), expected, rtol=1e-7, atol=1e-10)


@pytest.mark.filterwarnings("ignore::glmkit.errors.DroppedRowsWarning")
@pytest.mark.parametrize("measure", [*MEASURES, "influence"])
def test_excluded_rows_are_padded(measure):
    data = gk.load_dataset("trees").astype(float)
    data.loc[3, "Girth"] = np.nan
    got = getattr(gk.glm("Volume ~ Girth + Height", data, na_action="exclude"), measure)()
    frame = got.frame if measure == "influence" else got
    assert len(frame) == len(data)
    assert np.all(np.isnan(frame.loc[3]))
    assert not np.any(np.isnan(frame.drop(index=3)))


def test_a_row_of_weight_zero_has_no_leverage_and_nothing_else():
    data = gk.load_dataset("trees").assign(w=np.where(np.arange(31) == 4, 0.0, 1.0))
    row = gk.glm("Volume ~ Girth", data, weights="w").influence().loc[4]
    assert row["hat"] == 0.0
    assert row.drop("hat").isna().all()


def test_a_fit_without_residual_df_has_leverage_one_and_nothing_else():
    fit = gk.glm("y ~ x", {"y": [1.0, 3.0], "x": [0.0, 1.0]}, "poisson")
    frame = fit.influence().frame
    assert frame["hat"].tolist() == [1.0, 1.0]
    assert frame.drop(columns="hat").isna().all(axis=None)


def test_one_residual_df_leaves_none_without_a_row():
    fit = gk.glm("y ~ x", {"y": [3.0, 5.0, 2.0], "x": [1.0, 2.0, 3.0]})
    assert fit.rstudent().isna().all()
    np.testing.assert_allclose(fit.rstandard().abs(), 1.0, rtol=1e-10)


@pytest.mark.filterwarnings("ignore::glmkit.errors.AliasedWarning")
def test_aliased_coefficients_do_not_change():
    data = gk.load_dataset("trees").assign(twice=lambda d: 2 * d["Girth"])
    change = gk.glm("Volume ~ Girth + twice", data).dfbeta()
    assert change["twice"].isna().all()
    assert change.drop(columns="twice").notna().all(axis=None)


@pytest.mark.filterwarnings("ignore::glmkit.errors.SeparationWarning")
def test_infinite_coefficients_do_not_change():
    fit = gk.glm("y ~ x", {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6]}, "binomial")
    assert fit.dfbeta().isna().all(axis=None)


def test_a_far_column_does_not_cost_digits():
    data = gk.load_dataset("trees").assign(date=lambda d: d["Girth"] + 1e9)
    near, far = gk.glm("Volume ~ Girth", data), gk.glm("Volume ~ date", data)
    # 1e9 + x keeps x to 1e-7
    np.testing.assert_allclose(far.dfbeta()["date"], near.dfbeta()["Girth"], rtol=1e-5, atol=1e-7)


def test_a_ready_matrix_has_the_measures_of_the_formula(fit, trees):
    X = np.column_stack([np.ones(31), trees[["Girth", "Height"]]])
    ready = gk.glm_fit(X, trees["Volume"])
    np.testing.assert_allclose(ready.influence().frame, fit.influence().frame, rtol=1e-9)


def test_an_unknown_kind_of_residual_is_refused(fit):
    with pytest.raises(gk.FitError, match=r'"deviance", "pearson"'):
        fit.rstandard("working")


def test_a_far_row_is_named_and_so_is_the_rule(fit):
    assert fit.influence().notes == ("Rows with |DFFITS| > 3 sqrt(p/(n - p)): 30.",)


def test_inflation_of_two_columns_is_that_of_their_correlation(fit, trees):
    r2 = np.corrcoef(trees["Girth"], trees["Height"])[0, 1] ** 2
    np.testing.assert_allclose(fit.vif()["gvif"], 1 / (1 - r2), rtol=1e-10)


def test_inflation_does_not_depend_on_the_coding():
    data = gk.load_dataset("birthwt")
    formula = "low ~ age + lwt + C(race, {}) + smoke"
    treatment, sums = (gk.glm(formula.format(c), data, "binomial").vif() for c in ("Treatment", "Sum"))
    np.testing.assert_allclose(treatment["gvif"], sums["gvif"], rtol=1e-9)


def test_inflation_follows_the_covariance_in_use(fit):
    robust = fit.with_vcov("HC1").vif()
    v = fit.with_vcov("HC1").vcov().loc["Girth":, "Girth":].to_numpy()
    assert robust["gvif"].iloc[0] == pytest.approx(1 / (1 - v[0, 1] ** 2 / (v[0, 0] * v[1, 1])), rel=1e-10)
    assert robust.notes == ("Covariance: HC1.",)


def test_one_term_has_nothing_to_be_inflated_by(trees):
    with pytest.raises(gk.FitError, match="1 estimated term"):
        gk.glm("Volume ~ Girth", trees).vif()


@pytest.mark.filterwarnings("ignore::glmkit.errors.SeparationWarning")
def test_inflation_of_an_infinite_coefficient_is_refused():
    data = {"y": [0, 0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 5, 6], "z": [1.0, 0, 2, 1, 0, 2]}
    with pytest.raises(gk.FitError, match="no finite estimate"):
        gk.glm("y ~ x + z", data, "binomial").vif()


@pytest.mark.filterwarnings("ignore::glmkit.errors.AliasedWarning")
def test_inflation_leaves_aliased_columns_out_and_says_so(trees):
    table = gk.glm("Volume ~ Girth + Height + I(2 * Girth)", trees).vif()
    assert list(table.index) == ["Girth", "Height"]
    assert table.notes == ("Aliased, and left out: I(2 * Girth).",)


def test_the_frame_is_not_a_view_of_the_data(trees):
    before = trees.copy()
    gk.glm("Volume ~ Girth + Height", trees).dfbetas()
    pd.testing.assert_frame_equal(trees, before)
