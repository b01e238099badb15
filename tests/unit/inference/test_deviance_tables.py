"""Tables of deviance: exact identities, conventions, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

# Fits of one model by two roads agree to the tolerance of the iteration.
RELATIVE = 1e-8


@pytest.fixture(scope="module")
def warpbreaks():
    return gk.load_dataset("warpbreaks")


@pytest.fixture(scope="module")
def poisson(warpbreaks):
    return gk.glm("breaks ~ wool * tension", warpbreaks, "poisson")


@pytest.fixture(scope="module")
def gaussian(warpbreaks):
    return gk.glm("breaks ~ wool * tension", warpbreaks)


# ------------------------------------------------------------------------------ anova of one model


def test_sequential_deviances_add_up_to_the_drop_from_the_null_model(poisson):
    table = poisson.anova()
    assert table["deviance"].sum() == pytest.approx(poisson.null_deviance - poisson.deviance, rel=1e-12)
    assert list(table.columns) == ["df", "deviance", "df_resid", "resid_deviance", "statistic", "p_value"]
    assert list(table.index) == ["NULL", "wool", "tension", "wool:tension"]


def test_gaussian_sequential_wald_and_score_tests_are_the_drop_in_squares_over_the_dispersion(gaussian):
    likelihood, wald, rao = (gaussian.anova(test=test)["statistic"] for test in ("LRT", "Wald", "Rao"))
    np.testing.assert_allclose(wald, likelihood, rtol=1e-10)
    np.testing.assert_allclose(rao, likelihood, rtol=1e-10)


def test_gaussian_type_2_wald_and_score_tests_are_the_drop_in_squares_over_the_dispersion(gaussian):
    likelihood, wald, rao = (gaussian.anova(2, test)["statistic"] for test in ("LRT", "Wald", "Rao"))
    np.testing.assert_allclose(wald, likelihood, rtol=1e-10)
    np.testing.assert_allclose(rao, likelihood, rtol=1e-10)


def test_the_f_test_of_one_coefficient_is_the_square_of_its_t(warpbreaks):
    fit = gk.glm("breaks ~ wool + tension", warpbreaks)
    table = fit.anova(2)
    assert table["statistic"]["wool"] == pytest.approx(fit.statistic["wool[T.B]"] ** 2, rel=1e-10)
    assert table["p_value"]["wool"] == pytest.approx(fit.p_value["wool[T.B]"], rel=1e-10)


@pytest.mark.parametrize("coding", ["treatment", "sum", "helmert", "poly", "sas", "diff"])
@pytest.mark.parametrize("test", ["LRT", "Rao", "Wald"])
def test_type_3_does_not_depend_on_the_contrasts_in_use(coding, test, poisson, warpbreaks):
    contrasts = {"wool": coding, "tension": coding}
    recoded = gk.glm("breaks ~ wool * tension", warpbreaks, "poisson", contrasts=contrasts)
    np.testing.assert_allclose(
        recoded.anova(3, test)["statistic"], poisson.anova(3, test)["statistic"], rtol=RELATIVE
    )


def test_type_3_does_not_depend_on_a_matrix_of_contrasts(poisson, warpbreaks):
    matrix = [[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]]
    recoded = gk.glm("breaks ~ wool * tension", warpbreaks, "poisson", contrasts={"tension": matrix})
    np.testing.assert_allclose(recoded.anova(3)["statistic"], poisson.anova(3)["statistic"], rtol=RELATIVE)


def test_robust_type_3_does_not_depend_on_the_contrasts_in_use(warpbreaks):
    first, second = (
        gk.glm("breaks ~ wool * tension", warpbreaks, contrasts={"wool": c, "tension": c}).with_vcov("HC3")
        for c in ("treatment", "helmert")
    )
    np.testing.assert_allclose(second.anova(3)["statistic"], first.anova(3)["statistic"], rtol=1e-9)


def test_type_3_of_empty_cells_does_not_depend_on_the_contrasts_in_use(warpbreaks):
    data = warpbreaks[~((warpbreaks["wool"] == "B") & (warpbreaks["tension"] == "M"))]
    with pytest.warns(gk.AliasedWarning):
        first, second = (
            gk.glm("breaks ~ wool * tension", data, "poisson", contrasts={"wool": c, "tension": c})
            for c in ("treatment", "helmert")
        )
    np.testing.assert_allclose(second.anova(3)["statistic"], first.anova(3)["statistic"], rtol=RELATIVE)
    np.testing.assert_allclose(
        second.anova(3, "Wald")["statistic"], first.anova(3, "Wald")["statistic"], rtol=1e-7
    )
    assert "empty" in str(first.anova(3))


def test_a_model_without_intercept_has_the_type_2_tests_of_the_model_with_one(warpbreaks):
    # R drops columns: its test of wool would leave tension coded against a level that is gone
    without, with_one = (gk.glm(f"breaks ~ {t}wool + tension", warpbreaks, "poisson") for t in ("0 + ", ""))
    for test in ("LRT", "Rao", "Wald"):
        np.testing.assert_allclose(
            without.anova(2, test)["statistic"], with_one.anova(2, test)["statistic"], rtol=RELATIVE
        )


def test_a_number_in_an_interaction_is_said_to_be_at_zero():
    fit = gk.glm("Volume ~ Girth * Height", gk.load_dataset("trees"))
    assert "is at Height = 0" in str(fit.anova(3))


def test_a_robust_covariance_has_wald_tests_by_default_and_says_so(poisson):
    robust = poisson.with_vcov("HC1")
    assert "covariance HC1" in str(robust.anova())
    np.testing.assert_array_equal(robust.anova(2)["statistic"], robust.anova(2, "Wald")["statistic"])


def test_the_last_robust_sequential_test_is_that_of_its_own_coefficients(poisson):
    robust = poisson.with_vcov("HC0")
    b, V = robust.coef.to_numpy()[4:], robust.vcov().to_numpy()[4:, 4:]
    assert robust.anova()["statistic"].iloc[-1] == pytest.approx(b @ np.linalg.solve(V, b), rel=1e-9)


@pytest.mark.parametrize("test", ["LRT", "F", "Rao"])
def test_a_robust_covariance_refuses_tests_of_the_likelihood(test, gaussian):
    with pytest.raises(gk.FitError, match="Wald"):
        gaussian.with_vcov("HC1").anova(test=test)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((1, "t"), "LRT, F, Rao"), ((4,), "2 or 3"), ((1, "F"), "known"), ((True,), "2 or 3")],
)
def test_what_cannot_be_tested_is_refused(arguments, says, poisson):
    with pytest.raises(gk.FitError, match=says):
        poisson.anova(*arguments)


def test_no_test_leaves_out_the_statistics(poisson):
    assert list(poisson.anova(test="none").columns) == ["df", "deviance", "df_resid", "resid_deviance"]
    assert list(poisson.anova(2, "none").columns) == ["df", "deviance"]


def test_without_residual_degrees_of_freedom_there_is_no_f(warpbreaks):
    fit = gk.glm("breaks ~ wool * tension", warpbreaks.iloc[::9], "Gamma")
    assert fit.df_resid == 0
    assert fit.anova()["statistic"].isna().all()
    assert fit.anova(2)["p_value"].isna().all()


def test_a_separated_fit_has_the_limit_of_its_deviance(warpbreaks):
    data = warpbreaks.assign(high=(warpbreaks["wool"] == "A") & (np.arange(54) % 2 == 0))
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("high ~ wool + tension", data, "binomial")
    table = fit.anova(2)
    without = gk.glm("high ~ tension", data, "binomial")
    assert table["statistic"]["wool"] == pytest.approx(without.deviance - fit.deviance, rel=1e-10)
    assert np.isnan(fit.anova(2, "Wald")["statistic"]["wool"])


def test_a_submodel_that_is_separated_is_named(warpbreaks):
    data = warpbreaks.assign(high=(warpbreaks["wool"] == "A") & (np.arange(54) % 2 == 0))
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("high ~ wool + tension", data, "binomial")
    assert "The fit behind tension has infinite estimates" in str(fit.drop1())


def test_frequency_weights_give_the_table_of_repeated_rows(warpbreaks):
    counts = np.resize([1, 2, 0], 54)
    weighted = gk.glm("breaks ~ wool + tension", warpbreaks, "Gamma", freq_weights=counts)
    repeated = gk.glm("breaks ~ wool + tension", warpbreaks.loc[warpbreaks.index.repeat(counts)], "Gamma")
    for one, other in ((weighted.anova(), repeated.anova()), (weighted.drop1(), repeated.drop1())):
        pd.testing.assert_frame_equal(one.frame, other.frame, rtol=1e-7)


def test_columns_of_a_ready_design_are_its_terms_but_for_a_constant():
    data = gk.load_dataset("trees")
    X = np.column_stack([np.ones(31), data["Girth"], data["Height"]])
    ready = gk.glm_fit(X, data["Volume"], names=["one", "Girth", "Height"])
    formula = gk.glm("Volume ~ Girth + Height", data)
    pd.testing.assert_frame_equal(ready.anova().frame, formula.anova().frame)
    pd.testing.assert_frame_equal(ready.drop1().frame, formula.drop1().frame)
    pd.testing.assert_frame_equal(ready.anova(3).frame, formula.anova(3).frame)


def test_one_p_value_per_term_in_the_summary(poisson, gaussian):
    table = poisson.summary(terms=True).tables["terms"]
    pd.testing.assert_frame_equal(table, poisson.anova(2).frame)
    assert list(gaussian.summary(terms=True).tables["terms"].index) == ["wool", "tension", "wool:tension"]


# ------------------------------------------------------------------------------ several models


def fits(data, *formulas, family="poisson", **arguments):
    return [gk.glm(f"breaks ~ {formula}", data, family, **arguments) for formula in formulas]


@pytest.mark.parametrize("family", ["poisson", "gaussian", "Gamma"])
@pytest.mark.parametrize("test", [None, "LRT", "Rao"])
def test_a_chain_of_models_has_the_sequential_tests_of_the_largest(family, test, warpbreaks):
    chain = fits(warpbreaks, "1", "wool", "wool + tension", "wool * tension", family=family)
    got, want = gk.anova(*chain, test=test).frame, chain[-1].anova(test=test).frame
    np.testing.assert_allclose(got, want, rtol=1e-8)


def test_the_wald_test_of_two_models_is_that_of_the_terms_between_them(poisson, warpbreaks):
    (small,) = fits(warpbreaks, "wool + tension")
    between = gk.anova(small, poisson, test="Wald")["statistic"].iloc[-1]
    assert between == pytest.approx(poisson.anova(2, "Wald")["statistic"]["wool:tension"], rel=1e-9)


def test_models_are_compared_in_the_order_given(poisson, warpbreaks):
    (small,) = fits(warpbreaks, "wool")
    up, down = gk.anova(small, poisson), gk.anova(poisson, small)
    assert down["df"].iloc[1] == -up["df"].iloc[1]
    assert down["deviance"].iloc[1] == -up["deviance"].iloc[1]
    assert down["p_value"].iloc[1] == up["p_value"].iloc[1]


def test_models_that_are_not_nested_have_no_test(warpbreaks):
    table = gk.anova(*fits(warpbreaks, "wool", "tension"))
    assert table["p_value"].isna().all()
    assert "not nested" in str(table)


def test_another_coding_is_nested_all_the_same(warpbreaks):
    (small,) = fits(warpbreaks, "0 + wool")
    (big,) = fits(warpbreaks, "wool + tension", contrasts={"wool": "sum"})
    assert "not nested" not in str(gk.anova(small, big))


def test_models_of_different_rows_are_refused_with_the_rows(warpbreaks):
    data = warpbreaks.assign(x=np.where(np.arange(54) < 3, np.nan, np.arange(54.0)))
    (small,) = fits(data, "wool")
    with pytest.warns(gk.DroppedRowsWarning):
        (big,) = fits(data, "wool + x")
    with pytest.raises(gk.DataError, match=r"54 and 51: 3 rows \(labels 0, 1, 2\) only in model 1") as caught:
        gk.anova(small, big)
    assert caught.value.rows == (54, 51)


@pytest.mark.parametrize("call", [gk.anova, gk.lr_test, gk.compare])
def test_models_of_different_responses_or_weights_are_refused(call, warpbreaks):
    (one,) = fits(warpbreaks, "wool")
    for other in (
        gk.glm("log(breaks) ~ wool", warpbreaks),
        *fits(warpbreaks, "wool", weights=np.full(54, 2.0)),
    ):
        with pytest.raises(gk.DataError, match="do not compare"):
            call(one, other)


def test_models_of_different_families_are_refused(warpbreaks):
    with pytest.raises(gk.FamilyError, match="family or link"):
        gk.anova(*fits(warpbreaks, "wool"), *fits(warpbreaks, "wool + tension", family="gaussian"))


@pytest.mark.parametrize("call", [gk.anova, gk.lr_test, gk.compare])
def test_something_else_than_fits_is_refused(call, poisson):
    with pytest.raises(gk.FitError, match="fitted models"):
        call(poisson, "wool")


@pytest.mark.parametrize("call", [gk.lr_test, gk.compare])
def test_a_family_without_likelihood_has_no_likelihood_ratio(call, warpbreaks):
    models = fits(warpbreaks, "wool", "wool + tension", family="quasipoisson")
    with pytest.raises(gk.NoLikelihoodError, match="quasipoisson"):
        call(*models)


def test_the_likelihood_ratio_counts_all_parameters(warpbreaks):
    small, big = fits(warpbreaks, "wool", "wool + tension", family="Gamma")
    table = gk.lr_test(small, big).frame
    assert table["df"].tolist() == [3, 5]
    assert table["statistic"].iloc[1] == pytest.approx(2 * (big.loglik - small.loglik), rel=1e-12)


def test_weights_of_evidence_sum_to_one_and_the_best_model_has_delta_zero(warpbreaks):
    table = gk.compare(*fits(warpbreaks, "wool", "tension", "wool * tension")).frame
    assert table["weight"].sum() == pytest.approx(1.0, rel=1e-14)
    assert table["delta"].min() == 0.0
    np.testing.assert_allclose(table["delta"], table["aic"] - table["aic"].min(), rtol=1e-14)


# ------------------------------------------------------------------------------ single terms


def test_dropping_a_term_is_fitting_without_it(poisson, warpbreaks):
    (without,) = fits(warpbreaks, "wool + tension")
    row = poisson.drop1().loc["wool:tension"]
    assert row["deviance"] == pytest.approx(without.deviance, rel=1e-12)
    assert row["aic"] == pytest.approx(without.aic, rel=1e-12)


def test_only_terms_marginal_to_no_other_are_dropped(poisson):
    assert list(poisson.drop1().index) == ["<none>", "wool:tension"]


def test_a_marginal_term_is_dropped_on_request_with_a_word(poisson):
    table = poisson.drop1("~ .")
    assert table["statistic"].round(3).tolist()[1:] == [33.274, 75.353, 28.087]  # R, treatment contrasts
    assert "depends on the contrasts" in str(table)


@pytest.mark.parametrize("scope", ["~ wool", "wool", ["wool"]])
def test_a_scope_of_deletions_is_a_formula_or_a_list(scope, warpbreaks):
    (fit,) = fits(warpbreaks, "wool + tension")
    assert list(fit.drop1(scope).index) == ["<none>", "wool"]


def test_a_scope_that_names_no_term_is_refused(poisson):
    with pytest.raises(gk.FitError, match="the model has wool"):
        poisson.drop1(["breaks"])


def test_offsets_stay():
    data = gk.load_dataset("insurance_claims")
    fit = gk.glm("Claims ~ District + Group + Age + offset(log(Holders))", data, "poisson", contrasts="r")
    assert fit.drop1()["statistic"].round(3).tolist()[1:] == [13.871, 88.667, 84.870]  # R


def test_the_same_rows_serve_when_a_dropped_term_has_missing_values(warpbreaks):
    data = warpbreaks.assign(x=np.where(np.arange(54) < 3, np.nan, np.arange(54.0)))
    with pytest.warns(gk.DroppedRowsWarning):
        (fit,) = fits(data, "wool + x")
    (without,) = fits(data.iloc[3:], "wool")
    assert fit.drop1().loc["x", "deviance"] == pytest.approx(without.deviance, rel=1e-12)


@pytest.mark.parametrize("family", ["poisson", "gaussian"])
@pytest.mark.parametrize("test", ["LRT", "F", "Rao", "Wald"])
def test_adding_a_term_mirrors_dropping_it(family, test, warpbreaks):
    family = "quasipoisson" if (family, test) == ("poisson", "F") else family
    small, big = fits(warpbreaks, "wool", "wool + tension", family=family)
    added, dropped = small.add1("tension", test), big.drop1("tension", test)
    assert added.loc["tension", "deviance"] == pytest.approx(big.deviance, rel=1e-12)
    if test in ("F", "Wald"):  # the others hold the dispersion at that of the model they start from
        assert added.loc["tension", "statistic"] == pytest.approx(
            dropped.loc["tension", "statistic"], rel=1e-9
        )


@pytest.mark.parametrize("scope", ["~ . + tension", ". ~ . * tension", "tension", ["tension"]])
def test_an_interaction_is_added_only_with_its_margins(scope, warpbreaks):
    (fit,) = fits(warpbreaks, "wool")
    assert list(fit.add1(scope).index) == ["<none>", "tension"]


def test_all_models_are_fitted_to_the_rows_complete_in_the_scope(warpbreaks):
    data = warpbreaks.assign(x=np.where(np.arange(54) < 3, np.nan, np.arange(54.0)))
    (fit,) = fits(data, "wool")
    with pytest.warns(gk.DroppedRowsWarning, match="51 of 54 rows"):
        table = fit.add1("x + tension")
    base, wider = fits(data.iloc[3:], "wool", "wool + tension")
    assert table.loc["<none>", "deviance"] == pytest.approx(base.deviance, rel=1e-12)
    assert table.loc["tension", "deviance"] == pytest.approx(wider.deviance, rel=1e-12)
    assert "51 of 54 rows" in str(table)


def test_a_scope_that_adds_nothing_is_refused(poisson):
    with pytest.raises(gk.FitError, match="lacks"):
        poisson.add1("wool")


def test_a_robust_covariance_is_not_that_of_a_larger_model(warpbreaks):
    (fit,) = fits(warpbreaks, "wool")
    with pytest.raises(gk.FitError, match="larger ones"):
        fit.with_vcov("HC1").add1("tension", test="Wald")


# ------------------------------------------------------------------------------ selection


@pytest.fixture(scope="module")
def birthwt():
    data = gk.load_dataset("birthwt")
    terms = "age + lwt + factor(race) + smoke + ptl + ht + ui + ftv"
    return gk.glm(f"low ~ {terms}", data, "binomial")


def test_step_ends_where_r_does(birthwt):
    chosen = birthwt.step()
    assert chosen.terms == ("lwt", "factor(race)", "smoke", "ptl", "ht", "ui")
    assert chosen.step_path["aic"].round(4).tolist() == [221.2848, 219.4270, 217.9856]
    assert list(chosen.step_path.index) == ["<start>", "- ftv", "- age"]


@pytest.mark.parametrize(("criterion", "column"), [("bic", "bic"), (float(np.log(189)), "criterion")])
def test_step_by_bic_or_a_price_ends_where_r_does(criterion, column, birthwt):
    chosen = birthwt.step(criterion=criterion)
    assert chosen.terms == ("lwt", "ht")
    assert chosen.step_path[column].iloc[-1] == pytest.approx(236.8673, abs=5e-5)
    assert chosen.aic == pytest.approx(227.1421, abs=5e-5)


def test_step_gives_the_fit_of_its_formula(birthwt):
    chosen = birthwt.step()
    again = gk.glm(chosen.formula, gk.load_dataset("birthwt"), "binomial")
    np.testing.assert_array_equal(chosen.coef, again.coef)


def test_step_says_what_selection_does_to_inference(birthwt):
    assert "too optimistic" in birthwt.step().summary().notes[-1]


def test_an_updated_fit_was_not_selected(birthwt):
    assert birthwt.step().update(". ~ . - ui").step_path is None


def test_step_keeps_the_lower_scope(birthwt):
    assert "ftv" in birthwt.step(scope={"lower": "~ ftv"}).terms


def test_step_takes_terms_in_and_keeps_marginality(warpbreaks):
    (fit,) = fits(warpbreaks, "1")
    chosen = fit.step("forward", scope="wool * tension")
    assert list(chosen.step_path.index) == ["<start>", "+ tension", "+ wool", "+ wool:tension"]


def test_step_keeps_the_same_rows_throughout(warpbreaks):
    data = warpbreaks.assign(x=np.where(np.arange(54) < 3, np.nan, np.arange(54) % 5))
    with pytest.warns(gk.DroppedRowsWarning):
        (fit,) = fits(data, "wool * tension + x", family="Gamma")
    chosen = fit.step(criterion="bic")
    assert "x" not in chosen.terms
    assert chosen.nobs == 51


def test_the_criterion_of_a_step_is_that_of_the_refit(warpbreaks):
    (fit,) = fits(warpbreaks, "wool * tension", family="Gamma")
    chosen = fit.step(criterion="bic")
    assert chosen.step_path["bic"].iloc[-1] == pytest.approx(chosen.bic, rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"direction": "up"}, gk.FitError),
        ({"direction": "forward"}, gk.FitError),
        ({"criterion": "cp"}, gk.FitError),
        ({"criterion": -1.0}, gk.FitError),
        ({"scope": {"uper": "x"}}, gk.FitError),
    ],
)
def test_a_selection_that_cannot_be_is_refused(arguments, error, poisson):
    with pytest.raises(error):
        poisson.step(**arguments)


def test_a_quasi_family_has_no_criterion(warpbreaks):
    (fit,) = fits(warpbreaks, "wool", family="quasipoisson")
    with pytest.raises(gk.NoLikelihoodError):
        fit.step()


def test_selection_refuses_a_robust_covariance(poisson):
    with pytest.raises(gk.FitError, match="with_vcov"):
        poisson.with_vcov("HC1").step()


def test_a_wald_table_says_where_small_sample_degrees_of_freedom_are_used():
    data = gk.load_dataset("warpbreaks").assign(lot=np.tile(np.arange(9), 6))
    fit = gk.glm("breaks ~ wool + tension", data).with_vcov("CR2", cluster="lot")
    assert "fit.test() of a term" in fit.anova(type=3).notes[2]


@pytest.mark.filterwarnings("ignore::glmkit.errors.AliasedWarning")
@pytest.mark.parametrize(
    "formula", ["Volume ~ Girth + Height + I(Girth^2)", "Volume ~ Girth + Height + twice"]
)
def test_the_closed_form_of_a_linear_model_is_its_refit(formula):
    data = gk.load_dataset("trees").assign(twice=lambda d: 2.0 * d["Girth"] - d["Height"])
    weights = np.resize([1.0, 2.0, 0.5], 31)
    fit = gk.glm(formula, data, weights=weights)
    expected = [gk.glm(f"Volume ~ {kept}", data, weights=weights).deviance for kept in _without_one(formula)]
    np.testing.assert_allclose(fit.drop1()["deviance"].iloc[1:], expected, rtol=1e-11)


def _without_one(formula):
    terms = formula.split("~")[1].split("+")
    return ["+".join(other for other in terms if other is not term) for term in terms]


def test_single_terms_of_a_linear_model_are_not_fitted(monkeypatch):
    fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
    monkeypatch.setattr("glmkit.inference.submodels.refit", None)
    assert len(fit.drop1()) == 3
    assert len(fit.anova(type=2)) == 3
