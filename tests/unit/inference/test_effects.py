"""Marginal effects, comparisons and average predictions: closed forms, invariance, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glmkit as gk

BIRTHS = gk.load_dataset("birthwt")
WARP = gk.load_dataset("warpbreaks")
CLAIMS = gk.load_dataset("insurance_claims")
EXACT = 1e-10


@pytest.fixture(scope="module")
def births():
    return gk.glm("low ~ smoke + age * lwt + factor(race)", BIRTHS, "binomial")


@pytest.fixture(scope="module")
def warp():
    return gk.glm("breaks ~ wool * tension", WARP, "poisson")


def estimates(table) -> np.ndarray:
    return table.frame["estimate"].to_numpy()


def numbers(table) -> np.ndarray:
    return table.frame.select_dtypes("float").to_numpy()


# ----------------------------------------------------------------------------- closed forms


def test_the_average_prediction_of_a_canonical_fit_is_the_mean_response(births):
    assert estimates(births.predictions())[0] == pytest.approx(BIRTHS["low"].mean(), rel=1e-9)


def test_predictions_by_a_factor_of_the_model_are_its_means(warp):
    expected = WARP.groupby("tension", observed=True)["breaks"].mean()
    frame = warp.predictions(by="tension").frame
    assert frame["tension"].tolist() == ["L", "M", "H"]  # in the order of the levels
    np.testing.assert_allclose(frame["estimate"], expected, rtol=1e-9)


def test_the_slope_of_a_line_is_its_coefficient():
    fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
    frame = fit.marginal_effects().frame
    np.testing.assert_allclose(frame["estimate"], fit.coef[1:], rtol=1e-9)
    np.testing.assert_allclose(frame["std_error"], fit.std_error[1:], rtol=1e-9)
    np.testing.assert_allclose(frame["p_value"], fit.p_value[1:], rtol=1e-7)


def test_the_slope_of_a_logarithm_follows_the_variable():
    trees = gk.load_dataset("trees")
    fit = gk.glm("Volume ~ log(Girth)", trees)
    expected = fit.coef["log(Girth)"] * np.mean(1 / trees["Girth"])
    assert estimates(fit.marginal_effects("Girth"))[0] == pytest.approx(expected, rel=1e-9)


def test_a_value_near_the_end_of_the_domain_has_a_slope():
    data = pd.DataFrame({"x": [1e-4, 1.0, 10.0, 50.0, 90.0], "y": [1.0, 3, 4, 4.5, 5]})
    fit = gk.glm("y ~ log(x)", data)
    expected = fit.coef["log(x)"] * np.mean(1 / data["x"])
    assert estimates(fit.marginal_effects("x"))[0] == pytest.approx(expected, rel=1e-8)


def test_the_elasticity_of_a_power_law_is_its_exponent():
    fit = gk.glm("Volume ~ log(Girth) + log(Height)", gk.load_dataset("trees"), gk.Gamma("log"))
    frame = fit.marginal_effects(kind="eyex").frame
    np.testing.assert_allclose(frame["estimate"], fit.coef[1:], rtol=1e-9)
    np.testing.assert_allclose(frame["std_error"], fit.std_error[1:], rtol=1e-8)


def test_the_semi_elasticity_of_a_log_link_is_its_coefficient():
    fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"), gk.Gamma("log"))
    np.testing.assert_allclose(estimates(fit.marginal_effects(kind="eydx")), fit.coef[1:], rtol=1e-9)


def test_standard_errors_are_those_of_the_delta_method(births):
    """Against differences of the average slope by each coefficient."""
    data, beta, step = births.frame.design.dense(), births.coef.to_numpy(), 1e-6

    def average(coef):
        mean = 1 / (1 + np.exp(-data @ coef))
        slope = coef[list(births.coef.index).index("age")]
        slope = slope + coef[list(births.coef.index).index("age:lwt")] * BIRTHS["lwt"].to_numpy()
        return np.mean(mean * (1 - mean) * slope)

    jacobian = [(average(beta + step * e) - average(beta - step * e)) / (2 * step) for e in np.eye(len(beta))]
    error = np.sqrt(np.array(jacobian) @ births.vcov().to_numpy() @ np.array(jacobian))
    # central differences with a step of 1e-6 are good to about 1e-6 where coefficients differ in size
    assert births.marginal_effects("age").frame["std_error"][0] == pytest.approx(error, rel=1e-4)


def test_a_ratio_in_a_log_link_without_interaction_is_the_rate_ratio():
    fit = gk.glm("breaks ~ wool + tension", WARP, "poisson")
    frame = fit.comparisons("wool", comparison="ratio").frame
    low, high = np.exp(fit.confint("wald").loc["wool[T.B]"])
    assert frame["estimate"][0] == pytest.approx(np.exp(fit.coef["wool[T.B]"]), rel=EXACT)
    np.testing.assert_allclose(frame[["conf_low", "conf_high"]].iloc[0], [low, high], rtol=1e-9)


def test_standardised_risks_follow_from_predictions_under_both_values(births):
    risk = [births.predict(BIRTHS.assign(smoke=value)).mean() for value in (0, 1)]
    ask = {"smoke": (0, 1)}
    assert estimates(births.comparisons(ask))[0] == pytest.approx(risk[1] - risk[0], rel=EXACT)
    ratio = births.comparisons(ask, comparison="ratio")
    assert estimates(ratio)[0] == pytest.approx(risk[1] / risk[0], rel=EXACT)
    lift = births.comparisons(ask, comparison="lift")
    assert estimates(lift)[0] == pytest.approx(risk[1] / risk[0] - 1, rel=EXACT)
    odds = births.comparisons(ask, comparison="odds_ratio")
    assert estimates(odds)[0] == pytest.approx(risk[1] / (1 - risk[1]) * (1 - risk[0]) / risk[0], rel=EXACT)


def test_the_number_needed_to_treat_is_one_over_the_difference(births):
    difference = births.comparisons({"smoke": (0, 1)}).frame.iloc[0]
    number = births.comparisons({"smoke": (0, 1)}, comparison="nnt").frame.iloc[0]
    assert number["estimate"] == pytest.approx(1 / difference["estimate"], rel=EXACT)
    assert number["conf_low"] == pytest.approx(1 / difference["conf_high"], rel=EXACT)


def test_a_number_needed_to_treat_without_a_sign_has_no_interval(births):
    assert births.comparisons("age", comparison="nnt").frame["conf_low"].isna().all()


def test_an_effect_at_the_means_is_that_of_one_row(births):
    row = {"smoke": 0, "age": BIRTHS["age"].mean(), "lwt": BIRTHS["lwt"].mean(), "race": 1}
    at_means = births.marginal_effects("age", at="means")
    np.testing.assert_allclose(
        numbers(at_means), numbers(births.marginal_effects("age", newdata=row)), rtol=1e-9
    )


def test_values_given_by_at_make_a_row_each(births):
    frame = births.predictions(at={"smoke": [0, 1], "age": [20, 30]}).frame
    assert frame[["smoke", "age"]].to_numpy().tolist() == [[0, 20], [0, 30], [1, 20], [1, 30]]


def test_a_standard_deviation_is_centred(births):
    half, age = BIRTHS["age"].std() / 2, BIRTHS["age"]
    ends = [births.predict(BIRTHS.assign(age=age + shift)).mean() for shift in (-half, half)]
    assert estimates(births.comparisons({"age": "sd"}))[0] == pytest.approx(ends[1] - ends[0], rel=1e-9)


# ----------------------------------------------------------------------------- rows and offsets


def test_frequency_weights_are_rows_repeated():
    data = BIRTHS.assign(k=1 + BIRTHS["age"] % 3)
    formula = "low ~ smoke + age + lwt"
    counted = gk.glm(formula, data, "binomial", freq_weights="k")
    repeated = gk.glm(formula, data.loc[data.index.repeat(data["k"])], "binomial")
    for ask in ("sd", "iqr", 1.0):
        own, other = (fit.comparisons({"age": ask}) for fit in (counted, repeated))
        np.testing.assert_allclose(numbers(own), numbers(other), rtol=1e-8)
    np.testing.assert_allclose(
        numbers(counted.marginal_effects()), numbers(repeated.marginal_effects()), rtol=1e-8
    )


def test_rows_of_weight_zero_do_not_count():
    data = BIRTHS.assign(w=np.where(BIRTHS["race"] == 3, 0.0, 1.0))
    formula = "low ~ smoke + age"
    zero = gk.glm(formula, data, "binomial", weights="w").marginal_effects()
    left_out = gk.glm(formula, data[data["w"] > 0], "binomial").marginal_effects()
    np.testing.assert_allclose(numbers(zero), numbers(left_out), rtol=1e-7)


def test_a_missing_value_of_a_grouping_column_is_a_group_of_its_own(births):
    data = BIRTHS.assign(site=["u", "v", None] * 63)
    fit = gk.glm("low ~ smoke + age", data, "binomial")
    frame = fit.predictions(by="site").frame
    assert frame["site"].tolist()[:2] == ["u", "v"]
    assert frame["site"].isna().tolist() == [False, False, True]
    expected = [fit.fitted[data["site"] == "u"].mean(), fit.fitted[data["site"].isna()].mean()]
    np.testing.assert_allclose(frame["estimate"][[0, 2]], expected, rtol=EXACT)


def test_left_out_rows_do_not_count():
    data = BIRTHS.assign(age=BIRTHS["age"].where(BIRTHS["race"] != 2))
    with pytest.warns(gk.DroppedRowsWarning):
        padded = gk.glm("low ~ age + smoke", data, "binomial", na_action="exclude", subset="lwt > 100")
    used = data[(data["lwt"] > 100) & data["age"].notna()]
    plain = gk.glm("low ~ age + smoke", used, "binomial")
    np.testing.assert_allclose(
        numbers(padded.marginal_effects(by="race")), numbers(plain.marginal_effects(by="race")), rtol=1e-7
    )


@pytest.mark.parametrize(
    "given", [{"offset": "log(Holders)"}, {"exposure": "Holders"}, {"offset": np.log(CLAIMS["Holders"])}]
)
def test_an_offset_counts_however_it_was_given(given):
    expected = gk.glm("Claims ~ District + offset(log(Holders))", CLAIMS, "poisson")
    fit = gk.glm("Claims ~ District", CLAIMS, "poisson", **given)
    np.testing.assert_allclose(numbers(fit.comparisons()), numbers(expected.comparisons()), rtol=1e-9)


def test_an_offset_expression_is_evaluated_on_new_data():
    fit = gk.glm("Claims ~ District", CLAIMS, "poisson", offset="log(Holders)")
    part = CLAIMS.head(10)
    expected = fit.predict(part).mean()
    assert estimates(fit.predictions(newdata=part))[0] == pytest.approx(expected, rel=EXACT)


def test_an_offset_given_as_values_has_none_for_new_data():
    fit = gk.glm("Claims ~ District", CLAIMS, "poisson", exposure=CLAIMS["Holders"].to_numpy())
    with pytest.raises(gk.DataError, match="exposure= given as values"):
        fit.predictions(newdata=CLAIMS)


def test_an_offset_of_the_variable_is_part_of_its_slope():
    fit = gk.glm("Claims ~ District + offset(log(Holders))", CLAIMS, "poisson")
    expected = (fit.fitted / CLAIMS["Holders"]).mean()
    assert estimates(fit.marginal_effects("Holders"))[0] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("convert", [pl.from_pandas, lambda d: d.to_dict("list"), lambda d: d])
def test_new_data_of_every_kind_are_read(births, convert):
    own = births.marginal_effects("age", newdata=convert(BIRTHS))
    np.testing.assert_allclose(numbers(own), numbers(births.marginal_effects("age")), rtol=1e-9)


# ----------------------------------------------------------------------------- covariance, limits


def test_effects_take_the_covariance_in_use(warp):
    robust = warp.with_vcov("HC3")
    own = robust.comparisons("wool").frame["std_error"][0]
    assert own != warp.comparisons("wool").frame["std_error"][0]
    assert "HC3" in str(robust.comparisons("wool"))


def test_each_effect_has_degrees_of_freedom_of_its_own_with_few_clusters():
    data = BIRTHS.assign(cluster=BIRTHS["age"] % 9)
    fit = gk.glm("bwt ~ smoke + lwt", data).with_vcov("CR2", cluster="cluster")
    frame = fit.marginal_effects().frame
    np.testing.assert_allclose(frame["p_value"], fit.p_value[1:], rtol=1e-6)


def test_infinite_estimates_leave_effects_without_errors():
    data = pd.DataFrame({"f": list("aaabbb"), "y": [0, 0, 0, 0, 1, 1]})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ f", data, "binomial")
    table = fit.comparisons()
    assert table.frame["estimate"][0] == pytest.approx(2 / 3)
    assert np.isnan(table.frame["std_error"][0])
    assert "infinite" in str(table)


def test_effects_in_empty_cells_are_not_there():
    data = WARP[~((WARP["wool"] == "A") & (WARP["tension"] == "L"))]
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("breaks ~ wool * tension", data, "poisson")
    table = fit.predictions(at={"wool": ["A", "B"], "tension": "L"})
    assert table.frame["estimate"].isna().tolist() == [True, False]
    assert "no such cell" in str(table)


# ----------------------------------------------------------------------------- replicates


def test_replicates_give_their_own_errors_and_quantiles():
    fit = gk.glm("breaks ~ wool", WARP, "poisson")
    drawn = fit.bootstrap(199, seed=1)
    frame = fit.comparisons(comparison="ratio", replicates=drawn).frame
    expected = np.exp(drawn.confint().loc["wool[T.B]"])
    np.testing.assert_allclose(frame[["conf_low", "conf_high"]].iloc[0], expected, rtol=1e-8)
    assert frame["std_error"][0] == pytest.approx(
        drawn.std_error["wool[T.B]"] * frame["estimate"][0], rel=1e-8
    )


def test_replicates_of_another_fit_are_refused(warp):
    drawn = gk.glm("breaks ~ wool", WARP, "poisson").bootstrap(9, seed=1)
    with pytest.raises(gk.FitError, match="of another fit"):
        warp.comparisons(replicates=drawn)


# ----------------------------------------------------------------------------- invariance


@given(st.integers(0, 10_000), st.sampled_from(["treatment", "sum", "helmert", "poly"]))
@settings(deadline=None, max_examples=5)
def test_effects_do_not_depend_on_coding_or_on_the_order_of_rows(seed, coding):
    quine = gk.load_dataset("quine")
    formula = "Days ~ Eth * Sex + Age"
    plain = gk.glm(formula, quine, "poisson")
    other = gk.glm(
        formula,
        quine.sample(frac=1.0, random_state=seed),
        "poisson",
        contrasts=dict.fromkeys(("Eth", "Sex", "Age"), coding),
    )
    for ask in ("marginal_effects", "comparisons", "predictions"):
        own, expected = (getattr(fit, ask)(by="Lrn") for fit in (other, plain))
        assert own.frame.iloc[:, :2].equals(expected.frame.iloc[:, :2]) or ask == "predictions"
        np.testing.assert_allclose(numbers(own), numbers(expected), rtol=1e-7)
    at_means = [fit.marginal_effects(at="means") for fit in (other, plain)]
    np.testing.assert_allclose(*map(numbers, at_means), rtol=1e-7)


def test_a_change_of_units_changes_slopes_and_nothing_else():
    fit = gk.glm("low ~ lwt + age", BIRTHS, "binomial").marginal_effects().frame
    scaled = gk.glm("low ~ lwt + age", BIRTHS.assign(lwt=BIRTHS["lwt"] * 1000), "binomial")
    own = scaled.marginal_effects().frame
    np.testing.assert_allclose(own["estimate"] * [1000, 1], fit["estimate"], rtol=1e-8)
    np.testing.assert_allclose(own["statistic"], fit["statistic"], rtol=1e-7)


def test_true_and_false_are_levels():
    data = BIRTHS.assign(smokes=BIRTHS["smoke"] == 1)
    frame = gk.glm("low ~ smokes + age", data, "binomial").marginal_effects("smokes").frame
    expected = gk.glm("low ~ smoke + age", BIRTHS, "binomial").comparisons({"smoke": (0, 1)}).frame
    assert frame["contrast"].tolist() == ["True - False"]
    np.testing.assert_allclose(frame["estimate"], expected["estimate"], rtol=1e-9)


# ----------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: f.marginal_effects("agee"), "Did you mean 'age'"),
        (lambda f: f.marginal_effects(kind="dy"), "dydx, eyex, eydx, dyex"),
        (lambda f: f.marginal_effects(at="median"), '"means" or a dict'),
        (lambda f: f.marginal_effects(at="means", by="smoke"), "one point"),
        (lambda f: f.marginal_effects(at={"race": 7}), "level 7"),
        (lambda f: f.marginal_effects(at={"age": []}), "no values"),
        (lambda f: f.marginal_effects(by="town"), "by names 'town'"),
        (lambda f: f.comparisons(comparison="odds"), "difference, ratio, lift, odds_ratio, nnt"),
        (lambda f: f.comparisons({"age": "median"}), 'a step, two values, "sd" or "iqr"'),
        (lambda f: f.comparisons({"age": (1, np.nan)}), "a step, two values"),
        (lambda f: f.comparisons({"race": (1, 9)}), "two of its levels: 1, 2, 3"),
        (lambda f: f.predictions(type="terms"), '"response" or "link"'),
        (lambda f: f.predictions(level=95), "level"),
    ],
)
def test_what_cannot_be_is_refused_in_words(births, call, message):
    with pytest.raises(gk.FitError, match=message):
        call(births)


@pytest.mark.parametrize("term", ["cut(lwt, c(0, 120, 400))", "I(lwt > 120)", "(lwt > 120) * age"])
def test_slopes_of_what_goes_in_steps_are_refused(term):
    fit = gk.glm(f"low ~ {term} + smoke", BIRTHS, "binomial")
    with pytest.raises(gk.FitError, match="goes in steps"):
        fit.marginal_effects("lwt")
    assert np.isfinite(estimates(fit.comparisons({"lwt": (100, 140)}))).all()


def test_new_data_without_a_column_are_refused(births):
    with pytest.raises(gk.DataError, match="newdata lacks smoke"):
        births.predictions(newdata=BIRTHS.drop(columns="smoke"))


def test_new_data_with_missing_values_are_refused(births):
    with pytest.raises(gk.DataError, match="1 rows of newdata miss a value"):
        births.predictions(newdata=BIRTHS.assign(age=BIRTHS["age"].where(BIRTHS.index != BIRTHS.index[3])))


def test_a_fit_to_a_matrix_is_refused():
    fit = gk.glm_fit(np.column_stack([np.ones(4), [0.0, 1, 2, 3]]), [1.0, 2.0, 2.0, 4.0])
    with pytest.raises(gk.FitError, match="ready design matrix"):
        fit.marginal_effects()


def test_a_saved_model_without_rows_averages_new_data_and_refuses_the_rest(births):
    kept = births.slim()
    own = kept.predictions(newdata=BIRTHS).frame
    np.testing.assert_allclose(own["estimate"], births.predictions().frame["estimate"], rtol=1e-9)
    with pytest.raises(gk.FitError, match="holds no rows of data"):
        kept.marginal_effects()


def test_a_fit_that_joblib_wrote_has_the_same_effects(births, tmp_path):
    joblib = pytest.importorskip("joblib")
    joblib.dump(births, tmp_path / "fit.joblib")
    read = joblib.load(tmp_path / "fit.joblib")
    pd.testing.assert_frame_equal(read.marginal_effects().frame, births.marginal_effects().frame)
    pd.testing.assert_frame_equal(read.emmeans("race").frame, births.emmeans("race").frame)
