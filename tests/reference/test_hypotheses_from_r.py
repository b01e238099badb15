"""Tests of hypotheses against car::linearHypothesis, car::deltaMethod, multcomp::glht and lmtest::waldtest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from oracle_cases import case_ids, fit_case, number, read_case, waiting_for_inference

import glmkit as gk

FIXTURES = Path(__file__).parent / "fixtures"
ANSWERS = json.loads((FIXTURES / "hypotheses_from_r.json").read_text())
EARLIER = json.loads((FIXTURES / "multiplicity_from_r.json").read_text())
# R's information is one iteration behind even at epsilon 1e-14.
RTOL = 1e-6


def fits():
    sales = gk.load_dataset("warpbreaks").assign(
        lot=np.tile(np.arange(9), 6), w=np.resize([1.0, 2.0, 4.0, 3.0, 1.0], 54)
    )
    trees, infert = gk.load_dataset("trees"), gk.load_dataset("infert")
    return {
        "poisson": gk.glm("breaks ~ wool * tension", sales, "poisson"),
        "gaussian": gk.glm("breaks ~ wool + tension", sales),
        "weighted": gk.glm("breaks ~ wool + tension", sales, weights="w"),
        "gamma": gk.glm("breaks ~ wool + tension", sales, gk.Gamma("log")),
        "quasi": gk.glm("breaks ~ wool * tension", sales, gk.QuasiPoisson()),
        "logs": gk.glm("log(Volume) ~ log(Girth) + log(Height)", trees),
        "poly": gk.glm("Volume ~ poly(Girth, 2) + I(Height^2)", trees),
        "inverse": gk.glm("Volume ~ Girth + Height", trees, gk.Gamma("inverse")),
        "ig": gk.glm("Volume ~ Girth + Height", trees, gk.InverseGaussian("log")),
        "logit": gk.glm("case ~ spontaneous + induced + age", infert, "binomial"),
        "probit": gk.glm("case ~ education + spontaneous * induced", infert, gk.Binomial("probit")),
        "offset": gk.glm("breaks ~ wool + tension + offset(log(w))", sales, "poisson"),
    }


FITS = fits()
LINEAR = [(name, answer) for name, answers in ANSWERS["linear"].items() for answer in answers]


def as_list(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(("name", "expected"), LINEAR)
def test_linear_hypotheses_in_rs_names_agree(name, expected):
    joint = FITS[name].test(as_list(expected["hypothesis"])).tables["joint"].iloc[0]
    np.testing.assert_allclose(
        joint[["statistic", "df", "p_value"]].to_numpy(float),
        [expected["statistic"], expected["df"], expected["p_value"]],
        rtol=RTOL,
    )
    assert joint.get("df_resid", np.inf) == (expected["df_resid"] if expected["test"] == "F" else np.inf)


@pytest.mark.parametrize(
    ("kind", "options"), [("HC0", {}), ("HC3", {}), ("CR1", {"cluster": np.tile(np.arange(9), 6)})]
)
def test_hypotheses_use_the_covariance_in_use(kind, options):
    expected = ANSWERS["robust"][kind]
    joint = FITS["poisson"].with_vcov(kind, **options).test(expected["hypothesis"]).tables["joint"]
    np.testing.assert_allclose(
        joint.iloc[0][["statistic", "p_value"]].to_numpy(float),
        [expected["statistic"], expected["p_value"]],
        rtol=RTOL,
    )


@pytest.mark.parametrize("expected", ANSWERS["nonlinear"], ids=lambda answer: answer["g"])
def test_functions_have_the_delta_methods_errors(expected):
    row = FITS[expected["fit"]].test(expected["g"]).tables["hypotheses"].iloc[0]
    np.testing.assert_allclose(
        [row["estimate"], row["std_error"]], [expected["estimate"], expected["std_error"]], rtol=RTOL
    )


@pytest.mark.parametrize("expected", ANSWERS["single_step"], ids=lambda answer: answer["fit"])
def test_single_step_p_values_agree(expected):
    table = FITS[expected["fit"]].test(expected["lines"], adjust="single-step").tables["hypotheses"]
    np.testing.assert_allclose(table["std_error"], expected["std_error"], rtol=RTOL)
    np.testing.assert_allclose(table["statistic"], expected["statistic"], rtol=1e-5)
    # both integrate by quasi-random points
    np.testing.assert_allclose(table["p_value"], expected["p_value"], rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["poisson", "gaussian"])
def test_all_pairs_by_the_joint_distribution_agree(name):
    family = {"poisson": "poisson", "gaussian": "gaussian"}[name]
    fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), family)
    pairs = ["tensionM = 0", "tensionH = 0", "tensionH = tensionM"]
    table = fit.test(pairs, adjust="single-step").tables["hypotheses"]
    np.testing.assert_allclose(
        table["p_value"], EARLIER["single_step"][name]["p_value"], rtol=2e-3, atol=1e-7
    )


# ------------------------------------------------------------------ lmtest::waldtest

NESTED = {
    case_id: case
    for case_id in case_ids()
    if "tests" in (case := read_case(case_id))["expect"] and not waiting_for_inference(case)
}
FIELDS = ("waldtest_Chisq", "waldtest_F", "waldtest_Chisq_HC1")
PAIRS = [(case_id, field) for case_id, case in NESTED.items() for field in FIELDS]


def lost_coefficients(case, fit):
    """Return the rows that say that what the smaller model lacks is zero."""
    smaller = {**case["model"], "formula_r": case["expect"]["tests"]["formula_r"], "start": None}
    kept = fit_case({**case, "model": smaller}).coef.index
    return np.eye(len(fit.coef))[~fit.coef.index.isin(kept) & ~fit.aliased.to_numpy()]


def second_row(block):
    """Return the row of a waldtest that holds the test, by column."""
    return {column: number(values[1]) for column, values in block["columns"].items()}


def as_chi_square(joint):
    """Return the chi-square statistic of a joint test."""
    return joint["statistic"] * (joint["df"] if "df_resid" in joint else 1.0)


def as_f(joint):
    """Return the F statistic of a joint test."""
    return joint["statistic"] / (1.0 if "df_resid" in joint else joint["df"])


@pytest.mark.parametrize(("case_id", "field"), PAIRS)
def test_wald_tests_of_nested_models_agree(case_id, field):
    case = NESTED[case_id]
    fit = fit_case(case)
    rows = lost_coefficients(case, fit)
    expected = second_row(case["expect"]["tests"][field])
    fit = fit.with_vcov("HC1") if field.endswith("HC1") else fit
    joint = fit.test(rows).tables["joint"].iloc[0]
    got = as_f(joint) if field == "waldtest_F" else as_chi_square(joint)
    assert joint["df"] == expected["Df"]
    # R's standard errors are one iteration behind, at its default tolerance; 1e-29 is zero
    np.testing.assert_allclose(
        got, expected["F" if field == "waldtest_F" else "Chisq"], rtol=1e-5, atol=1e-20
    )


@pytest.mark.parametrize("case_id", NESTED)
def test_p_values_are_those_of_the_distribution_the_dispersion_asks_for(case_id):
    case = NESTED[case_id]
    fit = fit_case(case)
    field, column = {1.0: ("waldtest_Chisq", "Pr(>Chisq)"), None: ("waldtest_F", "Pr(>F)")}[
        fit.family.dispersion
    ]
    joint = fit.test(lost_coefficients(case, fit)).tables["joint"].iloc[0]
    # a relative change of the statistic is many times itself in a small tail area
    np.testing.assert_allclose(
        joint["p_value"], second_row(case["expect"]["tests"][field])[column], rtol=1e-3
    )


def test_how_many_hypotheses_are_compared(capsys):
    counts = {field: len(NESTED) for field in FIELDS}
    counts |= {
        "linearHypothesis": len(LINEAR) + len(ANSWERS["robust"]),
        "deltaMethod": len(ANSWERS["nonlinear"]),
    }
    counts |= {"glht": sum(len(answer["p_value"]) for answer in ANSWERS["single_step"]) + 6}
    with capsys.disabled():
        print("\nhypotheses compared:", counts)
    assert min(counts.values()) > 10
