"""Relativities: ratios of means, whatever the contrasts, with the exposure behind them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

CLAIMS = gk.load_dataset("insurance_claims")


def tariff(formula="Claims ~ Group + Age", **arguments):
    return gk.glm(formula, CLAIMS, "poisson", **{"exposure": "Holders", **arguments})


def test_a_relativity_is_the_ratio_of_predicted_means():
    fit = tariff()
    levels = list(CLAIMS["Age"].cat.categories)
    means = fit.predict({"Group": ["<1l"] * 4, "Age": levels}, exposure=1)
    # Two exponentials divided: rounding.
    np.testing.assert_allclose(
        fit.relativities().frame.loc["Age", "relativity"], means / means.iloc[0], rtol=1e-13
    )


def test_the_intervals_are_those_of_the_ratios_in_the_summary():
    fit = tariff()
    ratios = fit.tidy(exponentiate=True).set_index("term")
    table = fit.relativities().frame
    assert table.loc[("Group", ">2l"), ["conf_low", "conf_high"]].tolist() == pytest.approx(
        ratios.loc["Group[T.>2l]", ["conf_low", "conf_high"]].tolist(), rel=1e-13
    )


@pytest.mark.parametrize("coding", ["sum", "helmert", "poly"])
def test_the_contrasts_do_not_matter(coding):
    other = tariff(contrasts=coding).relativities().frame
    # Fits in other coordinates agree to the tolerance of the iteration.
    pd.testing.assert_frame_equal(other, tariff().relativities().frame, rtol=1e-9)


def test_the_base_level_is_exactly_one():
    table = tariff("Claims ~ C(Age, Treatment(ref = '>35'))").relativities().frame
    assert table.iloc[3, :3].tolist() == [1.0, 1.0, 1.0]


def test_factors_that_interact_have_one_row_a_combination():
    fit = tariff("Claims ~ District + Group * Age")
    table = fit.relativities().frame
    cells = pd.DataFrame({"District": "1", "Group": ["<1l", ">2l"], "Age": ["<25", "30-35"]})
    means = fit.predict(cells, exposure=1)
    assert len(table.loc["Group:Age"]) == 16
    assert table.loc[("Group:Age", ">2l, 30-35"), "relativity"] == pytest.approx(
        means[1] / means[0], rel=1e-12
    )


def test_a_factor_that_a_number_interacts_with_is_left_out_and_named():
    fit = gk.glm("Claims ~ Group * Holders + Age", CLAIMS, "poisson")
    assert set(fit.relativities().frame.index.get_level_values(0)) == {"Age"}
    assert "Group is left out: its effect depends on a number." in fit.relativities().notes


def test_the_exposure_adds_up_and_its_shares_are_of_the_whole():
    table = tariff().relativities().frame
    sums = CLAIMS.groupby("Age", observed=True)["Holders"].sum()
    assert table.loc["Age", "exposure"].tolist() == sums.tolist()
    assert table.loc["Age", "exposure_share"].sum() == pytest.approx(1.0, rel=1e-14)


def test_without_an_exposure_rows_are_counted_by_their_frequency():
    fit = gk.glm("Claims ~ Age", CLAIMS, "poisson", freq_weights=np.full(64, 3))
    assert fit.relativities().frame["exposure"].tolist() == [48.0] * 4
    assert fit.relativities().notes == ("Exposure: rows.",)


@pytest.mark.parametrize("given", ["Claims", CLAIMS["Claims"], CLAIMS["Claims"].to_numpy(), "Claims * 1"])
def test_an_exposure_may_be_given_in_every_form(given):
    table = tariff().relativities(given).frame
    assert (
        table.loc["Age", "exposure"].tolist() == CLAIMS.groupby("Age", observed=True)["Claims"].sum().tolist()
    )


def test_rows_that_were_dropped_do_not_count():
    fit = gk.glm("Claims ~ Age", CLAIMS, "poisson", subset="Holders > 100", exposure="Holders")
    used = CLAIMS[CLAIMS["Holders"] > 100]
    assert fit.relativities().frame["exposure"].sum() == used["Holders"].sum()


def test_a_robust_covariance_widens_the_intervals():
    robust = tariff().with_vcov("HC0").relativities().frame
    assert robust["conf_high"].tolist() != tariff().relativities().frame["conf_high"].tolist()


def test_an_infinite_coefficient_gives_a_relativity_of_zero():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ g", {"y": [1, 2, 0, 0], "g": list("aabb")}, "poisson")
    assert fit.relativities().frame["relativity"].tolist() == [1.0, 0.0]
    assert np.isnan(fit.relativities().frame.loc[("g", "b"), "conf_high"])


def test_a_model_without_rows_gives_relativities_without_exposure():
    slim = tariff().slim()
    with pytest.raises(gk.FitError, match="no rows of data"):
        slim.relativities()
    assert list(slim.relativities(False).frame.columns) == ["relativity", "conf_low", "conf_high"]


def test_another_link_is_refused():
    with pytest.raises(gk.FitError, match=r"log link.*sqrt"):
        gk.glm("Claims ~ Age", CLAIMS, gk.Poisson("sqrt")).relativities()


def test_a_model_without_factors_is_refused():
    with pytest.raises(gk.FitError, match="no factor"):
        gk.glm("Claims ~ Holders", CLAIMS, "poisson").relativities()


@pytest.mark.parametrize("bad", [np.full(64, -1.0), np.full(64, np.nan), np.ones(3), "Group", 4.0])
def test_an_exposure_that_is_none_is_refused(bad):
    with pytest.raises(gk.DataError, match="exposure"):
        tariff().relativities(bad)
