"""Saved models keep an estimated theta or power, and how the coefficients were estimated."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk

QUINE = gk.load_dataset("quine")


@pytest.mark.parametrize("family", [gk.NegativeBinomial(), gk.Tweedie(None)], ids=repr)
def test_a_saved_fit_keeps_the_estimate_and_its_error(family, tmp_path):
    fit = gk.glm("Days ~ Sex", QUINE, family)
    fit.save(tmp_path / "model.json")
    again = gk.load(tmp_path / "model.json")
    assert again.family == fit.family
    assert again.fit.nuisance == fit.fit.nuisance
    assert (again.aic, again.bic) == (fit.aic, fit.bic)
    assert str(again.summary()) == str(fit.summary())


def test_a_saved_bias_reduced_fit_knows_its_method(tmp_path):
    fit = gk.glm("low ~ smoke", gk.load_dataset("birthwt"), "binomial", method="firth")
    fit.save(tmp_path / "model.json", include_data=True)
    again = gk.load(tmp_path / "model.json")
    assert again.fit.method == "firth"
    assert again.fit.penalised_deviance == fit.fit.penalised_deviance
    np.testing.assert_allclose(again.confint(), fit.confint(), rtol=1e-9)
    assert str(again.summary()) == str(fit.summary())
