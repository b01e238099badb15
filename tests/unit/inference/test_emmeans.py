"""Marginal means and contrasts: identities, tables of coefficients, and what is refused."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glmkit as gk
from glmkit.inference.emmeans.coefficients import contrasts_of
from glmkit.inference.emmeans.letters import letters_of

WARP = gk.load_dataset("warpbreaks")
LEVELS = ["L", "M", "H"]
# sums of a dozen numbers of one size
EXACT = 1e-10


@pytest.fixture(scope="module")
def poisson():
    return gk.glm("breaks ~ wool * tension", WARP, "poisson")


@pytest.fixture(scope="module")
def gaussian():
    return gk.glm("breaks ~ wool * tension", WARP)


@pytest.fixture(scope="module")
def quine():
    return gk.glm("Days ~ Eth * Sex + Age", gk.load_dataset("quine"), "poisson")


def estimates(means) -> np.ndarray:
    return means.frame["estimate"].to_numpy()


# ----------------------------------------------------------------------------- means


def test_means_of_every_cell_of_a_saturated_model_are_the_cell_means(gaussian):
    cells = WARP.groupby(["tension", "wool"], observed=True)["breaks"].mean()
    np.testing.assert_allclose(estimates(gaussian.emmeans("wool * tension")), cells, rtol=EXACT)


def test_proportional_weights_give_the_average_prediction_on_the_identity_link():
    fit = gk.glm("Days ~ Eth + Sex + Age", gk.load_dataset("quine"))
    means = fit.emmeans("1", weights="proportional").frame
    average = fit.predictions().frame
    np.testing.assert_allclose(means["estimate"], average["estimate"], rtol=EXACT)
    np.testing.assert_allclose(means["std_error"], average["std_error"], rtol=1e-8)


def test_differences_of_means_are_average_comparisons_on_the_identity_link(gaussian):
    pairs = gaussian.emmeans("tension").pairs("none", reverse=True).frame
    effects = gaussian.comparisons({"tension": "pairwise"}).frame
    order = [0, 1, 2]
    np.testing.assert_allclose(pairs["estimate"], effects["estimate"][order], rtol=EXACT)
    np.testing.assert_allclose(pairs["std_error"], effects["std_error"][order], rtol=1e-8)
    np.testing.assert_allclose(pairs["p_value"], effects["p_value"][order], rtol=1e-6)


def test_slopes_are_marginal_effects_on_the_identity_link():
    fit = gk.glm("bwt ~ lwt * age", gk.load_dataset("birthwt"))
    trend = fit.emtrends("1", "lwt").frame
    effect = fit.marginal_effects("lwt").frame
    np.testing.assert_allclose(trend["estimate"], effect["estimate"], rtol=1e-8)
    np.testing.assert_allclose(trend["std_error"], effect["std_error"], rtol=1e-8)


def test_specs_as_text_and_as_lists_are_the_same(poisson):
    listed = poisson.emmeans(["wool"], by="tension").frame
    pd.testing.assert_frame_equal(poisson.emmeans("~ wool | tension").frame, listed)


def test_a_nested_factor_is_averaged_within_its_own():
    data = pd.DataFrame(
        {"school": list("aaaabbbb"), "teacher": list("uuvvwwxx"), "y": [1.0, 2, 3, 4, 5, 6, 7, 8]}
    )
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("y ~ school / teacher", data)
    means = fit.emmeans("teacher")
    assert means.frame["school"].tolist() == list("aabb")
    np.testing.assert_allclose(estimates(means), [1.5, 3.5, 5.5, 7.5], rtol=EXACT)


def test_whole_numbers_are_levels_without_decimals():
    fit = gk.glm("bwt ~ factor(race)", gk.load_dataset("birthwt"))
    assert fit.emmeans("race").frame["race"].tolist() == [1, 2, 3]
    assert fit.emmeans("race").pairs().frame["contrast"].tolist() == [
        "race1 - race2",
        "race1 - race3",
        "race2 - race3",
    ]


def test_values_given_by_at_take_the_place_of_the_mean():
    fit = gk.glm("bwt ~ lwt", gk.load_dataset("birthwt"))
    expected = fit.predict({"lwt": [110.0, 130.0]})
    np.testing.assert_allclose(estimates(fit.emmeans("lwt", at={"lwt": [110, 130]})), expected, rtol=EXACT)


def test_a_share_between_the_two_values_of_an_indicator_may_be_given():
    fit = gk.glm("low ~ smoke", gk.load_dataset("birthwt"), "binomial")
    expected = fit.predict({"smoke": 0.3}).iloc[0]
    assert estimates(fit.emmeans("1", at={"smoke": 0.3}))[0] == pytest.approx(expected, rel=EXACT)


def test_a_bias_adjustment_of_a_log_link_is_a_factor(poisson):
    plain, adjusted = poisson.emmeans("wool"), poisson.emmeans("wool").bias_adjusted(0.4)
    np.testing.assert_allclose(estimates(adjusted), estimates(plain) * 1.08, rtol=EXACT)
    # the slope of the adjusted mean is a central difference, good to 1e-10
    ratio = adjusted.frame["std_error"] / plain.frame["std_error"]
    np.testing.assert_allclose(ratio, 1.08, rtol=1e-8)


def test_frequency_weights_are_rows_repeated():
    data = gk.load_dataset("insurance_claims").assign(k=[1, 2, 3, 1] * 16)
    formula = "Claims ~ District + Group + offset(log(Holders))"
    counted = gk.glm(formula, data, "poisson", freq_weights="k").emmeans("District", weights="outer")
    repeated = gk.glm(formula, data.loc[data.index.repeat(data["k"])], "poisson")
    expected = repeated.emmeans("District", weights="outer")
    np.testing.assert_allclose(estimates(counted), estimates(expected), rtol=EXACT)


def test_means_in_infinite_directions_have_limits_and_no_errors():
    data = pd.DataFrame({"f": list("aabbcc"), "y": [0, 0, 0, 1, 1, 0]})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ f", data, "binomial")
    frame = fit.emmeans("f").frame
    np.testing.assert_allclose(frame["estimate"], [0.0, 0.5, 0.5], atol=1e-12)
    assert frame["std_error"].isna().tolist() == [True, False, False]


@pytest.fixture(scope="module")
def empty():
    data = WARP[~((WARP["wool"] == "A") & (WARP["tension"] == "L"))]
    with pytest.warns(gk.AliasedWarning):
        return gk.glm("breaks ~ wool * tension", data, "poisson")


def test_means_over_empty_cells_are_not_there(empty):
    assert empty.emmeans("tension").frame["estimate"].isna().tolist() == [True, False, False]
    assert empty.emmeans("tension").vcov().isna().to_numpy().sum() == 5


def test_means_that_are_not_there_have_no_letters(empty):
    assert empty.emmeans("tension").letters().frame["letters"].tolist() == ["", "b", "a"]


# ----------------------------------------------------------------------------- contrasts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("M - L", [-1, 1, 0]),
        ("(M + H)/2 - L", [-1, 0.5, 0.5]),
        ("-L + 2*M - H", [-1, 2, -1]),
        ("0.5 * (L - H)", [0.5, 0, -0.5]),
        ("L", [1, 0, 0]),
    ],
)
def test_text_says_the_coefficients(text, expected):
    np.testing.assert_array_equal(contrasts_of(text, LEVELS).matrix, [expected])


def test_longer_labels_are_read_first():
    np.testing.assert_array_equal(contrasts_of("a b - a", ["a", "a b"]).matrix, [[-1, 1]])


@pytest.mark.parametrize("text", ["M - X", "M * L", "2", "(M - L", "", "M L"])
def test_other_text_is_refused_with_the_labels(text):
    with pytest.raises(gk.FitError, match="combine the means L, M, H") as caught:
        contrasts_of(text, LEVELS)
    assert caught.value.argument == "method"


# Fisher & Yates, table XXIII: orthogonal polynomials as whole numbers
@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (2, [[-1, 1]]),
        (3, [[-1, 0, 1], [1, -2, 1]]),
        (4, [[-3, -1, 1, 3], [1, -1, -1, 1], [-1, 3, -3, 1]]),
        (5, [[-2, -1, 0, 1, 2], [2, -1, -2, -1, 2], [-1, 2, 0, -2, 1], [1, -4, 6, -4, 1]]),
    ],
)
def test_polynomials_are_those_of_the_tables(k, expected):
    own = contrasts_of("polynomial", list("abcde")[:k])
    np.testing.assert_array_equal(own.matrix, expected)


def test_a_dict_and_a_matrix_and_a_frame_say_the_same(gaussian):
    means = gaussian.emmeans("tension")
    named = means.contrast({"late": "H - M", "early": [-1, 1, 0]})
    rows = [[0.0, -1.0, 1.0], [-1.0, 1.0, 0.0]]
    assert named.frame["contrast"].tolist() == ["late", "early"]
    np.testing.assert_array_equal(estimates(named), estimates(means.contrast(rows)))
    framed = means.contrast(pd.DataFrame(rows, index=["late", "early"]))
    pd.testing.assert_frame_equal(named.frame, framed.frame)


def test_coefficients_of_the_wrong_number_are_refused(gaussian):
    with pytest.raises(gk.FitError, match=r"'contrast 1' does not have 3 finite coefficients"):
        gaussian.emmeans("tension").contrast([[1.0, -1.0]])


def test_effects_sum_to_zero(gaussian):
    assert estimates(gaussian.emmeans("tension").contrast()).sum() == pytest.approx(0.0, abs=1e-10)


def test_helmert_contrasts_compare_with_the_mean_before(gaussian):
    low, middle, high = estimates(gaussian.emmeans("tension"))
    own = estimates(gaussian.emmeans("tension").contrast("helmert"))
    np.testing.assert_allclose(own, [middle - low, high - (low + middle) / 2], rtol=EXACT)


def test_the_control_may_be_named(gaussian):
    own = gaussian.emmeans("tension").contrast("trt.vs.ctrl", ref="H", adjust="none")
    assert own.frame["contrast"].tolist() == ["L - H", "M - H"]


def test_contrasts_on_a_log_link_are_ratios(poisson):
    low, middle, _ = estimates(poisson.emmeans("tension"))
    ratio = estimates(poisson.emmeans("tension").pairs())[0]
    assert ratio == pytest.approx(low / middle, rel=EXACT)


def test_contrasts_that_are_no_differences_stay_on_the_link_scale(poisson):
    link = estimates(poisson.emmeans("tension", scale="link"))
    own = estimates(poisson.emmeans("tension").contrast("(L + M)/2"))
    assert own[0] == pytest.approx(link[:2].mean(), rel=EXACT)


def test_pairs_across_groups_by_an_empty_by(gaussian):
    within = gaussian.emmeans("wool", by="tension")
    assert len(within.pairs().frame) == 3
    assert len(within.pairs(by=[]).frame) == 15


def test_contrasts_of_contrasts_are_interaction_contrasts(gaussian):
    means = gaussian.emmeans("wool * tension")
    twice = means.contrast("pairwise", by="tension").pairs(by=[], adjust="none")
    at_once = means.interaction("pairwise")
    assert at_once.frame["contrast"].tolist() == ["A - B : L - M", "A - B : L - H", "A - B : M - H"]
    np.testing.assert_allclose(estimates(twice), estimates(at_once), rtol=EXACT)
    # R 4.2.2, emmeans 1.8.4: contrast(em, interaction = "pairwise")
    np.testing.assert_allclose(at_once.frame["p_value"], [0.0057, 0.1543, 0.1543], atol=5e-5)


def test_nested_means_have_no_interaction_contrasts():
    data = pd.DataFrame({"s": list("aabbb"), "t": list("uvwxy"), "y": [1.0, 2, 3, 4, 5]})
    with pytest.warns(gk.AliasedWarning):
        means = gk.glm("y ~ s / t", data).emmeans("t")
    with pytest.raises(gk.FitError, match="not crossed"):
        means.interaction()


def test_tukey_counts_the_means_of_each_group():
    data = pd.DataFrame({"s": list("aabbb") * 4, "t": list("uvwxy") * 4, "y": np.arange(20.0) % 7})
    with pytest.warns(gk.AliasedWarning):
        pairs = gk.glm("y ~ s / t", data).emmeans("t", by="s").pairs()
    plain = replace_adjust(pairs, "none")
    assert pairs.frame["p_value"][0] == pytest.approx(plain["p_value"][0], rel=1e-10)  # two means: plain
    assert pairs.frame["p_value"][1] > plain["p_value"][1]


def replace_adjust(pairs, adjust):
    return pairs.test(adjust=adjust).frame


# ----------------------------------------------------------------------------- intervals and tests


def test_simultaneous_intervals_exclude_zero_where_the_adjusted_p_value_is_small(gaussian):
    pairs = gaussian.emmeans("tension").pairs()
    low, high = pairs.confint().frame[["conf_low", "conf_high"]].to_numpy().T
    np.testing.assert_array_equal((low > 0) | (high < 0), pairs.frame["p_value"] < 0.05)


@pytest.mark.parametrize("adjust", ["bonferroni", "sidak", "single-step"])
def test_simultaneous_intervals_are_wider_than_plain_ones(gaussian, adjust):
    means = gaussian.emmeans("tension")
    assert (means.confint(adjust=adjust).frame["conf_low"] < means.frame["conf_low"]).all()


def test_single_step_equals_tukey_for_balanced_pairs(gaussian):
    pairs = gaussian.emmeans("tension").pairs()
    single = pairs.test(adjust="single-step").frame["p_value"]
    # randomized quasi-Monte Carlo, to about 1e-4
    np.testing.assert_allclose(single, pairs.frame["p_value"], atol=2e-4)


def test_tukey_is_for_pairs(gaussian):
    with pytest.raises(gk.FitError, match="pairs of means"):
        gaussian.emmeans("tension").confint(adjust="tukey")


def test_degrees_of_freedom_of_clusters_differ_by_mean():
    data = gk.load_dataset("quine").assign(cluster=lambda d: d["Age"].astype(str) + d["Lrn"].astype(str))
    fit = gk.glm("Days ~ Eth + Sex", data, "poisson").with_vcov("CR2", cluster="cluster")
    frame = fit.emmeans("Eth").frame
    np.testing.assert_allclose(frame["df"], fit.estimate.df_of(fit.emmeans("Eth").rows), rtol=EXACT)
    assert frame["df"].nunique() == 2
    assert "CR2" in str(fit.emmeans("Eth"))


def test_a_joint_distribution_of_unequal_degrees_of_freedom_is_refused():
    data = gk.load_dataset("quine").assign(cluster=lambda d: d["Eth"].astype(str) + d["Lrn"].astype(str))
    fit = gk.glm("Days ~ Age", data, "poisson").with_vcov("CR2", cluster="cluster")
    with pytest.raises(gk.FitError, match='adjust="holm"'):
        fit.emmeans("Age").contrast("trt.vs.ctrl").frame


def test_a_one_sided_p_value_is_half_the_two_sided(gaussian):
    pairs = gaussian.emmeans("tension").pairs("none")
    np.testing.assert_allclose(pairs.test(side=">").frame["p_value"], pairs.frame["p_value"] / 2, rtol=EXACT)


def test_joint_tests_of_balanced_factors_are_tests_of_type_3(gaussian):
    joint = gaussian.joint_tests().frame.set_index("term")
    third = gaussian.anova(type=3)["p_value"]
    np.testing.assert_allclose(joint["p_value"], third[joint.index], rtol=1e-8)


def test_a_joint_test_of_a_covariate_is_the_test_of_its_slope():
    fit = gk.glm("bwt ~ lwt + factor(race)", gk.load_dataset("birthwt"))
    joint = fit.joint_tests().frame.set_index("term")
    assert joint.loc["lwt", "p_value"] == pytest.approx(fit.p_value["lwt"], rel=1e-10)


def test_joint_tests_keep_what_empty_cells_leave(empty):
    frame = empty.joint_tests().frame
    # R 4.2.2, emmeans 1.8.4, which prints three decimals; there F of one degree of freedom
    assert frame["term"].tolist() == ["tension", "wool:tension"]
    np.testing.assert_allclose(frame["statistic"], [8.623, 10.687], atol=5e-4)


# ----------------------------------------------------------------------------- letters


def test_letters_of_all_alike_and_of_none_alike():
    values = np.array([3.0, 1.0, 2.0])
    assert letters_of(values, np.full(3, 0.9), 0.05) == ["a", "a", "a"]
    assert letters_of(values, np.full(3, 0.001), 0.05) == ["c", "a", "b"]


@given(st.lists(st.booleans(), min_size=10, max_size=10), st.permutations(range(5)))
@settings(deadline=None, max_examples=60)
def test_means_share_a_letter_exactly_where_they_do_not_differ(differ, order):
    p_value = np.where(differ, 0.01, 0.5)
    letters = letters_of(np.array(order, dtype=float), p_value, 0.05)
    shared = [bool(set(letters[i]) & set(letters[j])) for i in range(5) for j in range(i + 1, 5)]
    assert shared == [not d for d in differ]


# ----------------------------------------------------------------------------- invariance


@given(st.integers(0, 10_000), st.sampled_from(["treatment", "sum", "helmert"]))
@settings(deadline=None, max_examples=10)
def test_means_do_not_depend_on_coding_or_on_the_order_of_rows(seed, coding):
    quine = gk.load_dataset("quine")
    shuffled = quine.sample(frac=1.0, random_state=seed)
    formula = "Days ~ Eth * Sex + Age"
    plain = gk.glm(formula, quine, "poisson").emmeans("Eth", by="Sex")
    fit = gk.glm(formula, shuffled, "poisson", contrasts=dict.fromkeys(("Eth", "Sex", "Age"), coding))
    other = fit.emmeans("Eth", by="Sex")
    np.testing.assert_allclose(numbers(other), numbers(plain), rtol=1e-8)
    np.testing.assert_allclose(numbers(other.pairs()), numbers(plain.pairs()), rtol=1e-7)


def numbers(means) -> np.ndarray:
    return means.frame.select_dtypes("float").to_numpy()


def test_pickled_means_are_the_same(poisson):
    means = poisson.emmeans("wool", by="tension").pairs()
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(means)).frame, means.frame)


# ----------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: f.emmeans("wol"), "Did you mean 'wool'"),
        (lambda f: f.emmeans("wool", by="x"), "by names 'x'"),
        (lambda f: f.emmeans("wool", at={"tension": "Q"}), "level 'Q'"),
        (lambda f: f.emmeans("wool", at={"tension": []}), "no values"),
        (lambda f: f.emmeans("wool", weights="some"), "equal, proportional, outer, cells"),
        (lambda f: f.emmeans("wool", scale="odds"), '"response" or "link"'),
        (lambda f: f.emmeans("wool", offset=0.0, exposure=1.0), "same thing twice"),
        (lambda f: f.emmeans("wool", exposure=-1.0), "not above 0"),
        (lambda f: f.emtrends("wool", "tension"), "is a factor"),
        (lambda f: f.emmeans("wool").test(side="up"), "two-sided"),
        (lambda f: f.emmeans("wool").test(delta=-1.0), "margin"),
        (lambda f: f.emmeans("wool").pairs(by="tension"), "not a column of these means"),
        (lambda f: f.emmeans("wool").bias_adjusted(-1.0), "standard deviation >= 0"),
        (lambda f: f.emmeans("wool", scale="link").regrid(), "response scale"),
        (lambda f: f.emmeans("wool").interaction(), "two or more factors"),
        (lambda f: f.emmeans("wool").contrast("trt.vs.ctrl", ref="Z"), "not one of the means"),
    ],
)
def test_what_cannot_be_is_refused_in_words(poisson, call, message):
    with pytest.raises(gk.FitError, match=message):
        call(poisson)


def test_slopes_of_what_goes_in_steps_are_refused():
    fit = gk.glm("bwt ~ cut(lwt, c(0, 120, 400)) + factor(smoke)", gk.load_dataset("birthwt"))
    with pytest.raises(gk.FitError, match="goes in steps"):
        fit.emtrends("smoke", "lwt")


def test_a_fit_to_a_matrix_is_refused():
    fit = gk.glm_fit(np.column_stack([np.ones(4), [0.0, 1, 2, 3]]), [1.0, 2.0, 2.0, 4.0])
    with pytest.raises(gk.FitError, match="ready design matrix"):
        fit.emmeans("x1")


def test_a_term_of_the_row_before_has_no_value_in_a_grid():
    data = pd.DataFrame({"y": [2, 4, 3, 6, 5, 7, 6, 9], "x": np.arange(8.0), "g": list("abababab")})
    with pytest.warns(gk.DroppedRowsWarning):
        fit = gk.glm("y ~ g + lag(x)", data, "poisson")
    with pytest.raises(gk.FormulaError, match="a grid of values does not have"):
        fit.emmeans("g")
