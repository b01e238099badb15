"""Of several ends of the iterations the one of least deviance is the fit."""

import numpy as np
import pandas as pd
import pytest

import glmkit as gk


@pytest.mark.parametrize(("rows", "jump", "seed"), [(400, 6, 4), (1000, 6, 1), (1000, 6, 5), (2000, 10, 3)])
def test_a_few_large_responses_are_not_sent_onto_the_plateau_of_infinite_means(rows, jump, seed):
    rng = np.random.default_rng(seed)
    x, rare = rng.normal(size=rows), np.zeros(rows)
    rare[: {400: 4, 1000: 6, 2000: 5}[rows]] = 1.0
    y = rng.wald(np.exp(0.5 * x - 1.0 + jump * rare), 1.0)
    fit = gk.glm("y ~ x + rare", pd.DataFrame({"y": y, "x": x, "rare": rare}), gk.InverseGaussian("log"))
    # The score equation of the indicator: the sum of (y - mu) / mu^2 over its rows, of terms of size 1 / mu.
    mu, of_rare = np.asarray(fit.fitted), rare == 1.0
    score = np.sum((y - mu)[of_rare] / mu[of_rare] ** 2)
    assert abs(score) < 1e-7 * np.sum(1.0 / mu[of_rare])
    assert mu.max() < 1e3 * y.max()
    assert fit.std_error["rare"] < 20.0


def pieces(data: pd.DataFrame):
    return gk.chunks(lambda: (data.iloc[at : at + 700] for at in range(0, len(data), 700)))


def test_nor_are_they_out_of_memory():
    rng = np.random.default_rng(3)
    x, rare = rng.normal(size=2000), np.zeros(2000)
    rare[:5] = 1.0
    y = rng.wald(np.exp(0.5 * x - 1.0 + 10.0 * rare), 1.0)
    data = pd.DataFrame({"y": y, "x": x, "rare": rare})
    fit, streamed = (gk.glm("y ~ x + rare", d, gk.InverseGaussian("log")) for d in (data, pieces(data)))
    np.testing.assert_allclose(streamed.coef, fit.coef, rtol=1e-9)
    np.testing.assert_allclose(streamed.std_error, fit.std_error, rtol=1e-9)


def dispersed(rows: int, seed: int, shape: float | None) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, g, h = rng.normal(size=rows), (rng.random(rows) < 0.1).astype(float), rng.integers(0, 4, rows)
    g[0] = 1.0
    mu = np.exp(np.clip(2.0 * x + 3.0 * g + 2.0 * rng.normal(size=4)[h], -12.0, 12.0))
    y = rng.wald(mu, 0.1) if shape is None else rng.gamma(shape, mu) + 1e-12
    return pd.DataFrame({"y": y, "x": x, "g": g, "h": h.astype(str)})


SEVERAL = [
    (gk.InverseGaussian("log"), None),
    (gk.InverseGaussian("identity"), None),
    (gk.Gamma("identity"), 0.3),
]


@pytest.mark.parametrize(("family", "shape"), SEVERAL)
@pytest.mark.filterwarnings("ignore::glmkit.BoundaryWarning")
@pytest.mark.parametrize("seed", [2, 3, 7, 15, 18, 29, 32, 36])
def test_no_constant_start_leads_to_a_smaller_deviance(family, shape, seed):
    data = dispersed(30, seed, shape)
    fit = gk.glm("y ~ x + g + h", data, family)
    for mean in (data["y"].mean(), data["y"].max(), data["y"].median()):
        start = [float(np.log(mean)) if family.link.name == "log" else mean, 0.0, 0.0, 0.0, 0.0, 0.0]
        other = gk.glm("y ~ x + g + h", data, family, start=start)
        if other.fit.converged:
            assert fit.deviance <= other.deviance * (1.0 + 1e-8)


def test_the_same_maximum_is_found_out_of_memory():
    data = dispersed(30, 15, None)
    fit, streamed = (gk.glm("y ~ x + g + h", d, gk.InverseGaussian("log")) for d in (data, pieces(data)))
    np.testing.assert_allclose(streamed.coef, fit.coef, rtol=1e-8)
    assert streamed.deviance == pytest.approx(fit.deviance, rel=1e-10)


def test_a_gamma_mean_next_to_zero_keeps_off_the_edge_where_its_deviance_is_infinite():
    for seed in (2, 36):
        fit = gk.glm("y ~ x + g + h", dispersed(30, seed, 0.3), gk.Gamma("identity"))
        assert fit.fit.reason == ""
        assert fit.deviance < fit.null_deviance
