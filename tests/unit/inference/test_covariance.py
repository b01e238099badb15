"""Other covariances: what they are when they must be something known, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk


@pytest.fixture(scope="module")
def data():
    return gk.load_dataset("warpbreaks").assign(
        lot=np.tile(np.arange(9), 6), shift=np.repeat(np.arange(6), 9), day=np.arange(54) + 20_000.0
    )


@pytest.fixture(scope="module")
def fit(data):
    return gk.glm("breaks ~ wool + tension + day", data, "poisson")


@pytest.fixture(scope="module")
def linear(data):
    return gk.glm("breaks ~ wool + tension", data)


# ------------------------------------------------------------------ identities


def test_cr2_of_single_rows_is_hc2(fit):
    by_row = fit.with_vcov("CR2", cluster=np.arange(54))
    np.testing.assert_allclose(by_row.vcov(), fit.with_vcov("HC2").vcov(), rtol=1e-9)


def test_cr2_is_unbiased_for_normal_data_of_one_variance(linear):
    # the meat is a quadratic form in y: its mean under the model is exactly the information
    moments = linear.with_vcov("CR2", cluster="lot").estimate.small_sample
    eye = np.eye(4) @ np.linalg.cholesky(np.linalg.inv(moments.inverse))
    z = eye.T @ moments.inverse
    parts = moments._parts(z)
    mean = np.array([[parts.total(s, t) for t in range(4)] for s in range(4)])
    np.testing.assert_allclose(mean, np.eye(4), atol=1e-10)


def test_many_rows_have_the_degrees_of_freedom_of_each(linear):
    estimate = linear.with_vcov("CR2", cluster="lot").estimate
    rows = linear.design.to_numpy()
    one_by_one = np.concatenate([estimate.df_of(row[None, :]) for row in rows])
    np.testing.assert_allclose(estimate.df_of(rows), one_by_one, rtol=1e-9)


@pytest.mark.parametrize("kind", ["CR1", "CR2"])
def test_frequencies_stand_for_rows_of_a_cluster(kind, data):
    counts = np.resize([1, 2, 0, 3], 54)
    weighted = gk.glm("breaks ~ wool + tension", data, "poisson", freq_weights=counts)
    repeated = gk.glm("breaks ~ wool + tension", data.loc[data.index.repeat(counts)], "poisson")
    got, expected = weighted.with_vcov(kind, cluster="lot"), repeated.with_vcov(kind, cluster="lot")
    np.testing.assert_allclose(got.std_error, expected.std_error, rtol=1e-9)
    np.testing.assert_allclose(got.estimate.coef_df, expected.estimate.coef_df, rtol=1e-8)


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR1S"])
def test_the_same_clusters_twice_are_one_way(kind, fit):
    twice = fit.with_vcov(kind, cluster=["lot", "lot"])
    np.testing.assert_allclose(twice.vcov(), fit.with_vcov(kind, cluster="lot").vcov(), rtol=1e-12)


def test_two_way_is_the_sum_less_the_intersection(linear):
    two = linear.with_vcov("CR0", cluster=["lot", "shift"]).vcov()
    parts = [linear.with_vcov("CR0", cluster=c).vcov() for c in ("lot", "shift", np.arange(54))]
    values, vectors = np.linalg.eigh(parts[0] + parts[1] - parts[2])
    np.testing.assert_allclose(two, (vectors * np.maximum(values, 0)) @ vectors.T, rtol=1e-9, atol=1e-12)


def test_negative_eigenvalues_are_said(data):
    fit = gk.glm("breaks ~ wool * tension", data, "poisson").with_vcov("CR1", cluster=["lot", "shift"])
    assert "negative eigenvalues set to 0" in str(fit.summary())


def test_no_lags_are_hc0(fit):
    np.testing.assert_allclose(
        fit.with_vcov("HAC", lags=0).vcov(), fit.with_vcov("HC0").vcov(), rtol=1e-9, atol=1e-12
    )


def test_hac_is_the_weighted_sum_of_autocovariances(linear):
    scores = linear.design.to_numpy() * linear.residuals("response").to_numpy()[:, None]
    products = [scores[lag:].T @ scores[: 54 - lag] for lag in range(3)]
    meat = products[0] + sum((1 - lag / 3) * (products[lag] + products[lag].T) for lag in (1, 2))
    bread = np.linalg.inv(linear.design.T @ linear.design)
    np.testing.assert_allclose(linear.with_vcov("HAC", lags=2).vcov(), bread @ meat @ bread, rtol=1e-9)


@pytest.mark.parametrize("lags", [0, 53])
def test_any_number_of_lags_up_to_the_last_row_is_taken(lags, linear):
    assert np.all(np.isfinite(linear.with_vcov("HAC", lags=lags).std_error))


def test_lags_follow_newey_and_west_by_default(fit):
    assert "3 lags" in fit.with_vcov("HAC").estimate.label


def test_each_covariance_starts_from_the_fit_itself(linear):
    again = linear.with_vcov("CR2", cluster="lot").with_vcov("HC0")
    pd.testing.assert_frame_equal(again.tidy(), linear.with_vcov("HC0").tidy())


def test_rows_of_zero_weight_are_no_clusters(data):
    weights = np.where(data["lot"] == 8, 0.0, 1.0)
    zero = gk.glm("breaks ~ wool + tension", data, "poisson", weights=weights)
    without = gk.glm("breaks ~ wool + tension", data[data["lot"] < 8], "poisson")
    got, expected = (f.with_vcov("CR1", cluster="lot") for f in (zero, without))
    assert got.estimate.label == "CR1, 8 clusters"
    np.testing.assert_allclose(got.std_error, expected.std_error, rtol=1e-9)


# ------------------------------------------------------------------ a matrix


def test_the_fits_own_covariance_changes_no_error(fit):
    given = fit.with_vcov(fit.vcov())
    np.testing.assert_allclose(given.std_error, fit.std_error, rtol=1e-7)  # day is 20,000 away from zero
    assert given.estimate.label == "given matrix"


def test_a_matrix_with_names_is_matched_by_them(fit):
    turned = fit.vcov().iloc[::-1, ::-1]
    np.testing.assert_allclose(fit.with_vcov(turned).std_error, fit.std_error, rtol=1e-7)


def test_a_matrix_over_the_estimated_coefficients_serves_too():
    trees = gk.load_dataset("trees").assign(twice=lambda d: 2 * d["Girth"])
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("Volume ~ Girth + twice + Height", trees)
    whole, kept = fit.with_vcov(fit.vcov()), fit.with_vcov(fit.vcov(complete=False))
    np.testing.assert_array_equal(whole.std_error, kept.std_error)
    np.testing.assert_allclose(kept.std_error, fit.std_error, rtol=1e-9)


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        (np.eye(3), "shape"),
        (np.ones((4, 4)) - 2 * np.eye(4), "diagonal"),
        (np.eye(4) + np.eye(4, k=1), "symmetric"),
        (3 * np.eye(4) - 2 * np.ones((4, 4)) + np.eye(4), "semidefinite"),
        (np.full((4, 4), np.nan), "missing"),
        ([["a"]], "numbers"),
        (pd.DataFrame(np.eye(4)), "lacks"),
        (7, "shape"),
    ],
)
def test_a_matrix_that_is_no_covariance_is_refused(matrix, says, linear):
    with pytest.raises(gk.DataError, match=says):
        linear.with_vcov(matrix)


def test_the_matrix_given_is_not_modified(linear):
    matrix = linear.vcov()
    before = matrix.copy()
    linear.with_vcov(matrix).summary()
    pd.testing.assert_frame_equal(matrix, before)


# ------------------------------------------------------------------ everything later uses it


def test_intervals_use_each_coefficients_own_degrees_of_freedom(linear):
    from scipy import stats

    fit = linear.with_vcov("CR2", cluster="lot")
    half = stats.t.ppf(0.975, fit.estimate.coef_df) * fit.std_error
    np.testing.assert_allclose(fit.confint("wald")["conf_high"], fit.coef + half, rtol=1e-10)


def test_intervals_of_predictions_use_their_own_degrees_of_freedom(linear):
    from scipy import stats

    fit = linear.with_vcov("CR2", cluster="lot")
    predicted = fit.predict(se=True, interval="mean")
    df = fit.estimate.df_of(fit.design.to_numpy())
    high = predicted["fit"] + stats.t.ppf(0.975, df) * predicted["se"]
    np.testing.assert_allclose(predicted["conf_high"], high, rtol=1e-10)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("HC4", {}), ("CR1", {"cluster": "lot"}), ("CR2", {"cluster": "lot"}), ("HAC", {"lags": 2})],
)
def test_standard_errors_of_predictions_follow(kind, options, linear):
    fit = linear.with_vcov(kind, **options)
    rows = fit.design.to_numpy()
    expected = np.sqrt(np.einsum("ij,jk,ik->i", rows, fit.vcov(), rows))
    np.testing.assert_allclose(fit.predict(se=True)["se"], expected, rtol=1e-9)


def test_the_summary_has_the_degrees_of_freedom_and_says_why(linear):
    report = linear.with_vcov("CR2", cluster="lot").summary()
    assert "CR2, 9 clusters, Satterthwaite df" in str(report)
    assert list(report.tables["coefficients"])[:4] == ["estimate", "std_error", "df", "statistic"]


def test_a_dispersion_does_not_go_with_a_covariance_that_has_none(linear):
    with pytest.raises(gk.FitError, match="does not depend on the dispersion"):
        linear.with_vcov("HC0").summary(dispersion=1.0)


# ------------------------------------------------------------------ alignment


def test_labels_over_the_rows_used_are_those_over_the_data(data):
    with_gaps = data.assign(day=np.where(data.index % 10 == 3, np.nan, data["day"]))
    with pytest.warns(gk.DroppedRowsWarning):
        fit = gk.glm("breaks ~ wool + day", with_gaps, "poisson")
    used = with_gaps.loc[with_gaps["day"].notna(), ["lot", "shift"]]
    for cluster in (used["lot"], used["lot"].to_numpy(), with_gaps["lot"], with_gaps["lot"].to_numpy()):
        np.testing.assert_allclose(
            fit.with_vcov("CR1", cluster=cluster).std_error,
            fit.with_vcov("CR1", cluster="lot").std_error,
            rtol=1e-12,
        )
    for pair in (used, with_gaps[["lot", "shift"]], [used["lot"], "shift"], used.to_numpy()):
        np.testing.assert_allclose(
            fit.with_vcov("CR0", cluster=pair).std_error,
            fit.with_vcov("CR0", cluster=["lot", "shift"]).std_error,
            rtol=1e-12,  # clusters are summed in another order
        )


def test_a_frame_in_another_order_is_matched_by_its_labels(fit, data):
    turned = data.iloc[::-1][["lot", "shift"]]
    np.testing.assert_allclose(
        fit.with_vcov("CR0", cluster=turned).std_error,
        fit.with_vcov("CR0", cluster=["lot", "shift"]).std_error,
        rtol=1e-12,  # clusters are summed in another order
    )


@pytest.mark.parametrize(
    "label",
    [
        lambda lot: pd.Timestamp("2020-01-01") + pd.to_timedelta(lot, unit="D"),
        lambda lot: 2**60 + lot,
        lambda lot: lot.astype(str),
        lambda lot: lot.astype("Int64"),
        lambda lot: pd.Series([("lot", int(one)) for one in lot]),
        lambda lot: (2**60 + lot).to_numpy(),
    ],
)
def test_labels_of_any_kind_are_told_apart(label, fit, data):
    labelled = fit.with_vcov("CR1", cluster=label(data["lot"]))
    np.testing.assert_array_equal(labelled.std_error, fit.with_vcov("CR1", cluster="lot").std_error)


@pytest.mark.parametrize("missing", [pd.NaT, None, np.nan])
def test_a_missing_label_of_any_kind_is_refused(missing, fit, data):
    labels = data["lot"].astype(object).where(data.index != 7, missing)
    with pytest.raises(gk.DataError, match=r"missing in 1 rows .*7"):
        fit.with_vcov("CR1", cluster=labels)


def test_a_missing_second_label_is_refused_with_its_row(fit, data):
    shift = data["shift"].astype(float).mask(data.index == 7)
    with pytest.raises(gk.DataError, match=r"missing in 1 rows .*7"):
        fit.with_vcov("CR1", cluster=[data["lot"], shift])


@pytest.mark.parametrize(
    ("kind", "options", "error", "says"),
    [
        ("CR1", {"cluster": ["lot", "shift", "wool"]}, gk.DataError, "3 columns"),
        ("CR2", {"cluster": ["lot", "shift"]}, gk.FitError, "one kind"),
        ("HC1", {"lags": 2}, gk.FitError, "HAC"),
        ("HAC", {"cluster": "lot"}, gk.FitError, "cluster"),
        ("HAC", {"lags": -1}, gk.FitError, "number of lags"),
        ("HAC", {"lags": 54}, gk.FitError, "53"),
        ("HAC", {"lags": 1.5}, gk.FitError, "number of lags"),
        ("CR1", {"cluster": "lto"}, gk.GlmkitError, "lot"),
    ],
)
def test_what_does_not_go_together_is_refused(kind, options, error, says, fit):
    with pytest.raises(error, match=says):
        fit.with_vcov(kind, **options)


def test_hac_refuses_rows_that_stand_for_several(data):
    fit = gk.glm("breaks ~ wool", data, "poisson", freq_weights=np.resize([1, 2], 54))
    with pytest.raises(gk.FitError, match="freq_weights"):
        fit.with_vcov("HAC")


def test_residuals_that_are_all_zero_make_no_covariance():
    fit = gk.glm("y ~ x", pd.DataFrame({"y": [1.0, 3.0], "x": [0.0, 1.0]}))
    with pytest.raises(gk.FitError, match="all zero"):
        fit.with_vcov("HC1")


def test_a_coefficient_fixed_by_the_edge_has_no_error_and_the_others_do():
    edge = pd.DataFrame({"y": [0, 0, 1, 2, 4, 5, 7, 6], "x": np.arange(8.0)})
    with pytest.warns(gk.BoundaryWarning):
        fit = gk.glm("y ~ x", edge, gk.Poisson("identity"))
    robust = fit.with_vcov("HC0")
    assert robust.std_error["Intercept"] == 0
    assert robust.std_error["x"] > 0
    with pytest.raises(gk.FitError, match="without variance"):
        robust.test("Intercept = 0, x = 0")


def test_an_infinite_estimate_has_no_other_covariance():
    separated = pd.DataFrame({"y": [0, 0, 0, 1, 1, 1], "x": np.arange(6.0)})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", separated, "binomial")
    with pytest.raises(gk.FitError, match="infinite"):
        fit.with_vcov("HC0")
