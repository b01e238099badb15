"""Bias-reduced fits against R's brglm2: every family, link and method of the fixture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.families.registry import family_from
from glmkit.fitting.adjusted import AdjustedObjective
from glmkit.fitting.objective import GLMObjective
from glmkit.inference.refit import problem_of

CASES = json.loads((Path(__file__).parent / "fixtures" / "brglm2_from_r.json").read_text())["cases"]
EACH = [(case, method) for case in CASES for method in case["fits"]]
KNOWN = [pair for pair in EACH if pair[0]["family"] in ("binomial", "poisson")]
ESTIMATED = [pair for pair in EACH if pair not in KNOWN]
SEPARATED = [pair for pair in KNOWN if pair[0]["id"].split()[0] in ("endometrial", "separated", "zeros")]


def names(pairs):
    return [f"{case['id']} {method}" for case, method in pairs]


def fit_of(case, method):
    data = pd.DataFrame(case["data"])
    for name, levels in case["levels"].items():
        data[name] = pd.Categorical(data[name].astype(str), categories=levels)
    return gk.glm(case["formula"], data, family_from(case["family"], case["link"]), method=method)


@pytest.mark.parametrize(("case", "method"), KNOWN, ids=names(KNOWN))
def test_estimates_errors_and_deviance_are_brglm2_s(case, method):
    fit, answer = fit_of(case, method), case["fits"][method]
    errors = np.array(answer["std_error"])
    # brglm2 stops at a step of 1e-13; its errors are those of the iterate before
    np.testing.assert_allclose(fit.coef / errors, answer["estimate"] / errors, atol=1e-10)
    np.testing.assert_allclose(fit.std_error, errors, rtol=1e-8)
    assert fit.deviance == pytest.approx(answer["deviance"], rel=1e-10)


@pytest.mark.parametrize(("case", "method"), ESTIMATED, ids=names(ESTIMATED))
def test_adjusted_score_vanishes_at_brglm2_s_estimates_given_its_dispersion(case, method):
    # brglm2 adjusts the dispersion too, glmkit's is Pearson's: the same equation at the same dispersion
    fit, answer = fit_of(case, method), case["fits"][method]
    problem, independence = problem_of(fit.frame), fit.fit.independence
    base = GLMObjective(
        fit.family, independence.design, problem.y, problem.weights, problem.added, problem.nobs
    )
    objective = AdjustedObjective(base, method, independence.centring, dispersion=answer["dispersion"])
    point = objective.at(independence.centring.to_fitted(np.array(answer["estimate"])))
    quadratic = objective.quadratic(point)
    assert np.sqrt(quadratic.step @ quadratic.score / quadratic.unit) < 1e-9  # in standard errors


@pytest.mark.parametrize(("case", "method"), SEPARATED, ids=names(SEPARATED))
def test_separated_data_have_finite_estimates_and_no_verdict(case, method):
    fit = fit_of(case, method)
    assert np.isfinite(fit.coef).all()
    assert fit.fit.recession is None
    assert not any("Separation" in note for note in fit.notes)


def test_how_many_fits_are_compared(capsys):
    with capsys.disabled():
        print(
            f"\nbrglm2: {len(KNOWN)} fits compared, {len(SEPARATED)} separated; {len(ESTIMATED)} by their score"
        )
    assert (len(KNOWN), len(ESTIMATED)) == (48, 9)
