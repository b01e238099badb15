"""Joint Wald tests: the same hypothesis in every form, and what cannot be tested."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.inference.wald import joint_wald

EYE = np.eye(6)


@pytest.fixture(scope="module")
def poisson():
    return gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")


@pytest.fixture(scope="module")
def gamma():
    return gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), gk.Gamma("log"))


def test_the_statistic_is_the_quadratic_form_in_the_inverse_covariance(poisson):
    b, v = poisson.coef.to_numpy()[4:], poisson.vcov().to_numpy()[4:, 4:]
    test = joint_wald(poisson.estimate, EYE[4:])
    assert test.name == "chisq"
    assert test.df == 2
    np.testing.assert_allclose(test.statistic, b @ np.linalg.solve(v, b), rtol=1e-12)


def test_an_estimated_dispersion_makes_it_f(gamma):
    b, v = gamma.coef.to_numpy()[4:], gamma.vcov().to_numpy()[4:, 4:]
    test = joint_wald(gamma.estimate, EYE[4:])
    assert (test.name, test.df, test.df_resid) == ("F", 2, 48)
    np.testing.assert_allclose(test.statistic, b @ np.linalg.solve(v, b) / 2, rtol=1e-12)


def test_one_row_is_the_square_of_its_z(poisson):
    test = joint_wald(poisson.estimate, EYE[[3]])
    np.testing.assert_allclose(test.statistic, poisson.statistic.iloc[3] ** 2, rtol=1e-12)
    np.testing.assert_allclose(test.p_value, poisson.p_value.iloc[3], rtol=1e-10)


def test_redundant_rows_change_nothing(poisson):
    more = np.vstack([EYE[4:], EYE[4] + EYE[5], -3 * EYE[4], 0 * EYE[0]])
    few, many = joint_wald(poisson.estimate, EYE[4:]), joint_wald(poisson.estimate, more)
    assert many.df == 2
    np.testing.assert_allclose(many.statistic, few.statistic, rtol=1e-12)


def test_contradicting_rows_are_refused(poisson):
    with pytest.raises(gk.FitError, match="contradict"):
        joint_wald(poisson.estimate, EYE[[4, 4]], np.array([0.0, 1.0]))


def test_no_rows_are_no_test(poisson):
    test = joint_wald(poisson.estimate, np.zeros((0, 6)))
    assert test.df == 0
    assert np.isnan(test.p_value)


def test_a_covariance_of_too_low_a_rank_is_refused():
    data = gk.load_dataset("warpbreaks").assign(lot=np.arange(54) % 2)
    fit = gk.glm("breaks ~ wool * tension", data, "poisson").with_vcov("CR1", cluster="lot")
    with pytest.raises(gk.FitError, match="without variance"):
        joint_wald(fit.estimate, EYE[1:])


def test_an_aliased_coefficient_is_refused_by_name():
    data = gk.load_dataset("trees").assign(twice=lambda d: 2 * d["Girth"])
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("Volume ~ Girth + twice", data)
    with pytest.raises(gk.FitError, match="twice"):
        joint_wald(fit.estimate, np.array([[0.0, 0.0, 1.0]]))


def test_what_aliased_columns_share_can_be_tested():
    data = gk.load_dataset("trees").assign(twice=lambda d: 2 * d["Girth"])
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("Volume ~ Girth + twice", data)
    alone = gk.glm("Volume ~ Girth", data)
    together = joint_wald(fit.estimate, np.array([[0.0, 1.0, 2.0]]))
    np.testing.assert_allclose(together.statistic, alone.statistic.iloc[1] ** 2, rtol=1e-10)


def test_an_infinite_coefficient_has_no_statistic():
    data = pd.DataFrame({"y": [0, 0, 0, 1, 1, 1], "x": np.arange(6.0)})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", data, "binomial")
    assert np.isnan(joint_wald(fit.estimate, np.array([[0.0, 1.0]])).statistic)


def test_dates_far_from_zero_lose_nothing():
    data = gk.load_dataset("trees").assign(day=lambda d: d["Girth"] + 1e7)
    far, near = gk.glm("Volume ~ day", data), gk.glm("Volume ~ Girth", data)
    rows, moved = np.array([[1.0, 1e7 + 10], [0.0, 1.0]]), np.array([[1.0, 10.0], [0.0, 1.0]])
    got, expected = joint_wald(far.estimate, rows), joint_wald(near.estimate, moved)
    # a girth stored on top of 1e7 keeps nine digits
    np.testing.assert_allclose(got.statistic, expected.statistic, rtol=1e-7)
