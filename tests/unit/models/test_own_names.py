"""Functions and constants of the caller's own, registered or passed as a context, through `glm`."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk
from glmkit.frame.registered import unregister

TREES = gk.load_dataset("trees")


@pytest.fixture
def registered():
    """Names registered by a test, forgotten afterwards."""
    names = ("half", "inch")
    gk.register("half", lambda x: x / 2)
    gk.register("inch", 2.54)
    yield names
    for name in names:
        unregister(name)


def test_registered_functions_and_constants_serve_formulas(registered):
    fit = gk.glm("Volume ~ half(Girth) + I(Height * inch)", TREES)
    plain = gk.glm("Volume ~ Girth + Height", TREES)
    np.testing.assert_allclose(fit.coef.to_numpy(), plain.coef * [1, 2, 1 / 2.54], rtol=1e-10)


def test_registered_names_serve_weights_offsets_and_subsets(registered):
    arguments = {"weights": "half(Girth)", "offset": "half(Height)", "subset": "Girth > 4 * inch"}
    fit = gk.glm("Volume ~ Height", TREES, **arguments)
    given = {"weights": TREES["Girth"] / 2, "offset": TREES["Height"] / 2, "subset": TREES["Girth"] > 10.16}
    np.testing.assert_array_equal(fit.coef, gk.glm("Volume ~ Height", TREES, **given).coef)


def test_a_fit_keeps_what_was_registered_when_it_was_made(registered):
    fit = gk.glm("Volume ~ half(Girth)", TREES)
    gk.register("half", lambda x: 1000 * x)
    np.testing.assert_allclose(fit.predict(TREES), fit.fitted, rtol=1e-12)


def test_a_fit_predicts_after_a_name_is_forgotten(registered):
    fit = gk.glm("Volume ~ half(Girth)", TREES)
    unregister("half")
    np.testing.assert_allclose(fit.predict(TREES), fit.fitted, rtol=1e-12)


def test_a_context_wins_over_a_registered_name(registered):
    fit = gk.glm("Volume ~ half(Girth)", TREES, context={"half": lambda x: x / 4})
    assert fit.coef["half(Girth)"] == pytest.approx(4 * gk.glm("Volume ~ Girth", TREES).coef["Girth"])


def test_a_column_wins_over_a_registered_constant():
    gk.register("Girth", 1.0)
    try:
        assert gk.glm("Volume ~ Girth", TREES).rank == 2
    finally:
        unregister("Girth")


def test_a_name_that_is_not_registered_is_refused():
    with pytest.raises(gk.FormulaError, match=r"gk\.register"):
        gk.glm("Volume ~ half(Girth)", TREES)
