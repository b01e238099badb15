"""Random data frames, formulas and arguments, and what may come of them."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import glmkit as gk

NUMBERS = st.one_of(
    st.integers(-3, 9).map(float),
    st.floats(-1e3, 1e3, allow_nan=False, width=32),
    st.sampled_from([0.0, -0.0, 1.0, 1e-12, 1e12, -1e12, 1e-300, 1e300, 5e-324, 2.0**53, 1.6e9]),
)
MILD = st.integers(-30, 90).map(lambda i: i / 10)
WILD = st.one_of(NUMBERS, st.sampled_from([math.nan, math.inf, -math.inf]))
LEVELS = st.sampled_from(["a", "b", "c", "", " ", "a:b", "é", "<b>", "`", "[T.a]", "None", "nan"])
NAMES = ("x", "z", "g", "h", "b", "w")
FAMILIES = (
    "gaussian",
    "binomial",
    "poisson",
    "Gamma",
    "inverse.gaussian",
    "quasipoisson",
    "quasibinomial",
    "quasi",
)
NEWER = (
    "multinomial",
    gk.Multinomial(),
    gk.Cumulative(),
    gk.Cumulative("probit"),
    gk.Cumulative("cloglog"),
    "negative.binomial",
    gk.NegativeBinomial(2.0),
    gk.NegativeBinomial(link="sqrt"),
    gk.Tweedie(1.5),
    gk.Tweedie(None),
    gk.Beta(),
    gk.Beta("cloglog"),
    gk.BetaBinomial(),
    gk.ZeroInflated(gk.Poisson()),
    gk.ZeroInflated(gk.NegativeBinomial()),
    gk.Hurdle(gk.Poisson()),
    gk.Hurdle(gk.NegativeBinomial()),
)
METHODS = ("ml", "firth", "firth", "median", "jeffreys", "magic", None, 1)
LINKS = (
    None,
    "identity",
    "log",
    "logit",
    "probit",
    "cauchit",
    "cloglog",
    "loglog",
    "inverse",
    "1/mu^2",
    "sqrt",
)
ATOMS = (
    "x", "z", "g", "h", "b", "w", "y", "log(x)", "I(x^2)", "poly(x, 2)", "scale(z)", "factor(w)", "x:g",
    "g*h", "1", "0", "ns(x, 3)", "bs(z)", "cut(x, 3)", "C(g, Sum)", "exp(x)", "sqrt(z)", "1/x", "x/z",
    "g:h:b", "offset(w)", "nothing", "x > 1", "relevel(g, 'b')", "abs(x)", "z %in% g", "pmin(x, z)",
    "ifelse(x > 0, x, z)", "center(x)", "(x + z)^2", "I(x/0)", ".", "np.log(z)", "round(x)", "x +",
    "lag(x)", "unclass(g)", "-1", "log(x, 0)", "x^x", "ordered(w)", "C(g, contr.poly)",
)  # fmt: skip


@st.composite
def columns(draw: Any, n: int) -> dict[str, Any]:
    """Return six columns of n rows: numbers, text, categories, truth, small counts."""
    number = draw(st.sampled_from([MILD, MILD, MILD, NUMBERS, WILD]))

    def some(one: Any) -> list[Any]:
        return draw(st.lists(one, min_size=n, max_size=n))

    categories = draw(st.lists(LEVELS, min_size=1, max_size=4, unique=True))
    coded = [draw(st.integers(-1, len(categories) - 1)) for _ in range(n)]
    return {
        "x": some(number),
        "z": some(draw(st.sampled_from([MILD, MILD, NUMBERS]))),
        "g": some(draw(st.sampled_from([st.sampled_from("abc"), st.one_of(LEVELS, st.none())]))),
        "h": pd.Categorical.from_codes(coded, categories, ordered=draw(st.booleans())),
        "b": some(st.booleans()),
        "w": some(st.integers(0, 3)),
    }


@st.composite
def responses(draw: Any, n: int) -> list[Any]:
    kind = draw(
        st.sampled_from(["counts"] * 3 + ["truth"] * 3 + ["positive"] * 2 + ["shares", "wild", "text"])
    )
    one = {
        "counts": st.integers(0, 12),
        "truth": st.integers(0, 1),
        "shares": st.floats(0, 1),
        "positive": st.floats(1e-3, 1e3),
        "wild": WILD,
        "text": st.sampled_from(["no", "yes"]),
    }[kind]
    return draw(st.lists(one, min_size=n, max_size=n))


@dataclass(frozen=True)
class Request:
    """A fit that is asked for, and what is then asked of it: positions in LOOKS."""

    formula: str
    data: Any
    family: Any
    arguments: dict[str, Any]
    newdata: Any
    looks: tuple[int, ...]


@st.composite
def requests(draw: Any) -> Request:
    n = draw(st.sampled_from([8, 12, 12, 20, 20, 30, 0, 1, 2, 5]))
    data = pd.DataFrame({**draw(columns(n)), "y": draw(responses(n))})
    atoms = st.sampled_from(ATOMS[:24] * 3 + ATOMS)
    terms = draw(st.lists(atoms, min_size=1, max_size=3))
    left = draw(st.sampled_from(["y"] * 20 + ["cbind(w, 3 - w)", "log(y)", "g", "h", "b", "y ~ x", ""]))
    formula = f"{left} ~ {' + '.join(terms)}"
    family = draw(families())
    parts = getattr(family, "name", "").startswith(("zero", "hurdle", "beta"))
    if draw(st.integers(0, 1 if parts else 40)) == 1:
        formula += f" | {draw(atoms)}"
    arguments: dict[str, Any] = {}
    for name in ("weights", "freq_weights", "offset", "exposure", "subset"):
        if draw(st.integers(0, 14)) == 0:
            arguments[name] = draw(row_argument(n))
    if draw(st.integers(0, 7)) == 0:
        arguments["na_action"] = draw(st.sampled_from(["omit", "exclude", "fail", "drop"]))
    if draw(st.integers(0, 7)) == 0:
        arguments["contrasts"] = draw(
            st.sampled_from(["r", "sum", "helmert", {"g": "poly"}, {"q": "sum"}, "none", 3])
        )
    if draw(st.integers(0, 11)) == 0:
        arguments["start"] = draw(
            st.sampled_from([[0.0], [math.nan, 0.0], {"x": 1.0}, [1.0, 1.0, 1.0], "x", 0.0])
        )
    if draw(st.integers(0, 7)) == 0:
        arguments["method"] = draw(st.sampled_from(METHODS))
    looks = draw(st.lists(st.integers(0, len(LOOKS) - 1), min_size=LOOKED, max_size=LOOKED, unique=True))
    return Request(formula, data, family, arguments, draw(new_rows(data)), tuple(looks))


@st.composite
def families(draw: Any) -> Any:
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(NEWER))
    name, link = draw(st.sampled_from(FAMILIES)), draw(st.sampled_from((None,) * 6 + LINKS))
    if draw(st.integers(0, 19)) == 0:
        return draw(st.sampled_from(["normalish", None, 3, gk.Poisson, "poisson(log)", "poisson(", gk.Log()]))
    return name if link is None else f"{name}({link})"


@st.composite
def row_argument(draw: Any, n: int) -> Any:
    return draw(
        st.one_of(
            st.sampled_from(
                ["w", "x", "z", "x > 0", "nothing", "w + 1", "abs(x)", "", "b", "g", 1.0, None, True]
            ),
            st.lists(NUMBERS, min_size=n, max_size=n),
            st.lists(st.integers(0, 3), min_size=n, max_size=n).map(np.array),
            st.lists(WILD, min_size=n, max_size=n).map(pd.Series),
            st.lists(NUMBERS, max_size=3),
        )
    )


@st.composite
def new_rows(draw: Any, data: pd.DataFrame) -> Any:
    choice = draw(st.integers(0, 4))
    if choice == 0:
        return {"x": 1.0, "z": 2.0, "g": "a", "h": "a", "b": True, "w": 1}
    if choice == 1:
        return data.iloc[:0]
    if choice == 2:
        return {
            "x": [draw(WILD)],
            "z": [draw(NUMBERS)],
            "g": [draw(LEVELS)],
            "h": ["a"],
            "b": [None],
            "w": [None],
        }
    return data


# ----------------------------------------------------------------------------- what may come of them


def outcome(request: Request) -> str:
    """Return what came of a request: the error's name, or "fitted" after every result was looked at.

    Raises whatever is not ours, and AssertionError where a number that is not finite was not announced.
    """
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            fit = gk.glm(request.formula, request.data, request.family, **request.arguments)
        except gk.GlmkitError as error:
            assert_clear(error)
            return type(error).__name__
        finally:
            assert_ours(said)
        assert_announced(fit)
        look_at(fit, request)
        assert_ours(said)
    return "fitted"


def assert_clear(error: gk.GlmkitError) -> None:
    assert len(str(error)) > 20, f"a message of {str(error)!r} says too little"
    assert not any(ord(c) < 32 for c in str(error)), f"control characters in {str(error)!r}"


def assert_ours(said: list[warnings.WarningMessage]) -> None:
    foreign = [str(w.message) for w in said if not issubclass(w.category, gk.GlmkitWarning)]
    assert foreign == [], f"warnings that are not ours: {foreign}"


def assert_announced(fit: gk.Results) -> None:
    """Every number is finite, or a note or a property of the fit names the cause of just that number."""
    numbers = {
        "coef": fit.coef[~fit.aliased], "std_error": fit.std_error[~fit.aliased],
        "fitted": fit.fitted.dropna(how="all"), "linear_predictor": fit.linear_predictor.dropna(how="all"),
        "deviance": fit.deviance, "null_deviance": fit.null_deviance, "pearson_chi2": fit.pearson_chi2,
        "dispersion": fit.dispersion, "loglik": fit.loglik, "aic": fit.aic,
    }  # fmt: skip
    for name, value in numbers.items():
        if not np.all(np.isfinite(value)):
            assert explained(fit, name), f"{name} is not finite and not explained: {value}, {fit.notes}"


def explained(fit: gk.Results, name: str) -> bool:
    """Return whether the fit says why the number of that name is not finite."""
    causes = {
        "separation": any(note.startswith("Separation:") for note in fit.notes),
        "no degrees of freedom left": fit.df_resid <= 0,
        "a perfect fit": fit.family.dispersion is None and (fit.df_resid <= 0 or fit.dispersion == 0),
        "out of range": any(note.startswith("Not to be had") for note in fit.notes),
        "no null model": any("null deviance" in note for note in fit.notes),
        "no likelihood": any("log-likelihood, AIC and BIC are NaN" in note for note in fit.notes),
    }
    return any(causes[cause] for cause in CAUSES.get(name, ()))


CAUSES = {
    "coef": ("separation",),
    "fitted": ("separation", "out of range"),
    "linear_predictor": ("separation",),
    "std_error": ("separation", "out of range", "no degrees of freedom left"),
    "deviance": ("out of range",),
    "pearson_chi2": ("out of range",),
    "dispersion": (
        "out of range",
        "no degrees of freedom left",
    ),
    "null_deviance": ("no null model",),
    "loglik": ("no likelihood", "a perfect fit"),
    "aic": ("no likelihood", "a perfect fit"),
}


LOOKS: tuple[Callable[[gk.Results, Request], object], ...] = (
    lambda fit, _: fit.summary().to_text(),
    lambda fit, _: fit.summary(exponentiate=True, names="r").to_html(),
    lambda fit, _: repr(fit),
    lambda fit, _: (fit.tidy(), fit.glance(), fit.augment(), fit.trace),
    lambda fit, _: (fit.residuals("pearson"), fit.residuals("working"), fit.residuals("response")),
    lambda fit, request: fit.predict(request.newdata, se=True, interval="mean"),
    lambda fit, _: fit.with_vcov("HC1").summary().to_latex(),
    lambda fit, _: gk.from_json(fit.to_json()).to_json(),
    lambda fit, request: gk.from_json(fit.to_json()).predict(request.newdata),
    lambda fit, _: gk.from_json(fit.to_json(include_data=True)),
    lambda fit, _: fit.to_sql("postgres"),
    lambda fit, _: fit.relativities().to_markdown(),
    lambda fit, _: (fit.anova().to_text(), fit.anova(type=2).to_latex()),
    lambda fit, _: (fit.anova(type=3, test="Wald").to_text(), fit.anova(test="Rao").to_html()),
    lambda fit, _: fit.drop1().to_text(),
    lambda fit, _: fit.emmeans((fit.terms or ("x",))[0]).to_text(),
    lambda fit, _: fit.emmeans((fit.terms or ("x",))[-1]).pairs().to_text(),
    lambda fit, _: fit.marginal_effects().to_text(),
    lambda fit, _: fit.confint("profile"),
    lambda fit, _: (fit.confint("wald"), fit.confint("score")),
    lambda fit, _: (fit.influence().to_text(), fit.residuals("quantile", seed=1)),
    lambda fit, _: (fit.check().to_text(), fit.report().to_text()),
    lambda fit, _: (fit.r2(), fit.vif()),
    lambda fit, _: fit.simulate(2, seed=1),
    lambda fit, request: fit.predict(request.newdata, type="terms"),
    lambda fit, _: fit.equation().to_latex(),
)
LOOKED = 6
"""How many looks are taken at a fit: others for every request."""


def look_at(fit: gk.Results, request: Request) -> Counter[str]:
    """Ask for every result; only our errors may come back."""
    came: Counter[str] = Counter()
    for look in request.looks:
        try:
            LOOKS[look](fit, request)
        except gk.ModelFileError:
            raise  # what was just written can be read
        except gk.GlmkitError as error:
            assert_clear(error)
            came[type(error).__name__] += 1
    return came
