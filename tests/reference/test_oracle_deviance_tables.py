"""Tables of deviance against R: anova, drop1, car's type II, and tests between nested models."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
import pytest
from oracle_cases import case_ids, fit_case, numbers, read_case, waiting_for_inference

import glmkit as gk

CASES = {case_id: read_case(case_id) for case_id in case_ids()}
FITTED = [case_id for case_id in CASES if not waiting_for_inference(CASES[case_id])]
# R's stored models are within 1e-9 standard errors of the maximum, and a drop in deviance is a
# difference: it is compared with the deviance it is taken from as its scale.
RELATIVE = 1e-8
STATISTIC = 1e-7
P_VALUE = 1e-6
# R's score statistic takes the working weights of the iterate before the last, of nested fits
# that stop at the model's own tolerance: where scoring converges slowly (cauchit, log-binomial)
# that is a millionth of it.
RAO = 2e-6
ZERO_WEIGHTS = "gauss_mtcars_zero_weights"
COUNTS: dict[str, int] = {}


@cache
def fit_of(case_id):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gk.GlmkitWarning)
        return fit_case(CASES[case_id])


def having(block, field):
    return [case_id for case_id in FITTED if field in (CASES[case_id]["expect"].get(block) or {})]


def expected(case_id, block, field):
    table = CASES[case_id]["expect"][block][field]
    return table["rows"], {name: numbers(values) for name, values in table["columns"].items()}


def agree(field, got, want, rtol, scale=None):
    """Assert that numbers agree, nan to nan, and count them."""
    got, want = np.asarray(got, dtype=float), np.asarray(want, dtype=float)
    assert np.array_equal(np.isnan(got), np.isnan(want)), field
    known = ~np.isnan(want)
    size = np.abs(want) if scale is None else np.maximum(np.abs(want), scale)
    assert np.max(np.abs(got - want)[known] - rtol * size[known], initial=-1.0) <= 1e-14, (field, got, want)
    COUNTS[field] = COUNTS.get(field, 0) + int(known.sum())


def each(block, field):
    return pytest.mark.parametrize("case_id", having(block, field))


def with_terms(case_ids):
    # car gives a row of the intercept where there is nothing else
    return [case_id for case_id in case_ids if fit_of(case_id).terms]


def scale_of(case_id):
    """Return the scale of rounding in a deviance: the null deviance, 1 at least where it is nothing."""
    return fit_of(case_id).null_deviance


@pytest.mark.parametrize("case_id", having("anova", "Chisq"))
def test_sequential_deviances_agree(case_id):
    rows, want = expected(case_id, "anova", "Chisq")
    got = fit_of(case_id).anova(test="LRT").frame
    assert list(got.index[:1]) == rows[:1]
    agree("anova.df", got["df"], want["Df"], 0)
    agree("anova.df_resid", got["df_resid"], want["Resid. Df"], 0)
    agree(
        "anova.resid_deviance", got["resid_deviance"], want["Resid. Dev"], RELATIVE, scale_of(case_id) * 1e-6
    )
    agree("anova.deviance", got["deviance"], want["Deviance"], RELATIVE, scale_of(case_id) * 1e-4)
    agree("anova.Chisq p", got["p_value"], want["Pr(>Chi)"], P_VALUE, 1e-250)


@pytest.mark.parametrize("case_id", having("anova", "F"))
def test_sequential_f_tests_agree(case_id):
    _, want = expected(case_id, "anova", "F")
    got = fit_of(case_id).anova(test="F").frame
    agree("anova.F", got["statistic"], want["F"], STATISTIC, 1e-3)
    agree("anova.F p", got["p_value"], want["Pr(>F)"], P_VALUE, 1e-250)


@pytest.mark.parametrize("case_id", having("anova", "Rao"))
def test_sequential_score_tests_agree(case_id):
    _, want = expected(case_id, "anova", "Rao")
    fit = fit_of(case_id)
    got = fit.anova(test="Rao").frame
    # R leaves the statistic on the scale of the deviance, and divides for the p value; where a term
    # has no degrees of freedom it says 0 where there is no test
    score = (got["statistic"] * fit.dispersion).mask(got["df"] == 0, 0.0)
    agree("anova.Rao", score, want["Rao"], RAO, scale_of(case_id) * 1e-4)
    agree("anova.Rao p", got["p_value"], want["Pr(>Chi)"], 1e-5, 1e-250)


@pytest.mark.parametrize("case_id", having("car_Anova", "II_LR"))
def test_type_2_likelihood_ratio_tests_agree(case_id):
    _, want = expected(case_id, "car_Anova", "II_LR")
    got = fit_of(case_id).anova(2, "LRT").frame
    agree("II_LR df", got["df"], want["Df"], 0)
    agree("II_LR", got["statistic"], want["LR Chisq"], STATISTIC, 1e-3)
    agree("II_LR p", got["p_value"], want["Pr(>Chisq)"], P_VALUE, 1e-250)


@pytest.mark.parametrize("case_id", having("car_Anova", "II_F"))
def test_type_2_f_tests_agree(case_id):
    rows, want = expected(case_id, "car_Anova", "II_F")
    got = fit_of(case_id).anova(2, "F").frame
    assert got.index[-1] == rows[-1] == "Residuals"
    agree("II_F df", got["df"], want["Df"], 0)
    agree("II_F", got["statistic"], want["F value"], STATISTIC, 1e-3)
    agree("II_F p", got["p_value"], want["Pr(>F)"], P_VALUE, 1e-250)


@pytest.mark.parametrize("case_id", with_terms(having("car_Anova", "II_Wald")))
def test_type_2_wald_tests_agree(case_id):
    _, want = expected(case_id, "car_Anova", "II_Wald")
    got = fit_of(case_id).anova(2, "Wald").frame
    agree("II_Wald df", got["df"], want["Df"], 0)
    agree("II_Wald", got["statistic"], want["Chisq"], 1e-6, 1e-3)
    agree("II_Wald p", got["p_value"], want["Pr(>Chisq)"], 1e-5, 1e-250)


@pytest.mark.parametrize("case_id", [c for c in having("drop1", "LRT") if c != ZERO_WEIGHTS])
def test_single_deletions_agree(case_id):
    rows, want = expected(case_id, "drop1", "LRT")
    fit = fit_of(case_id)
    got = fit.drop1().frame
    assert len(got) == len(rows)
    agree("drop1.df", got["df"], want["Df"], 0)
    agree("drop1.deviance", got["deviance"], want["Deviance"], RELATIVE, scale_of(case_id) * 1e-6)
    statistic = got["statistic"].mask(got["df"] == 0, 0.0)  # no degrees of freedom, no test: R says 0
    agree("drop1.LRT", statistic, want.get("LRT", want.get("scaled dev.")), STATISTIC, 1e-3)
    agree("drop1.LRT p", got["p_value"], want["Pr(>Chi)"], P_VALUE, 1e-250)


def test_rows_of_zero_weight_do_not_count_in_the_scaled_deviance_though_they_do_in_r():
    # n log(deviance): R takes all 32 rows for n, and its AIC is infinite; 28 of them count
    _, want = expected(ZERO_WEIGHTS, "drop1", "LRT")
    got = fit_of(ZERO_WEIGHTS).drop1().frame
    np.testing.assert_allclose(got["statistic"] * 32 / 28, want["scaled dev."], rtol=STATISTIC)


# R has no likelihood for quasi and Tweedie families.
HAVE_CRITERIA = [
    c for c in having("drop1", "LRT") if c != ZERO_WEIGHTS and "AIC" in expected(c, "drop1", "LRT")[1]
]


@pytest.mark.parametrize("case_id", HAVE_CRITERIA)
def test_criteria_of_single_deletions_agree(case_id):
    _, want = expected(case_id, "drop1", "LRT")
    fit = fit_of(case_id)
    # An estimated theta counts in AIC(fit), R's and ours, but not in R's drop1.
    theta = 2.0 if fit.fit.nuisance is not None else 0.0
    agree("drop1.AIC", fit.drop1().frame["aic"].to_numpy() - theta, want["AIC"], RELATIVE)


@pytest.mark.parametrize("case_id", having("drop1", "F"))
def test_f_tests_of_single_deletions_agree(case_id):
    _, want = expected(case_id, "drop1", "F")
    got = fit_of(case_id).drop1(test="F").frame
    agree("drop1.F", got["statistic"], want["F value"], STATISTIC, 1e-3)
    agree("drop1.F p", got["p_value"], want["Pr(>F)"], P_VALUE, 1e-250)


def nested_pair(case_id):
    """Return the smaller and the larger model of a stored comparison."""
    case = CASES[case_id]
    smaller = case | {
        "model": case["model"] | {"formula_r": case["expect"]["tests"]["formula_r"], "start": None}
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gk.GlmkitWarning)
        return fit_case(smaller), fit_of(case_id)


@pytest.mark.parametrize(
    ("case_id", "test", "field"),
    [(c, "LRT", "Chisq") for c in having("tests", "anova_Chisq")]
    + [(c, "F", "F") for c in having("tests", "anova_F")],
)
def test_comparisons_of_nested_models_agree(case_id, test, field):
    _, want = expected(case_id, "tests", f"anova_{field}")
    got = gk.anova(*nested_pair(case_id)).frame
    agree("tests.anova df", got["df"], want["Df"], 0)
    agree("tests.anova deviance", got["deviance"], want["Deviance"], RELATIVE, scale_of(case_id) * 1e-6)
    # where a term has no effect at all R may see a negative drop of 1e-15, and no p value
    p_value = got["p_value"].mask(np.abs(got["deviance"]) < 1e-12)
    agree("tests.anova p", p_value, want["Pr(>Chi)" if test == "LRT" else "Pr(>F)"], P_VALUE, 1e-250)


@pytest.mark.parametrize("case_id", having("tests", "lrtest"))
def test_likelihood_ratio_tests_agree(case_id):
    _, want = expected(case_id, "tests", "lrtest")
    got = gk.lr_test(*nested_pair(case_id)).frame
    agree("tests.lrtest loglik", got["loglik"], want["LogLik"], RELATIVE)
    agree("tests.lrtest df", got["df"], want["#Df"], 0)
    agree("tests.lrtest", got["statistic"], want["Chisq"], STATISTIC, 1e-3)
    agree("tests.lrtest p", got["p_value"], want["Pr(>Chisq)"], P_VALUE, 1e-250)


@pytest.mark.parametrize("case_id", having("tests", "waldtest_Chisq"))
def test_wald_tests_of_nested_models_agree(case_id):
    _, want = expected(case_id, "tests", "waldtest_Chisq")
    got = gk.anova(*nested_pair(case_id), test="Wald").frame
    agree("tests.waldtest_Chisq", got["statistic"], want["Chisq"], 1e-6, 1e-3)
    agree("tests.waldtest_Chisq p", got["p_value"], want["Pr(>Chisq)"], 1e-5, 1e-250)


@pytest.mark.parametrize("case_id", having("tests", "waldtest_F"))
def test_wald_f_tests_are_wald_tests_over_their_df(case_id):
    _, want = expected(case_id, "tests", "waldtest_F")
    got = gk.anova(*nested_pair(case_id), test="Wald").frame
    agree("tests.waldtest_F", got["statistic"] / got["df"], want["F"], 1e-6, 1e-3)


@pytest.mark.parametrize("case_id", having("tests", "waldtest_Chisq_HC1"))
def test_robust_wald_tests_of_nested_models_agree(case_id):
    _, want = expected(case_id, "tests", "waldtest_Chisq_HC1")
    small, big = nested_pair(case_id)
    got = gk.anova(small.with_vcov("HC1"), big.with_vcov("HC1")).frame
    agree("tests.waldtest_Chisq_HC1", got["statistic"], want["Chisq"], 1e-5, 1e-3)
    agree("tests.waldtest_Chisq_HC1 p", got["p_value"], want["Pr(>Chisq)"], 1e-4, 1e-250)


def test_how_many_numbers_are_compared(capsys):
    with capsys.disabled():
        print(f"\ntables of deviance compared with R, numbers by field: {sum(COUNTS.values())} in all")
        for field, count in COUNTS.items():
            print(f"  {field}: {count}")
