"""Predictions as SQL: DuckDB and SQLite compute what `predict` does, and NULL where it does not."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

duckdb = pytest.importorskip("duckdb")

BIRTHWT = gk.load_dataset("birthwt").assign(flag=lambda d: d["ui"] == 1, big=lambda d: d["lwt"] + 1.6e9)
BIRTHWT["text"] = BIRTHWT["race"].map({1: "white", 2: "it's", 3: 'a "b" \\ c'})
INSURANCE = gk.load_dataset("insurance_claims")
# A sum of a few terms in another order: rounding, times the steepness of exp.
RELATIVE = 1e-12


def computed(fit: gk.Results, data: pd.DataFrame, **asked: str) -> np.ndarray:
    """Return what DuckDB computes for a table."""
    connection = duckdb.connect()
    connection.register("data", data)
    return connection.execute(fit.to_sql(table="data", **asked)).df()["prediction"].to_numpy(dtype=float)


FORMULAS = {
    "numbers": "low ~ age + lwt",
    "factors": "low ~ factor(race) + flag",
    "an interaction of factors": "low ~ factor(race) * flag + text:ht + 0",
    "an interaction with a number": "low ~ text * age",
    "arithmetic": "low ~ I(age^2 / (lwt - 1)) + I(-age)",
    "remainders": "low ~ I(age %% 7) + I(lwt %/% 7)",
    "logarithms": "low ~ log(lwt) + log2(age) + log(age + 1, 3)",
    "decimal logarithms": "low ~ log10(lwt)",
    "roots and exponentials": "low ~ sqrt(age) + exp(-age / 30) + abs(age - 25)",
    "raw polynomials": "low ~ poly(age, 3, raw = TRUE)",
    "orthogonal polynomials": "low ~ poly(age, 3) + poly(lwt, 2):flag",
    "scaled": "low ~ scale(age) + center(lwt)",
    "conditions": "low ~ (age > 25) + ifelse(age > 30 & lwt < 150, age, 30) + (text == 'white')",
    "intervals": "low ~ cut(age, c(0, 20, 25, 50)) + cut(lwt, 3, include.lowest = TRUE)",
    "contrasts": "low ~ C(text, Helmert) + C(factor(race), Sum):age",
    "another baseline": "low ~ relevel(text, ref = 'white')",
    "two columns at once": "low ~ cbind(age, lwt):text",
    "the larger and the smaller": "low ~ pmin(age, 30) + pmax(lwt, 120, age)",
    "no term": "low ~ 1",
    "constants": "low ~ I(age * pi) + I(age^2 > mean(age^2))",
    "far from zero": "low ~ big + text",
}


@pytest.mark.parametrize("name", FORMULAS)
def test_duckdb_computes_the_prediction(name):
    fit = gk.glm(FORMULAS[name], BIRTHWT, "gaussian")
    np.testing.assert_allclose(computed(fit, BIRTHWT), fit.predict(BIRTHWT), rtol=1e-9)


def test_a_date_by_level_loses_what_its_digits_cost():
    fit = gk.glm("low ~ big:flag + flag", BIRTHWT)
    # Slopes of 1e-3 times 1.6e9, rounded, twice.
    np.testing.assert_allclose(computed(fit, BIRTHWT), fit.predict(BIRTHWT), atol=2e-9)


LINKS = {
    "identity": ("gaussian", "identity"),
    "log": ("poisson", "log"),
    "logit": ("binomial", "logit"),
    "cauchit": ("binomial", "cauchit"),
    "cloglog": ("binomial", "cloglog"),
    "loglog": ("binomial", "loglog"),
    "inverse": ("Gamma", "inverse"),
    "1/mu^2": ("inverse.gaussian", "1/mu^2"),
    "sqrt": ("poisson", "sqrt"),
    "mu^0.3": ("Gamma", "mu^0.3"),
}


@pytest.mark.parametrize("link", LINKS)
def test_every_inverse_link_but_one_is_exact(link):
    family, name = LINKS[link]
    data = pd.DataFrame({"x": np.linspace(-1, 1, 40)})
    data["y"] = (
        np.where(np.arange(40) % 3 == 0, 0.0, 1.0) if family == "binomial" else 2.0 + (np.arange(40) % 5)
    )
    fit = gk.glm("y ~ x", data, FAMILIES[family](name))
    new = pd.DataFrame({"x": np.linspace(-3, 3, 13)})
    new = new[np.isfinite(fit.predict(new).to_numpy())]
    np.testing.assert_allclose(computed(fit, new), fit.predict(new), rtol=RELATIVE)


FAMILIES = {
    "gaussian": gk.Gaussian,
    "poisson": gk.Poisson,
    "binomial": gk.Binomial,
    "Gamma": gk.Gamma,
    "inverse.gaussian": gk.InverseGaussian,
}


@pytest.mark.parametrize("link", ["logit", "cloglog", "loglog", "cauchit"])
def test_small_probabilities_keep_their_digits(link):
    data = pd.DataFrame({"x": np.linspace(-1, 1, 40), "y": np.where(np.arange(40) % 3 == 0, 0.0, 1.0)})
    fit = gk.glm("y ~ x + offset(o)", data.assign(o=0.0), gk.Binomial(link))
    new = pd.DataFrame({"x": 0.0, "o": [-30.0, -3.0, 3.0, -2.0]})
    np.testing.assert_allclose(computed(fit, new), fit.predict(new), rtol=RELATIVE)


def test_the_probit_link_is_refused_but_not_its_linear_predictor():
    fit = gk.glm("low ~ age", BIRTHWT, gk.Binomial("probit"))
    with pytest.raises(gk.FitError, match=r"probit.*type=.link"):
        fit.to_sql()
    np.testing.assert_allclose(
        computed(fit, BIRTHWT, type="link"), fit.predict(BIRTHWT, "link"), rtol=RELATIVE
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"exposure": "Holders"},
        {"offset": "log(Holders)"},
        {"offset": "lh"},
    ],
)
def test_an_offset_by_argument_is_included(asked):
    data = INSURANCE.assign(lh=np.log(INSURANCE["Holders"]))
    fit = gk.glm("Claims ~ Age + Group", data, "poisson", **asked)
    np.testing.assert_allclose(computed(fit, data), fit.predict(data), rtol=RELATIVE)


def test_an_offset_in_the_formula_is_included():
    fit = gk.glm("Claims ~ Age + offset(log(Holders))", INSURANCE, "poisson")
    np.testing.assert_allclose(computed(fit, INSURANCE), fit.predict(INSURANCE), rtol=RELATIVE)


def test_an_offset_given_as_values_is_refused():
    fit = gk.glm("Claims ~ Age", INSURANCE, "poisson", offset=np.log(INSURANCE["Holders"].to_numpy()))
    with pytest.raises(gk.FitError, match="offset given as values"):
        fit.to_sql()


@pytest.mark.parametrize(
    "row",
    [
        {"age": None, "text": "white", "flag": True},
        {"age": 20, "text": None, "flag": True},
        {"age": 20, "text": "white", "flag": None},
        {"age": 20, "text": "never seen", "flag": True},
        {"age": 20, "text": "WHITE", "flag": True},
        {"age": 20, "text": "white ", "flag": True},
        {"age": 0, "text": "white", "flag": True},
    ],
    ids=["missing number", "missing text", "missing truth", "new level", "case", "blank", "log of zero"],
)
def test_what_cannot_be_predicted_is_null(row):
    fit = gk.glm("low ~ log(age) + text * flag", BIRTHWT, "gaussian")
    typed = duckdb.connect()
    typed.execute("CREATE TABLE data (age INTEGER, text VARCHAR, flag BOOLEAN)")
    typed.execute("INSERT INTO data VALUES (?, ?, ?)", list(row.values()))
    assert typed.execute(fit.to_sql(table="data")).fetchall()[0][-1] is None


def test_integers_are_divided_as_numbers():
    fit = gk.glm("low ~ I(age / 7)", BIRTHWT, "gaussian")
    np.testing.assert_allclose(computed(fit, BIRTHWT[["age"]]), fit.predict(BIRTHWT), rtol=RELATIVE)


REFUSED = {
    "natural splines": "low ~ ns(age, 3)",
    "b-splines": "low ~ bs(age)",
    "lagged": "low ~ lag(age, 0)",
    "rounded": "low ~ round(age / 10)",
    "normal probabilities": "low ~ pnorm(age / 30)",
    "membership": "low ~ I(age %in% c(20, 21))",
    "new labels": "low ~ factor(race, labels = c('a', 'b', 'c'))",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_sql_cannot_say_is_refused(name):
    with pytest.raises(gk.FitError, match="cannot be written as SQL"):
        gk.glm(REFUSED[name], BIRTHWT.iloc[3:], "gaussian", subset="age > 15").to_sql()


def test_a_function_of_ones_own_is_refused():
    fit = gk.glm("low ~ twice(age)", BIRTHWT, context={"twice": lambda x: 2 * x})
    with pytest.raises(gk.FitError, match=r"twice\(age\).*cannot be written as SQL"):
        fit.to_sql()


def test_a_negative_constant_is_no_comment():
    fit = gk.glm("low ~ I(-k * age)", BIRTHWT, context={"k": -2.0})
    np.testing.assert_allclose(computed(fit, BIRTHWT), fit.predict(BIRTHWT), rtol=RELATIVE)


def test_infinite_coefficients_are_refused():
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ g", {"y": [0, 0, 0, 1, 0], "g": list("aabbb")}, "binomial")
    with pytest.raises(gk.FitError, match="infinite"):
        fit.to_sql()


def test_aliased_coefficients_are_refused():
    with pytest.warns(gk.AliasedWarning):
        fit = gk.glm("low ~ age + I(2 * age)", BIRTHWT)
    with pytest.raises(gk.FitError, match="aliased"):
        fit.to_sql()


def test_an_unknown_dialect_and_type_are_refused():
    fit = gk.glm("low ~ age", BIRTHWT)
    with pytest.raises(gk.FitError, match="duckdb"):
        fit.to_sql("oracle")
    with pytest.raises(gk.FitError, match="response"):
        fit.to_sql(type="terms")


# ----------------------------------------------------------------------------- names are data

CASES = json.loads((Path(__file__).parents[1] / "tables" / "injection_cases.json").read_text())["cases"]
TEXTS = [case["text"] for case in CASES] + [
    "'; DROP TABLE data; --",
    '"; DROP TABLE data; --',
    "\\'; --",
    "a`b",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_level_is_only_ever_a_text(text):
    data = pd.DataFrame({"y": [1.0, 2, 3, 4, 5, 7], "g": ["a", "b", text] * 2})
    fit = gk.glm("y ~ g", data)
    np.testing.assert_allclose(computed(fit, data), fit.predict(data), rtol=RELATIVE)


@pytest.mark.parametrize("text", [t for t in TEXTS if "`" not in t])
def test_a_column_is_only_ever_a_name(text):
    data = pd.DataFrame({"y": [1.0, 2, 3, 4, 5, 7], text: [1.0, 2, 2, 5, 4, 3]})
    fit = gk.glm("y ~ " + quoted(text), data)
    np.testing.assert_allclose(computed(fit, data), fit.predict(data), rtol=RELATIVE)


def quoted(name: str) -> str:
    from glmkit.frame.lexer import quote_name

    return quote_name(name)


@pytest.mark.parametrize("text", TEXTS)
def test_sqlite_agrees(text):
    data = pd.DataFrame({"y": [1, 2, 3, 4, 5, 7], "g": ["a", "b", text] * 2, "x": [1, 2, 3, 3, 2, 7]})
    fit = gk.glm("y ~ g + I(x / 2)", data)
    connection = sqlite3.connect(":memory:")
    data.to_sql("data", connection, index=False)
    got = pd.read_sql(fit.to_sql("sqlite", table="data"), connection)["prediction"]
    np.testing.assert_allclose(got, fit.predict(data), rtol=RELATIVE)


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (
            "duckdb",
            r"""CAST("g ""`" AS VARCHAR)
    WHEN 'a''\' THEN""",
        ),
        (
            "postgres",
            r"""CAST("g ""`" AS TEXT)
    WHEN E'a''\\' THEN CAST(""",
        ),
        (
            "sqlite",
            r"""CAST("g ""`" AS TEXT)
    WHEN 'a''\' THEN""",
        ),
        (
            "bigquery",
            r"""CAST(`g "\`` AS STRING)
    WHEN 'a\'\\' THEN""",
        ),
    ],
)
def test_names_and_texts_are_quoted_as_each_dialect_asks(dialect, expected):
    data = pd.DataFrame({"y": [1.0, 2, 3, 5], 'g "`': ["a'\\", "b", "a'\\", "b"]})
    fit = gk.glm("y ~ " + 'Q("g \\"`")', data)
    assert expected in fit.to_sql(dialect, type="link")


