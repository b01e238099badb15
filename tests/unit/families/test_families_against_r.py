"""R's own family objects, value by value (fixtures/make_families.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from glmkit.families import Quasi, family_from

CASES = json.loads((Path(__file__).parent / "fixtures" / "families.json").read_text())
# R clamps means and prints 15 digits: nothing here is closer to R than 1e-13
PRINTED = 1e-13


def family_of(case):
    if case["family"] != "quasi":
        return family_from(case["family"], case["link"])
    quasi = {"log": Quasi("mu^2"), "mu^0.25": Quasi("mu^3", "mu^0.25"), "logit": Quasi("mu(1-mu)", "logit")}
    return quasi[case["link"]]


def arrays(case, *names):
    return (np.array(case[name], dtype=np.float64) for name in names)


every = pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['family']}-{c['link']}-{CASES.index(c)}")


@every
def test_links_agree_with_r(case):
    family = family_of(case)
    mu, eta, mean, slope = arrays(case, "mu", "eta", "mean", "slope")
    np.testing.assert_allclose(family.link(mu), eta, rtol=PRINTED, atol=1e-15)
    np.testing.assert_allclose(family.link.mean(eta).mu, mean, rtol=PRINTED)
    np.testing.assert_allclose(family.link.mean(eta).dmu, slope, rtol=PRINTED)


@every
def test_variances_agree_with_r(case):
    family = family_of(case)
    mu, expected = arrays(case, "mu", "variance")
    m = family.mean(family.link(mu))
    np.testing.assert_allclose(family.variance(m), expected, rtol=1e-12)


@every
def test_deviances_agree_with_r(case):
    family = family_of(case)
    y, mu, weights, expected = arrays(case, "y", "mu", "weights", "deviance")
    deviance = weights * family.unit_deviance(y, family.mean(family.link(mu)))
    # absolute 1e-14: R's formulas cancel at y = mu
    np.testing.assert_allclose(deviance, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("case", [c for c in CASES if c["aic"] != "NA" and c["aic"] is not None], ids=str)
def test_likelihoods_add_up_to_the_aic_of_r(case):
    family = family_of(case)
    y, mu, weights, trials = arrays(case, "y", "mu", "weights", "trials")
    m = family.mean(family.link(mu))
    phi = family.loglik_dispersion(float(np.sum(weights * family.unit_deviance(y, m))), weights)
    loglik = family.loglik(y, m, weights, phi, trials).sum()
    assert 2 * family.counted_dispersion - 2 * loglik == pytest.approx(case["aic"], rel=1e-13)


def test_quasi_families_have_no_aic_in_r_either():
    assert {c["family"] for c in CASES if c["aic"] is None} == {"quasi", "quasipoisson", "quasibinomial"}
