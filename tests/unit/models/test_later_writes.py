"""What the caller writes into the data after a fit changes no number of it."""

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

NUMBERS = ["y", "x", "w", "o"]
ROWS = 60


def columns():
    rng = np.random.default_rng(1)
    return {
        "y": rng.poisson(3, ROWS).astype(float),
        "x": rng.normal(size=ROWS),
        "g": pd.Categorical(rng.choice(list("abc"), ROWS)),
        "w": rng.random(ROWS) + 0.5,
        "o": rng.normal(size=ROWS),
    }


def written_arrays(data):
    for name in NUMBERS:
        data[name][:] = 3.0
    data["g"][:30] = ["a"] * 30


def written_series(data):
    for name in NUMBERS:
        data[name].iloc[:] = 3.0
    data["g"].iloc[:30] = "a"


def written_by_label(data):
    for name in NUMBERS:
        data.loc[:, name] = 3.0
    data.loc[:29, "g"] = "a"


def written_by_place(data):
    for j, name in enumerate(data.columns):
        data.iloc[:30, j] = "a" if name == "g" else 3.0


SOURCES = {
    "a data frame": (lambda: pd.DataFrame(columns()), written_by_label),
    "a data frame, by place": (lambda: pd.DataFrame(columns()), written_by_place),
    "a data frame around arrays": (lambda: pd.DataFrame(columns(), copy=False), written_by_place),
    "arrays": (columns, written_arrays),
    "series": (lambda: {name: pd.Series(values) for name, values in columns().items()}, written_series),
}


def seen(fit):
    numbers = fit.augment().select_dtypes("number").to_numpy()
    return (
        numbers,
        fit.drop1().to_text(),
        fit.with_vcov("HC1").std_error.to_numpy(),
        fit.confint("score").to_numpy(),
    )


@pytest.mark.skipif(int(pd.__version__.split(".")[0]) < 3, reason="pandas 2 writes in place")
@pytest.mark.parametrize(("make", "write"), SOURCES.values(), ids=SOURCES.keys())
def test_no_number_of_a_fit_changes_when_its_data_are_written_to(make, write):
    data = make()
    formula = "y ~ x + g + offset(o)"
    before = seen(gk.glm(formula, data, "poisson", weights="w"))
    fit = gk.glm(formula, data, "poisson", weights="w")
    write(data)
    for earlier, later in zip(before, seen(fit), strict=True):
        np.testing.assert_array_equal(later, earlier)


@pytest.mark.skipif(int(pd.__version__.split(".")[0]) < 3, reason="pandas 2 writes in place")
@pytest.mark.parametrize("kind", [pd.Series, np.array])
@pytest.mark.parametrize("name", ["weights", "freq_weights", "offset", "exposure"])
def test_arguments_of_a_fit_are_its_own(name, kind):
    data, given = pd.DataFrame(columns()), kind(np.arange(1.0, ROWS + 1.0))
    before = seen(gk.glm("y ~ x", data, "poisson", **{name: given.copy()}))
    fit = gk.glm("y ~ x", data, "poisson", **{name: given})
    given[:30] = 7.0
    for earlier, later in zip(before, seen(fit), strict=True):
        np.testing.assert_array_equal(later, earlier)