def test_a_loaded_model_gives_the_same_sql():
    fit = gk.glm("low ~ poly(age, 2) + text", BIRTHWT, "binomial", offset="log(lwt)")
    assert gk.from_json(fit.to_json()).to_sql() == fit.to_sql()


def test_a_query_has_a_line_for_each_summand_and_level():
    data = pd.DataFrame({"y": [1.0, 2.0, 4.0, 8.0], "g": list("abab"), "x": [0.0, 0.0, 1.0, 1.0]})
    fit = gk.glm("y ~ x + g", data, gk.Gaussian())
    shown = re.sub(r"-?\d+\.\d+e0", "#", fit.to_sql(table="t")).splitlines()
    assert shown == [
        "SELECT *,",
        "  (",
        "      #",
        '    + # * CAST("x" AS DOUBLE)',
        '    + CASE CAST("g" AS VARCHAR)',
        "        WHEN 'a' THEN #",
        "        WHEN 'b' THEN #",
        "      END",
        '  ) AS "prediction"',
        'FROM "t"',
    ]


def test_a_level_with_a_line_break_is_left_as_it_is():
    data = pd.DataFrame({"y": [1.0, 2.0, 4.0, 8.0], "g": ["a\nb", "c", "a\nb", "c"]})
    fit = gk.glm("y ~ g", data)
    assert "'a\nb'" in fit.to_sql()
    np.testing.assert_allclose(computed(fit, data), fit.fitted, rtol=RELATIVE)


def test_a_long_logarithm_is_broken_into_two_lines():
    fit = gk.glm("cost ~ log(vehicle_power)", gk.load_dataset("motor"), "gaussian")
    assert max(map(len, fit.to_sql("sqlite", table="motor").splitlines())) <= 80


def test_a_short_logarithm_keeps_its_line():
    fit = gk.glm("lot1 ~ lot2 + offset(log(u))", gk.load_dataset("clotting"), "gaussian")
    assert '"u" AS REAL) > 0 THEN LN(' in fit.to_sql("sqlite")
