"""Pictures by what is drawn: the numbers in their lines, points, bars and bands."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from scipy import special

import glmkit as gk
from glmkit.plots.canvas import RatioLocator

TREES, WARP, BIRTH = (gk.load_dataset(name) for name in ("trees", "warpbreaks", "birthwt"))


@pytest.fixture(autouse=True)
def canvas():
    """Draw into memory, and leave no picture open."""
    mpl.use("Agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def gamma():
    return gk.glm("Volume ~ log(Girth) + Height", TREES, gk.Gamma("log"))


@pytest.fixture(scope="module")
def counts():
    return gk.glm("breaks ~ wool * tension", WARP, "poisson")


@pytest.fixture(scope="module")
def events():
    return gk.glm("low ~ age + smoke + ht", BIRTH, "binomial")


def drawn(ax, gid):
    """Return x and y of the lines with this mark, (lines, 2, n)."""
    return np.array([line.get_xydata().T for line in ax.get_lines() if line.get_gid() == gid], dtype=float)


def test_importing_the_package_does_not_import_matplotlib():
    code = "import sys, glmkit; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ------------------------------------------------------------------ diagnostics


def test_residuals_are_drawn_against_the_linear_predictor(gamma):
    ((x, y),) = drawn(gamma.plot_diagnostics(simulations=0)[0], "points")
    np.testing.assert_array_equal(x, gamma.linear_predictor)
    np.testing.assert_array_equal(y, gamma.rstandard("deviance"))


def test_a_discrete_response_has_quantile_residuals(counts):
    ((_, y),) = drawn(counts.plot_diagnostics(seed=3)[0], "points")
    np.testing.assert_array_equal(y, counts.residuals("quantile", seed=3))


def test_the_normal_plot_sorts_residuals_against_normal_quantiles(gamma):
    ((x, y),) = drawn(gamma.plot_diagnostics(simulations=0)[1], "points")
    np.testing.assert_array_equal(y, np.sort(gamma.rstandard("deviance")))
    np.testing.assert_allclose(x, special.ndtri((np.arange(1, 32) - 0.5) / 31), rtol=1e-12)


def test_the_third_picture_shows_roots_of_absolute_residuals(gamma):
    ((_, y),) = drawn(gamma.plot_diagnostics(simulations=0)[2], "points")
    np.testing.assert_allclose(y**2, np.abs(gamma.rstandard("deviance")), rtol=1e-12)


def test_on_a_contour_of_cooks_distance_the_distance_is_what_it_says(gamma):
    ax = gamma.plot_diagnostics(simulations=0)[3]
    h, r = drawn(ax, "cook 0.5")[0]
    np.testing.assert_allclose(r**2 * h / (gamma.rank * (1 - h)), 0.5, rtol=1e-12)


def test_the_rows_named_beside_the_leverages_have_the_largest_distances(gamma):
    named = {text.get_text() for text in gamma.plot_diagnostics(simulations=0)[3].texts}
    assert named - {"0.5", "1"} == set(gamma.cooks_distance().nlargest(3).index.astype(str))


def test_a_contour_out_of_sight_is_not_labelled(gamma):
    ax = gamma.plot_diagnostics(simulations=0)[3]
    low, high = ax.get_ylim()
    assert [text for text in ax.texts if not low <= text.xy[1] <= high] == []


def test_four_pictures_want_four_axes(gamma):
    with pytest.raises(gk.FitError, match="4 parts"):
        gamma.plot_diagnostics(pyplot.subplots(1, 2)[1])


def test_half_normal_points_are_sorted_sizes_inside_a_band_of_refits(gamma):
    ax = gamma.plot_half_normal(simulations=9)
    ((_, y),) = drawn(ax, "points")
    np.testing.assert_array_equal(y, np.sort(np.abs(gamma.rstandard("deviance"))))
    assert [band.get_gid() for band in ax.collections] == ["envelope"]


# ------------------------------------------------------------------ coefficients and effects


def test_coefficients_are_drawn_with_their_intervals_first_on_top(events):
    ax = events.plot_coefficients()
    frame = events.tidy().set_index("term").loc[["ht", "smoke", "age"]]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["ht", "smoke", "age"]
    ends = np.array([bar.T[0] for bar in ax.collections[0].get_segments()])
    np.testing.assert_allclose(ends, frame[["conf_low", "conf_high"]], rtol=1e-12)


def test_ratios_stand_on_a_logarithmic_axis(events):
    assert events.plot_coefficients(exponentiate=True).get_xscale() == "log"


def test_the_curve_of_an_effect_is_the_marginal_mean(gamma):
    ((x, y),) = drawn(gamma.plot_effect("Girth"), "curve")
    expected = gamma.emmeans("Girth", at={"Girth": [x[0], x[-1]]}).frame["estimate"]
    np.testing.assert_allclose(y[[0, -1]], expected, rtol=1e-12)


def test_responses_of_zero_and_one_are_drawn_as_rugs(events):
    rugs = [line for line in events.plot_effect("age").get_lines() if line.get_gid() == "rug"]
    assert sum(len(rug.get_xdata()) for rug in rugs) == len(BIRTH)


def test_means_of_levels_are_drawn_by_group(counts):
    ax = counts.plot_effect("tension", by="wool")
    points = [bars.lines[0].get_xydata()[:, 1] for bars in ax.containers]
    expected = counts.emmeans("tension", by="wool").frame["estimate"]
    np.testing.assert_allclose(np.concatenate(points), expected.to_numpy(float), rtol=1e-12)


def test_contrasts_are_drawn_with_their_intervals(counts):
    pairs = counts.emmeans("tension", by="wool").pairs()
    ax = gk.plot_means(pairs)
    ends = np.concatenate([[bar[:, 1] for bar in bars.lines[2][0].get_segments()] for bars in ax.containers])
    np.testing.assert_allclose(ends, pairs.confint().frame[["conf_low", "conf_high"]], rtol=1e-12)


def test_partial_residuals_are_drawn_around_their_term(gamma):
    ax = gamma.plot_partial_residuals("Height")
    ((x, y),) = drawn(ax, "points")
    ((on, term),) = drawn(ax, "term")
    np.testing.assert_array_equal(x, TREES["Height"])
    np.testing.assert_array_equal(y, gamma.residuals("partial")["Height"])
    np.testing.assert_allclose(np.diff(term), gamma.coef["Height"] * np.diff(on), atol=1e-12)


def test_a_variable_that_the_model_lacks_is_refused(gamma):
    with pytest.raises(gk.FitError, match="not a variable"):
        gamma.plot_effect("Width")


# ------------------------------------------------------------------ probabilities and counts


def test_calibration_groups_hold_all_events(events):
    (bars,) = events.plot_calibration(groups=1).containers
    np.testing.assert_allclose(bars.lines[0].get_xydata(), [[BIRTH["low"].mean()] * 2], rtol=1e-12)


def test_the_area_under_the_drawn_curve_is_the_auc(events):
    ((x, y),) = drawn(events.plot_roc(), "roc")
    area = np.diff(x) @ (y[1:] + y[:-1]) / 2.0
    assert area == pytest.approx(events.auc()["estimate"].iloc[0], rel=1e-12)


def test_a_picture_of_probabilities_needs_them(counts):
    with pytest.raises(gk.FitError, match="not binomial"):
        counts.plot_roc()


def test_bars_of_a_rootogram_hang_from_the_expected_and_are_as_long_as_the_observed(counts):
    ax = counts.plot_rootogram()
    ((_, top),) = drawn(ax, "expected")
    (bars,) = ax.containers
    lengths = np.array([bar.get_height() for bar in bars])
    ends = np.array([bar.get_y() + bar.get_height() for bar in bars])
    np.testing.assert_allclose(lengths**2, np.bincount(WARP["breaks"]), atol=1e-12)
    np.testing.assert_allclose(ends, top, atol=1e-12)


def test_there_is_room_under_the_longest_bar_of_a_rootogram(counts):
    ax = counts.plot_rootogram()
    assert ax.get_ylim()[0] < min(bar.get_y() for bar in ax.patches)


# ------------------------------------------------------------------ iterations and profiles


def test_the_iterations_show_what_is_left_of_the_deviance(counts):
    ((steps, gap),) = drawn(counts.plot_irls()[0], "deviance")
    deviance = counts.trace["deviance"].to_numpy()
    np.testing.assert_array_equal(steps, np.arange(1, len(deviance) + 1))
    assert gap[0] == deviance[0] - deviance.min()


@pytest.mark.parametrize(("kind", "power"), [("deviance", 2), ("signed_root", 1)])
def test_the_profile_crosses_its_level_at_the_ends_of_the_interval(events, kind, power):
    ax = events.plot_profile("ht", kind=kind)
    ends = drawn(ax, "end")[:, 0, 0]
    np.testing.assert_allclose(ends, events.confint("profile").loc["ht"], rtol=1e-9)
    ((x, y),) = drawn(ax, "profile")
    # The points stand 0.2 standard errors apart, and the curve between them is not a line.
    np.testing.assert_allclose(np.abs(np.interp(ends, x, y)), 1.959964**power, rtol=0.01)
    assert 1.959964**power == pytest.approx(drawn(ax, "level")[:, 1, 0].max(), rel=1e-6)


def test_walds_parabola_touches_its_interval_where_the_level_does(events):
    ((x, y),) = drawn(events.plot_profile("ht"), "wald")
    np.testing.assert_allclose(y, ((x - events.coef["ht"]) / events.std_error["ht"]) ** 2, atol=1e-9)


def test_an_unknown_curve_is_refused(events):
    with pytest.raises(gk.FitError, match="signed_root"):
        events.plot_profile("ht", kind="likelihood")


def test_a_picture_goes_into_the_axes_given(events):
    ax = pyplot.subplots()[1]
    assert [events.plot_profile("ht", ax), events.plot_roc(ax), events.plot_coefficients(ax)] == [ax] * 3


def test_no_picture_changes_the_style(gamma):
    before = dict(mpl.rcParams)
    gamma.plot_diagnostics(simulations=0)
    assert dict(mpl.rcParams) == before


# ------------------------------------------------------------------ what can be read


def boxes(ax):
    """Return the boxes of the labels beside points, drawn, in pixels."""
    ax.figure.canvas.draw()
    return [text.get_window_extent() for text in ax.texts]


@pytest.mark.parametrize("part", [0, 2, 3])
def test_labels_of_rows_do_not_cover_each_other_where_leverages_are_equal(counts, part):
    found = boxes(counts.plot_diagnostics()[part])
    assert [(i, j) for i, a in enumerate(found) for j, b in enumerate(found[:i]) if a.overlaps(b)] == []


@pytest.mark.parametrize("part", [0, 2, 3])
def test_labels_of_rows_stay_inside_the_picture(counts, part):
    ax = counts.plot_diagnostics()[part]
    found, inside = boxes(ax), ax.get_window_extent()
    assert all(inside.contains(*corner) for box in found for corner in box.corners())


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.4, 12.0, [0.5, 1, 2, 5, 10]),
        (0.5, 2.2, [0.6, 0.8, 1, 1.5, 2]),
        (1e-3, 2e3, [1e-3, 1e-2, 0.1, 1, 10, 100, 1000]),
        (1e-12, 1e12, 10.0 ** np.arange(-12, 13, 3)),
    ],
)
def test_ratios_have_round_ticks(low, high, ticks):
    np.testing.assert_allclose(RatioLocator().tick_values(low, high), ticks, rtol=1e-12)


def test_the_ticks_of_a_short_axis_of_ratios_are_evenly_spaced():
    ticks = RatioLocator().tick_values(0.81, 0.99)
    np.testing.assert_allclose(np.diff(ticks), ticks[1] - ticks[0], rtol=1e-9)


def test_ratios_are_written_out(events):
    ax = events.plot_coefficients(exponentiate=True)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2", "5", "10"]


def test_the_names_of_coefficients_are_not_cut_off(counts):
    ax = counts.plot_coefficients()
    ax.figure.canvas.draw()
    assert min(text.get_window_extent().x0 for text in ax.get_yticklabels()) >= 0.0


def test_ratios_of_means_stand_on_a_logarithmic_axis_with_a_line_at_one(counts):
    ax = gk.plot_means(counts.emmeans("tension", by="wool").pairs())
    assert (ax.get_yscale(), drawn(ax, "equal")[0, 1].tolist()) == ("log", [1.0, 1.0])


def test_differences_of_means_have_a_line_at_zero(gamma):
    tree = gk.glm("breaks ~ tension", WARP)
    ax = gk.plot_means(tree.emmeans("tension").pairs())
    assert (ax.get_yscale(), drawn(ax, "equal")[0, 1].tolist()) == ("linear", [0.0, 0.0])


def test_an_indicator_has_two_means_and_no_line_between_them(events):
    ax = events.plot_effect("smoke")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "1"]


def test_an_effect_is_named_for_the_event(events):
    assert events.plot_effect("age").get_ylabel() == "Probability of low = 1, 95 % interval"


def test_proportions_are_drawn_as_points():
    menarche = gk.load_dataset("menarche")
    fit = gk.glm("Menarche / Total ~ Age", menarche, "binomial", weights="Total")
    ((_, y),) = drawn(fit.plot_effect("Age"), "data")
    np.testing.assert_allclose(y, menarche["Menarche"] / menarche["Total"], rtol=1e-15)


def test_counts_of_different_exposures_are_not_drawn_on_the_curve_of_one():
    ships = gk.load_dataset("ships")
    fit = gk.glm("incidents ~ year", ships, "poisson", exposure="service", subset="service > 0")
    ax = fit.plot_effect("year")
    assert (len(drawn(ax, "data")), len(drawn(ax, "rug"))) == (0, 1)


def test_data_have_the_colour_of_their_group():
    penguins = gk.load_dataset("penguins").dropna(subset=["body_mass_g"])
    ax = gk.glm("body_mass_g ~ species + flipper_length_mm", penguins).plot_effect(
        "flipper_length_mm", by="species"
    )
    points = [line for line in ax.get_lines() if line.get_gid() == "data"]
    assert [line.get_color() for line in points] == ["C0", "C1", "C2"]
    sizes = penguins["species"].value_counts(sort=False)
    assert [len(line.get_xdata()) for line in points] == sizes.tolist()


def test_levels_of_a_partial_residual_stand_in_their_own_order(counts):
    ax = gk.glm("breaks ~ wool + tension", WARP, "poisson").plot_partial_residuals("tension")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["L", "M", "H"]


def test_the_term_of_a_factor_is_drawn_level_by_level():
    fit = gk.glm("breaks ~ wool + tension", WARP, "poisson")
    (bars,) = [bar for bar in fit.plot_partial_residuals("tension").collections if bar.get_gid() == "term"]
    heights = [segment[0, 1] for segment in bars.get_segments()]
    np.testing.assert_allclose(np.diff(heights), np.diff([0, *fit.coef.iloc[2:]]), rtol=1e-9)


@pytest.mark.parametrize("asked", ["means", "pairs", "contrast", "trends"])
def test_marginal_means_and_their_contrasts_draw_themselves(asked):
    fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
    slopes = gk.glm("bwt ~ lwt * factor(race)", gk.load_dataset("birthwt"))
    means = fit.emmeans("tension", by="wool")
    drawn = {
        "means": means,
        "pairs": means.pairs(),
        "contrast": means.contrast("effect"),
        "trends": slopes.emtrends("race", "lwt"),
    }[asked]
    by_method, by_function = drawn.plot(), gk.plot_means(drawn)
    assert len(by_method.lines) == len(by_function.lines) > 0
    for line, same in zip(by_method.lines, by_function.lines, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), same.get_xydata())


# ------------------------------------------------------------------ what the labels say


def test_a_forest_says_the_level_of_its_intervals(events):
    assert events.plot_coefficients(level=0.9).get_xlabel() == "Coefficient, 90 % interval"


def test_means_say_the_level_of_their_intervals(counts):
    assert counts.emmeans("tension").plot().get_ylabel() == "Mean, 95 % interval"


def test_contrasts_say_that_their_intervals_are_adjusted(counts):
    pairs = counts.emmeans("tension").pairs()
    assert pairs.plot().get_ylabel() == "Rate ratio, 95 % interval, Tukey-adjusted"


def test_one_contrast_needs_no_adjustment(counts):
    assert counts.emmeans("wool").pairs().plot().get_ylabel() == "Rate ratio, 95 % interval"


def test_contrasts_adjusted_by_holm_have_intervals_by_bonferroni(counts):
    pairs = counts.emmeans("tension").pairs(adjust="holm")
    assert pairs.plot().get_ylabel() == "Rate ratio, 95 % interval, Bonferroni-adjusted"


@pytest.mark.parametrize("exponentiate", [False, True])
def test_an_infinite_estimate_keeps_its_row(exponentiate):
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("HG ~ NV + EH", gk.load_dataset("endometrial"), "binomial")
    names = fit.plot_coefficients(exponentiate=exponentiate).get_yticklabels()
    assert [text.get_text() for text in names] == ["EH", "NV (Inf)"]


def test_the_legend_of_means_covers_no_interval():
    claims = gk.load_dataset("insurance_claims")
    fit = gk.glm("Claims ~ District + Age", claims, "poisson", exposure="Holders")
    ax = fit.emmeans("District", by="Age").plot()
    ax.figure.canvas.draw()
    assert not ax.get_legend().get_window_extent().overlaps(ax.bbox)


def test_the_legend_of_curves_covers_no_point():
    fit = gk.glm("Volume ~ Girth + Height", gk.load_dataset("trees"))
    ax = fit.plot_partial_residuals("Girth")
    ax.figure.canvas.draw()
    assert not ax.get_legend().get_window_extent().overlaps(ax.bbox)


def test_the_legend_of_effects_by_group_covers_no_point():
    penguins = gk.load_dataset("penguins").dropna()
    fit = gk.glm("body_mass_g ~ species * flipper_length_mm", penguins)
    ax = fit.plot_effect("flipper_length_mm", by="species")
    ax.figure.canvas.draw()
    assert not ax.get_legend().get_window_extent().overlaps(ax.bbox)


def test_a_legend_stays_inside_axes_whose_figure_makes_no_room(counts):
    ax = counts.emmeans("tension", by="wool").plot(pyplot.subplots()[1])
    ax.figure.canvas.draw()
    assert ax.bbox.containsx(ax.get_legend().get_window_extent().x1)


LONG_NAMES = [
    "University hospital of the north",
    "Practice with two doctors",
    "Private clinic with laboratory",
]


@pytest.mark.parametrize("draw", ["plot_effect", "plot_partial_residuals"])
def test_long_names_of_levels_stay_apart_and_inside(draw):
    place = pd.Categorical(LONG_NAMES * 3, LONG_NAMES)
    data = pd.DataFrame({"y": [1, 4, 7, 2, 5, 9, 4, 4, 8], "place": place})
    ax = getattr(gk.glm("y ~ place", data, "poisson"), draw)("place")
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.get_xticklabels()]
    assert [box.x1 < after.x0 for box, after in pairwise(boxes)] == [True, True]
    assert min(box.y0 for box in boxes) > 0.0


def test_a_single_iteration_stands_at_a_whole_number():
    ax, _ = gk.glm("Volume ~ Girth", TREES).plot_irls()
    low, high = ax.get_xlim()
    assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [1.0]
