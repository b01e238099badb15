"""Golden text of marginal means, contrasts and effects."""

from __future__ import annotations

import pytest

import glmkit as gk


@pytest.fixture(scope="module")
def warp():
    return gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")


@pytest.fixture(scope="module")
def births():
    return gk.glm("low ~ smoke + age + factor(race)", gk.load_dataset("birthwt"), "binomial")


def lines(printed):
    return [line.rstrip() for line in str(printed).splitlines()]


def test_marginal_means_print_with_what_was_averaged(warp):
    assert lines(warp.emmeans("tension")) == [
        "Estimated marginal means",
        "tension  Mean  Std. Error   Df  2.5 %  97.5 %",
        "L        35.5         1.4  Inf   32.8    38.4",
        "M        26.3         1.2  Inf   24.0    28.8",
        "H        21.5         1.1  Inf   19.4    23.7",
        "Averaged over wool.",
        "wool interacts with what is shown: an average over it may mislead.",
    ]


def test_pairs_within_groups_print_as_ratios(warp):
    assert lines(warp.emmeans("wool", by="tension").pairs()) == [
        "Contrasts as ratios",
        "Contrast  tension  Rate ratio  Std. Error   Df  z value  Pr(>|z|)",
        "A / B     L             1.579       0.127  Inf    5.694  1.24e-08",
        "A / B     M             0.834       0.077  Inf   -1.970    0.0488",
        "A / B     H             1.308       0.134  Inf    2.625   0.00866",
        "Tests are on the log scale of the ratios.",
    ]


def test_joint_tests_print_a_row_an_effect(warp):
    assert lines(warp.joint_tests()) == [
        "Joint tests of marginal means",
        "Term          Df   Chisq  Pr(>Chisq)",
        "wool           1  11.640    0.000646",
        "tension        2  63.421    1.69e-14",
        "wool:tension   2  27.827    9.07e-07",
    ]


def test_letters_print_beside_the_means(warp):
    assert lines(warp.emmeans("tension").letters()) == [
        "Estimated marginal means",
        "tension  Mean  Std. Error   Df  2.5 %  97.5 %  letters",
        "L        35.5         1.4  Inf   32.8    38.4  c",
        "M        26.3         1.2  Inf   24.0    28.8  b",
        "H        21.5         1.1  Inf   19.4    23.7  a",
        "Averaged over wool.",
        "wool interacts with what is shown: an average over it may mislead.",
        "Means that share a letter do not differ at 5 %.",
    ]


def test_a_test_of_equivalence_says_its_margin(warp):
    assert lines(warp.with_vcov("HC1").emmeans("tension").test(delta=0.1)) == [
        "Estimated marginal means",
        "tension  Mean  Std. Error   Df  z value  Pr(>|z|)",
        "L        35.5         3.2  Inf   38.845     1.000",
        "M        26.3         2.1  Inf   39.005     1.000",
        "H        21.5         1.8  Inf   36.117     1.000",
        "Averaged over wool.",
        "wool interacts with what is shown: an average over it may mislead.",
        "Standard errors: HC1.",
        "Test of equivalence with margin 0.1000 around 0.",
    ]


def test_marginal_effects_print_slopes_and_changes(births):
    assert lines(births.marginal_effects()) == [
        "Average marginal effects",
        "Term   Contrast  Estimate  Std. Error  z value  Pr(>|z|)    2.5 %  97.5 %",
        "smoke  dY/dX       0.2173      0.0675    3.216   0.00130   0.0849  0.3496",
        "age    dY/dX      -0.0069      0.0065   -1.053     0.292  -0.0197  0.0059",
        "race   2 - 1       0.1978      0.1013    1.953    0.0508  -0.0007  0.3963",
        "race   3 - 1       0.2080      0.0765    2.719   0.00655   0.0580  0.3579",
    ]


def test_risk_ratios_say_their_scale(births):
    assert lines(births.comparisons({"smoke": (0, 1)}, comparison="ratio")) == [
        "Average comparisons: ratio",
        "Term   Contrast  Estimate  Std. Error  z value  Pr(>|z|)  2.5 %  97.5 %",
        "smoke  1 / 0         1.98        0.43    3.147   0.00165   1.29    3.02",
        "Tests and intervals are made on the log scale.",
    ]


def test_comparisons_by_group_print_the_group(births):
    assert lines(births.comparisons({"race": "pairwise"}, by="smoke")) == [
        "Average comparisons: difference",
        "Term  Contrast  smoke  Estimate  Std. Error  z value  Pr(>|z|)   2.5 %  97.5 %",
        "race  2 - 1         0     0.168       0.092    1.820    0.0687  -0.013   0.349",
        "race  2 - 1         1     0.244       0.118    2.064    0.0390   0.012   0.475",
        "race  3 - 1         0     0.178       0.066    2.710   0.00673   0.049   0.307",
        "race  3 - 1         1     0.255       0.096    2.645   0.00817   0.066   0.443",
        "race  3 - 2         0     0.010       0.104    0.093     0.926  -0.195   0.214",
        "race  3 - 2         1     0.011       0.119    0.092     0.927  -0.222   0.244",
    ]


def test_average_predictions_print_by_group(warp):
    assert lines(warp.predictions(by="wool")) == [
        "Average predictions",
        "wool  Estimate  Std. Error  2.5 %  97.5 %",
        "A        31.04        1.07  28.94   33.14",
        "B        25.26        0.97  23.36   27.15",
    ]


def test_html_holds_the_same_numbers_as_cells(warp):
    html = warp.emmeans("tension")._repr_html_()
    assert '<tr><th scope="row">L</th><td>35.5</td><td>1.4</td><td>Inf</td>' in html
    assert '<p class="notes">Averaged over wool.</p>' in html
