"""Hard inputs with known answers: reading a case, running it, judging what came back."""

from __future__ import annotations

import json
import re
import warnings
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import glmkit as gk
from glmkit.families.registry import family_from

FOLDER = Path(__file__).parent / "data" / "cases"
SPECIAL = {"NaN": np.nan, "Inf": np.inf, "-Inf": -np.inf, "+Inf": np.inf}
OTHER_FAMILIES = {
    "negative_binomial": lambda spec: gk.NegativeBinomial(
        theta=None if spec.get("theta") == "estimate" else spec.get("theta"), link=spec.get("link")
    ),
    "tweedie": lambda spec: gk.Tweedie(power=spec.get("power"), link=spec.get("link") or "log"),
    "multinomial": lambda spec: gk.Multinomial(),
}


class Verdict(NamedTuple):
    """Whether what came back is right or clear, and why not."""

    right: bool
    reason: str


def read_cases() -> dict[str, dict]:
    """Return every case by its id."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def number(value: object) -> float:
    """Return a stored number."""
    if value is None:
        return np.nan
    return SPECIAL[value] if value in SPECIAL else float(value)


def column(spec: dict) -> pd.Series:
    """Return one column with its dtype."""
    dtype, values = spec["dtype"], spec["values"]
    readers = {
        "string": lambda: pd.Series(values, dtype=object),
        "object": lambda: pd.Series(values, dtype=object),
        "category": lambda: pd.Series(pd.Categorical(values, categories=spec["categories"])),
        "decimal": lambda: pd.Series([Decimal(value) for value in values], dtype=object),
        "datetime64": lambda: pd.Series(pd.to_datetime(values)),
        "complex": lambda: pd.Series([complex(*value) for value in values]),
    }
    if dtype in ("float64", "float32"):
        return pd.Series(np.array([number(value) for value in values], dtype=dtype))
    if dtype in ("Int64", "boolean", "Float64"):
        return pd.Series(pd.array([pd.NA if value is None else value for value in values], dtype=dtype))
    return readers[dtype]() if dtype in readers else pd.Series(np.array(values, dtype=dtype))


def table(spec: dict) -> pd.DataFrame:
    """Return a data frame."""
    data = pd.concat([column(c) for c in spec["columns"]], axis=1)
    data.columns = [c["name"] for c in spec["columns"]]
    return data if spec.get("index") is None else data.set_axis(spec["index"], axis="index")


def argument(given: dict | None) -> object:
    """Return weights, offset or cluster as a name, an array or a Series."""
    if given is None or "column" in given:
        return None if given is None else given["column"]
    if "array" in given:
        return np.array([number(value) for value in given["array"]])
    series = given["series"]
    return pd.Series([number(value) for value in series["values"]], index=series["index"], dtype=float)


def family_of(spec: dict) -> gk.Family:
    """Return the family of a case."""
    name = spec["name"].lower()
    return OTHER_FAMILIES[name](spec) if name in OTHER_FAMILIES else family_from(name, spec.get("link"))


def run(case: dict) -> tuple[gk.Results, pd.Series | None]:
    """Return the fit of a case, and its prediction if it asks for one."""
    spec, data = case["fit"], table(case["data"])
    formula = spec["formula"]
    trials = argument(spec.get("trials"))
    if trials is not None:
        response, right = formula.split("~", 1)
        data = data.assign(trials__=data[trials] if isinstance(trials, str) else trials)
        formula = f"cbind({response}, trials__ - {response}) ~ {right}"
    weights = "freq_weights" if spec.get("weights_type") == "freq" else "weights"
    arguments = {weights: argument(spec.get("weights")), "offset": argument(spec.get("offset"))}
    fit = gk.glm(formula, data, family_of(spec["family"]), **arguments)
    if spec.get("cluster"):
        fit = fit.with_vcov("CR0", cluster=argument(spec["cluster"]))
    return fit, fit.predict(table(case["newdata"])) if case["task"] == "predict" else None


def judge(case: dict) -> Verdict:
    """Return whether a case is answered rightly or clearly."""
    accepted = case["must"]["accept"]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            fit, prediction = run(case)
        except gk.GlmkitError as error:
            if "error" not in accepted:
                return Verdict(False, f"refused: {error}")
            return _said(case, str(error))
    foreign = [str(warning.message) for warning in said if not issubclass(warning.category, gk.GlmkitWarning)]
    if foreign:
        return Verdict(False, f"a warning that is not ours: {foreign[0]}")
    aliased = "aliased" in accepted and bool(fit.coef.isna().any()) and bool(said)
    wrong = [] if aliased else [*_coefficients(case, fit), *_prediction(case, prediction)]
    wrong += _infinities(case, fit)
    if wrong:
        return Verdict(False, "; ".join(wrong))
    silent = "value" in accepted and case["truth"]["status"] not in ("infinite", "nonunique")
    if not said:
        return Verdict(silent and accepted != ["error"], "accepted without a word")
    return Verdict(True, "") if silent else _said(case, " ".join(str(warning.message) for warning in said))


def _said(case: dict, text: str) -> Verdict:
    missing = [words for words in case["must"].get("say") or [] if not re.search(words, text, re.IGNORECASE)]
    return Verdict(not missing, f"does not say {missing}: {text}")


def _coefficients(case: dict, fit: gk.Results) -> list[str]:
    truth, rtol = case["truth"], case["must"].get("rtol") or 1e-6
    errors = {name: number(value) for name, value in (truth.get("se") or {}).items()}
    wrong = []
    for name, text in (truth.get("coef") or {}).items():
        expected, error = number(text), errors.get(name, 0.0)
        allowed = rtol * max(abs(expected), 0.01 * (0.0 if np.isnan(error) else error))
        if not abs(fit.coef[_label(fit, name)] - expected) <= allowed:
            wrong.append(f"{name} = {fit.coef[_label(fit, name)]!r}, not {expected!r}")
    for name, error in errors.items():
        if (
            not np.isnan(error)
            and not abs(fit.std_error[_label(fit, name)] - error) <= max(rtol, 1e-6) * error
        ):
            wrong.append(f"SE of {name} = {fit.std_error[_label(fit, name)]!r}, not {error!r}")
    return wrong


def _label(fit: gk.Results, name: str) -> object:
    """Return the row of a coefficient; of a multinomial fit, `level:name` is (level, name)."""
    return name if fit.coef.index.nlevels == 1 else tuple(name.split(":", 1))


def _infinities(case: dict, fit: gk.Results) -> list[str]:
    truth, rtol = case["truth"], case["must"].get("rtol") or 1e-6
    wrong = []
    for name, end in (truth.get("infinite") or {}).items():
        got = fit.coef[_label(fit, name)]
        path = str(end).startswith("direction")
        if not (np.isnan(got) if path else got == SPECIAL[end]):
            wrong.append(f"{name} = {got}, not {end}")
    theta = truth.get("theta")
    if theta is not None and not (fit.theta == number(theta) or abs(fit.theta / number(theta) - 1) <= 1e-6):
        wrong.append(f"theta {fit.theta}, not {theta}")
    limit = truth.get("deviance_limit")
    if limit is not None and not abs(fit.deviance - number(limit)) <= rtol * max(1.0, abs(number(limit))):
        wrong.append(f"deviance {fit.deviance}, not {limit}")
    return wrong


def _prediction(case: dict, prediction: pd.Series | None) -> list[str]:
    expected = case["truth"].get("predict")
    if prediction is None or expected is None:
        return []
    wanted = np.array([number(value) for value in expected])
    right = prediction.shape == wanted.shape and np.allclose(prediction, wanted, rtol=1e-7, equal_nan=True)
    return [] if right else [f"prediction {prediction.tolist()}, not {wanted.tolist()}"]
