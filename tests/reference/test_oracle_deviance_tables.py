"""Tables of deviance against R: anova, drop1, car's type II, and tests between nested models."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
import pytest
from oracle_cases import case_ids, fit_case, numbers, read_case, waiting_for

import glmkit as gk

CASES = {case_id: read_case(case_id) for case_id in case_ids()}
FITTED = [case_id for case_id in CASES if not waiting_for(CASES[case_id])]
# R's stored models are within 1e-9 standard errors of the maximum, and a drop in deviance is a
# difference: it is compared with the deviance it is taken from as its scale.
RELATIVE = 1e-8
STATISTIC = 1e-7
P_VALUE = 1e-6
# R's score statistic takes the working weights of the iterate before the last, of nested fits
# that stop at the model's own tolerance: where scoring converges slowly (cauchit, log-binomial)
# that is a millionth of it.
RAO = 2e-6
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
