"""Results as polars data frames."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

pl = pytest.importorskip("polars")


@pytest.fixture
def fit() -> gk.Results:
    return gk.glm("breaks ~ wool + tension", pl.from_dict(dict(gk.load_dataset("warpbreaks"))), "poisson")


def test_predictions_of_polars_rows_come_back_without_labels(fit):
    new = pl.DataFrame({"wool": ["A", "B"], "tension": ["L", "H"]})
    frame = gk.to_polars(fit.predict(new, interval="mean"))
    assert frame.columns == ["fit", "se", "conf_low", "conf_high"]
    np.testing.assert_array_equal(frame["fit"].to_numpy(), fit.predict(new))


def test_labels_of_the_caller_are_a_column(fit):
    new = pd.DataFrame({"wool": ["A", "B"], "tension": ["L", "H"]}, index=["first", "second"])
    assert gk.to_polars(fit.predict(new))["label"].to_list() == ["first", "second"]
    assert gk.to_polars(fit.predict(new), labels="row").columns == ["row", "fit"]
    assert gk.to_polars(fit.predict(new), labels=None).columns == ["fit"]


def test_missing_values_are_null(fit):
    predicted = fit.predict({"wool": ["A", None], "tension": ["L", "H"]})
    assert gk.to_polars(predicted)["fit"].null_count() == 1


def test_every_kind_of_row_wise_result_turns(fit):
    values = [fit.residuals(), fit.influence(), fit.augment(), fit.predict(type="terms"), fit.simulate(2)]
    assert [len(gk.to_polars(value)) for value in values] == [54] * 5


def test_categories_keep_their_order_as_an_enum(fit):
    multinomial = gk.glm("tension ~ breaks", gk.load_dataset("warpbreaks"), gk.Multinomial())
    simulated = gk.to_polars(multinomial.simulate(1, seed=1))
    assert simulated["sim_1"].dtype == pl.Enum(["L", "M", "H"])


def test_tables_turn_with_their_labels(fit):
    assert fit.anova().to_polars()["label"].to_list() == ["NULL", "wool", "tension"]
    means = fit.emmeans("tension")
    assert means.to_polars().columns == ["tension", "estimate", "std_error", "df", "conf_low", "conf_high"]
    assert means.to_polars().equals(gk.to_polars(means))


def test_levels_of_columns_and_labels_are_joined():
    multinomial = gk.glm("tension ~ breaks", gk.load_dataset("warpbreaks"), gk.Multinomial())
    wide = gk.to_polars(multinomial.predict({"breaks": [20.0]}, se=True))
    assert wide.columns == ["fit_L", "fit_M", "fit_H", "se_L", "se_M", "se_H"]
    assert gk.to_polars(multinomial.coef).columns == ["level", "name", "estimate"]


def test_two_columns_of_one_name_are_refused(fit):
    new = pd.DataFrame({"wool": ["A"], "tension": ["L"]}, index=["one"])
    with pytest.raises(gk.DataError, match="labels="):
        gk.to_polars(fit.predict(new), labels="fit")


def test_something_else_is_refused():
    with pytest.raises(gk.DataError, match="not dict"):
        gk.to_polars({"a": 1})


def test_without_polars_its_absence_is_said(fit, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(gk.DataError, match="pip install polars"):
        gk.to_polars(fit.fitted)


FIT = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
LEVELS = gk.glm("tension ~ breaks", gk.load_dataset("warpbreaks"), gk.Multinomial())
ROW_WISE = {
    "predict": lambda frame: FIT.predict({"wool": ["A", "B"]}, se=True, as_frame=frame),
    "residuals": lambda frame: FIT.residuals("pearson", as_frame=frame),
    "partial residuals": lambda frame: FIT.residuals("partial", as_frame=frame),
    "augment": lambda frame: FIT.augment(as_frame=frame),
    "probabilities": lambda frame: LEVELS.predict(type="prob", as_frame=frame),
    "residuals of levels": lambda frame: LEVELS.residuals(as_frame=frame),
    "augment of levels": lambda frame: LEVELS.augment(as_frame=frame),
}
row_wise = pytest.mark.parametrize("call", ROW_WISE.values(), ids=ROW_WISE.keys())


@row_wise
def test_a_row_wise_result_comes_as_polars_when_asked(call):
    asked = call("polars")
    assert isinstance(asked, pl.DataFrame)
    assert asked.equals(gk.to_polars(call("pandas")))


@row_wise
def test_another_frame_is_refused(call):
    with pytest.raises(gk.DataError, match='"pandas" or "polars"'):
        call("arrow")
