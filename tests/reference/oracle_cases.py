"""R's answers for the models of `oracle/`: reading a case, fitting it, comparing numbers."""

from __future__ import annotations

import json
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

import glmkit as gk
from glmkit.families.registry import family_from
from glmkit.frame.values import ContrastSpec

FOLDER = Path(__file__).parent / "oracle"
WAITING_METHODS: dict[str, str] = {}
# Models with several linear predictors have a test of their own: test_oracle_components.py.
COMPONENT_METHODS = ("multinom", "polr")
WAITING_FAMILIES: dict[str, str] = {}


def case_ids() -> list[str]:
    """Return every case's id."""
    return sorted(path.stem for path in (FOLDER / "cases").glob("*.json"))


def read_case(case_id: str) -> dict:
    """Return a case.

    R's summary of a negative binomial fit with theta given estimates a dispersion; the
    stored answer at dispersion 1, glmkit's, takes its place.
    """
    case = json.loads((FOLDER / "cases" / f"{case_id}.json").read_text())
    known = case["expect"].get("coefficients_dispersion_1")
    if known:
        case["expect"]["coefficients"] = {**case["expect"]["coefficients"], **known}
        case["expect"]["dispersion"] = 1.0
    return case


def waiting_for(case: dict) -> str:
    """Return what a case waits for; "" when it can be fitted."""
    model = case["model"]
    if model["method"] in WAITING_METHODS:
        return WAITING_METHODS[model["method"]]
    if model["family"] in WAITING_FAMILIES:
        return WAITING_FAMILIES[model["family"]]
    return "separation" if "separation" in case["expect"] else ""


def waiting_for_inference(case: dict) -> str:
    """Return why R's tests, intervals and errors of a case are not comparable; "" when they are.

    ``glm(family = negative.binomial(theta))`` estimates a dispersion in R, and refers to t and F; ours is 1.
    Its coefficients are compared with `coefficients_dispersion_1`.
    """
    if case["model"]["family"] == "negative.binomial" and case["model"]["method"] == "glm":
        return "a dispersion that R estimates"
    return waiting_for(case)


def data_of(case: dict) -> pd.DataFrame:
    """Return the data with R's factors."""
    data = pd.read_csv(FOLDER / case["data"], na_values=[case["na_string"]], keep_default_na=False)
    for name, spec in (case["factors"] or {}).items():
        levels = [str(level) for level in spec["levels"]]
        texts = data[name].map(
            lambda value: value if isinstance(value, str) or pd.isna(value) else f"{value:g}"
        )
        data[name] = pd.Categorical(texts, categories=levels, ordered=bool(spec.get("ordered")))
    return data


def contrasts_of(case: dict) -> dict[str, object]:
    """Return the `contrasts=` argument that codes the factors of the formula as R did."""
    chosen: dict[str, object] = {}
    response = case["model"]["response"].get("column")
    for name, spec in (case["factors"] or {}).items():
        formula = case["model"]["formula_r"].replace(f"unclass({name})", "")
        if name == response or name not in formula:
            continue
        base = spec.get("base")
        chosen[name] = ContrastSpec("treatment", base=base) if base else spec["contrasts"]
    return chosen


def family_of(case: dict) -> object:
    """Return the family of a case."""
    model = case["model"]
    if model["method"] == "multinom":
        return gk.Multinomial()
    if model["method"] == "polr":
        return gk.Cumulative(link={"logistic": "logit"}.get(model["link"], model["link"]))
    if model["family"] == "quasi":
        return gk.Quasi(variance=model["variance"], link=model["link"])
    if model["family"] == "tweedie":
        return gk.Tweedie(model["var_power"], model["link"])
    if model["family"] == "negative.binomial":
        return gk.NegativeBinomial(model["theta"], model["link"])
    return family_from(model["family"], model["link"])


def fit_case(case: dict, chunks: int = 0) -> gk.Results:
    """Return glmkit's fit of a case, to that many chunks or in memory, warnings left to the tests that ask for them."""
    model = case["model"]
    arguments: dict[str, object] = {"weights": model["weights"], "subset": model["subset"]}
    offset = model["offset"]
    if offset and offset["given"] == "argument":
        arguments["offset"] = offset["expression"]
    if model["start"] is not None:
        arguments["start"] = np.asarray(model["start"], dtype=float)
    data = data_of(case)
    if chunks:
        edges = np.linspace(0, len(data), chunks + 1).astype(int)
        data = gk.chunks([data[first:last] for first, last in pairwise(edges)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gk.GlmkitWarning)
        return gk.glm(model["formula_r"], data, family_of(case), contrasts=contrasts_of(case), **arguments)


def number(value: object) -> float:
    """Return a stored number; null is nan, infinities are words."""
    if value is None:
        return float("nan")
    return float(str(value).replace("Inf", "inf")) if isinstance(value, str) else float(value)


def numbers(values: list) -> np.ndarray:
    """Return stored numbers as an array."""
    return np.array([number(value) for value in values])


def relative_error(got: float, expected: float, scale: float = 0.0) -> float:
    """Return |got - expected| over the size of expected, or over `scale` if that is larger."""
    if got == expected or (np.isnan(got) and np.isnan(expected)):
        return 0.0
    return abs(got - expected) / max(abs(expected), scale, 1e-300)
