"""A certificate on this machine: reference models fitted again, and how far each is from R and NIST."""

from __future__ import annotations

import json
import platform
import warnings
from collections.abc import Mapping
from importlib import resources
from importlib.metadata import version
from typing import Any, Final

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import GlmkitWarning
from glmkit.families.base import Family
from glmkit.families.quasi import Quasi
from glmkit.families.registry import glm_family_from
from glmkit.frame.values import ContrastSpec
from glmkit.models.entry import glm
from glmkit.models.results import Results
from glmkit.tables.glossary import Kind
from glmkit.tables.table import Report, Table, fact

__all__ = ["verify"]

# R stops its iterations by the deviance and takes standard errors one step before: 1e-6 is what its
# numbers are good for. NIST's are exact for the columns as rounded; see docs/accuracy.md.
FAR_FROM_R: Final = 1e-6
# Digits of the exact solution that columns rounded to double allow, less one.
DIGITS: Final[Mapping[str, float]] = {
    "Filip": 6.6, "Longley": 13.7, "NoInt1": 14.7, "NoInt2": 14.7, "Norris": 13.0, "Pontius": 12.5,
    "Wampler1": 14.7, "Wampler2": 12.2, "Wampler3": 14.7, "Wampler4": 14.7, "Wampler5": 14.7,
}  # fmt: skip
# An estimate far below its standard error is compared with this share of the error.
SMALL: Final = 0.01
# The deviance of a saturated model is rounding; below this it is taken for nothing.
SATURATED: Final = 1e-4
MOST_DIGITS: Final = 16.0


def verify() -> Report:
    """Fit the reference models that come with the package, and report how far they are from R and NIST.

    Returns
    -------
    Report
        Tables ``nist`` (correct digits) and ``r`` (largest relative differences), and a verdict.

    Notes
    -----
    Takes a few seconds. The models and their numbers are in the package: nothing is downloaded, and R
    is not needed. NIST's numbers are the exact solution for the columns as rounded to double.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.verify().facts[-1].text
    'all agree'
    """
    cases = json.loads(resources.files("glmkit").joinpath("certificate.json").read_text(encoding="utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GlmkitWarning)  # the cases are chosen for their edges
        fits = [(case, _fitted(case)) for case in cases]
    nist = pd.DataFrame({c["name"]: _digits(c, f) for c, f in fits if c["source"] == "NIST StRD"}).T
    r = pd.DataFrame({c["name"]: _differences(c, f) for c, f in fits if c["source"] != "NIST StRD"}).T
    far = [name for name, row in nist.iterrows() if not row["estimate"] >= DIGITS[str(name)]]
    far += [name for name, row in r.iterrows() if not row.max() <= FAR_FROM_R]
    numbers = sum(_count(case) for case in cases)
    facts = [
        fact("Version", f"glmkit {version('glmkit')}, numpy {np.__version__}, scipy {version('scipy')}"),
        fact("Machine", f"Python {platform.python_version()}, {platform.system()}, {platform.machine()}"),
        fact("Compared", "{numbers} numbers of {models} models", numbers=numbers, models=len(cases)),
        fact("Verdict", f"differ: {', '.join(map(str, far))}" if far else "all agree"),
    ]
    kinds: dict[str, Kind] = dict.fromkeys(("estimate", "std_error", "deviance"), "number")
    tables = {
        "nist": Table(nist, "NIST StRD: correct digits", kinds=kinds),
        "r": Table(r, "R: largest relative difference", kinds=kinds),
    }
    return Report("glmkit verified against R and NIST", facts, tables)


def _fitted(case: Mapping[str, Any]) -> Results:
    """Return the fit of one case."""
    contrasts = {
        name: ContrastSpec("treatment", base=spec["base"]) if spec["base"] else spec["name"]
        for name, spec in case["contrasts"].items()
    }
    return glm(
        case["formula"],
        pd.DataFrame({name: _column(spec) for name, spec in case["data"].items()}),
        _family(case["family"]),
        weights=case["weights"],
        offset=case["offset"],
        subset=case["subset"],
        contrasts=contrasts or None,
    )


def _family(spec: Mapping[str, Any]) -> Family:
    if spec["name"] == "quasi":
        return Quasi(spec["variance"], spec["link"])
    return glm_family_from(spec["name"], spec["link"])


def _column(spec: Mapping[str, Any]) -> pd.Series:
    if "values" in spec:
        return pd.Series(spec["values"])
    return pd.Series(pd.Categorical.from_codes(spec["codes"], spec["levels"], ordered=spec["ordered"]))


def _count(case: Mapping[str, Any]) -> int:
    stored = [*case["estimate"], *case["std_error"], case["deviance"]]
    return sum(value is not None for value in stored)


def _stored(values: list[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _digits(case: Mapping[str, Any], fit: Results) -> dict[str, float]:
    """Return the correct digits of the worst coefficient and the worst standard error."""
    pairs = {"estimate": fit.coef, "std_error": fit.std_error}
    return {name: _correct(values.to_numpy(), _stored(case[name])) for name, values in pairs.items()}


def _correct(got: Array, exact: Array) -> float:
    error = float(np.max(np.abs(got - exact) / np.where(exact == 0.0, 1.0, np.abs(exact))))
    return MOST_DIGITS if error == 0.0 else min(MOST_DIGITS, float(-np.log10(error)))


def _differences(case: Mapping[str, Any], fit: Results) -> dict[str, float]:
    """Return the largest relative difference of each kind of number from R's."""
    errors = _stored(case["std_error"])
    return {
        "estimate": _largest(fit.coef.to_numpy(), _stored(case["estimate"]), SMALL * errors),
        "std_error": _largest(fit.std_error.to_numpy(), errors, np.zeros(1)),
        "deviance": _largest(np.array([fit.deviance]), _stored([case["deviance"]]), np.full(1, SATURATED)),
    }


def _largest(got: Array, expected: Array, least: Array) -> float:
    there = ~np.isnan(expected)
    size = np.maximum(np.abs(expected), np.where(np.isnan(least), 0.0, least))
    return float(np.max(np.abs(got - expected)[there] / size[there], initial=0.0))
