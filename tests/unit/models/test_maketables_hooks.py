"""What maketables reads from a fit: by the names alone, and with the package where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

import glmkit as gk


@pytest.fixture
def breaks() -> gk.Results:
    return gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")


@pytest.fixture
def volume() -> gk.Results:
    return gk.glm("Volume ~ Girth", gk.load_dataset("trees"))


def test_the_coefficient_table_has_the_columns_it_asks_for(breaks):
    table = breaks.__maketables_coef_table__
    assert list(table.columns) == ["b", "se", "t", "p", "ci95l", "ci95u", "ci90l", "ci90u"]
    assert table.index.name == "Coefficient"


def test_the_coefficient_table_holds_the_covariance_in_use(breaks):
    robust = breaks.with_vcov("HC3")
    np.testing.assert_array_equal(robust.__maketables_coef_table__["se"], robust.std_error)


@pytest.mark.parametrize(("name", "level"), [("ci95", 0.95), ("ci90", 0.90)])
def test_the_intervals_are_those_of_confint(volume, name, level):
    ends = volume.__maketables_coef_table__[[f"{name}l", f"{name}u"]]
    np.testing.assert_array_equal(ends, volume.confint("wald", level=level))


@pytest.mark.parametrize(
    ("key", "own"),
    [("N", "nobs"), ("ll", "loglik"), ("aic", "aic"), ("bic", "bic"), ("deviance", "deviance")],
)
def test_a_statistic_is_the_attribute_of_the_fit(breaks, key, own):
    assert breaks.__maketables_stat__(key) == getattr(breaks, own)


@pytest.mark.parametrize("key", ["r2", "adj_r2", "no such word"])
def test_what_does_not_exist_is_none(breaks, key):
    assert breaks.__maketables_stat__(key) is None


def test_a_linear_model_has_its_r_squared_and_no_pseudo_one(volume):
    assert volume.__maketables_stat__("r2") == volume.r2("deviance")
    assert volume.__maketables_stat__("pseudo_r2") is None


def test_a_perfect_fit_has_no_adjusted_r_squared():
    assert gk.glm("y ~ x", {"y": [1.0, 2.0], "x": [0.0, 1.0]}).rsquared_adj is None


def test_the_response_and_the_covariance_are_named(breaks):
    assert breaks.__maketables_depvar__ == breaks.endog_names == "breaks"
    assert breaks.with_vcov("HC1").__maketables_vcov_info__ == {"vcov_type": "HC1", "clustervar": None}


def test_the_labels_are_the_readable_names(breaks):
    assert breaks.__maketables_var_labels__["wool[T.B]"] == "wool: B vs A"


# With the package ---------------------------------------------------------------------------------


def test_maketables_prints_fits_side_by_side(breaks, volume):
    maketables = pytest.importorskip("maketables")
    text = maketables.ETable([breaks, breaks.with_vcov("HC1"), volume]).make(type="tex")
    assert r"-0.206*** \\ (0.052)" in text
    assert "0.935" in text


def test_maketables_finds_the_same_numbers_either_way(breaks):
    extractors = pytest.importorskip("maketables.extractors")
    plugin, first = extractors.PluginExtractor(), extractors.get_extractor(breaks)
    for ours in ("coef_table", "depvar", "vcov_info"):
        left, right = (getattr(e, ours)(breaks) for e in (plugin, first))
        assert str(left) == str(right)


@pytest.mark.parametrize("key", ["N", "ll", "aic", "bic", "pseudo_r2", "r2", "se_type", "deviance"])
def test_maketables_finds_the_same_statistic_either_way(breaks, key):
    extractors = pytest.importorskip("maketables.extractors")
    first = extractors.get_extractor(breaks)
    assert extractors.PluginExtractor().stat(breaks, key) == first.stat(breaks, key)


def test_great_tables_shows_a_fit(breaks):
    maketables = pytest.importorskip("maketables")
    pytest.importorskip("great_tables")
    assert "-0.206" in maketables.ETable([breaks]).make(type="gt").as_raw_html()
