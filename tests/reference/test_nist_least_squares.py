"""The linear data sets of NIST StRD: how many digits are right, at least, over the coefficients.

The columns are built as a user builds them: x**k in double precision. That rounding alone, not the solver,
holds Filip at 7.6 digits, Wampler2 at 13.2, Pontius at 13.5, Norris at 14.0 (their decimals are not doubles).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from glmkit.numerics.compensated import compensated_residual
from glmkit.numerics.least_squares import refined_inverse, weighted_least_squares

FOLDER = Path(__file__).parent / "nist"


@dataclass(frozen=True)
class Goal:
    """Digits to be reached: each is a tenth or so under what the data as doubles allow."""

    coefficients: float
    residual_sd: float
    std_errors: float  # from the triangular factor: loses log10(condition) digits
    refined_std_errors: float


GOALS = {
    "filip": Goal(7.6, 9.5, 7.4, 7.6),
    "longley": Goal(14.7, 15.0, 11.5, 14.9),
    "noint1": Goal(15.0, 15.0, 15.0, 15.0),
    "noint2": Goal(15.0, 15.0, 15.0, 15.0),
    "norris": Goal(14.0, 14.0, 13.9, 13.9),
    "pontius": Goal(13.5, 13.7, 13.7, 13.7),
    "wampler1": Goal(15.0, 15.0, 15.0, 15.0),
    "wampler2": Goal(13.2, 14.8, 14.8, 14.8),
    "wampler3": Goal(15.0, 15.0, 13.0, 15.0),
    "wampler4": Goal(15.0, 15.0, 13.0, 15.0),
    "wampler5": Goal(15.0, 15.0, 13.0, 15.0),
}


def column(name: str, data: dict[str, np.ndarray]) -> np.ndarray:
    """Return the column of a term: the constant, a variable, or a power of x."""
    if name == "(Intercept)":
        return np.ones(len(data["y"]))
    if name.startswith("I(x^"):
        return data["x"] ** int(name[4:-1])
    return data[name]


def correct_digits(estimate: np.ndarray | float, exact: list[float] | float) -> float:
    """Return the smallest number of right digits, at most 16; absolute where the truth is 0."""
    estimate, exact = np.atleast_1d(estimate), np.atleast_1d(exact)
    error = np.abs(estimate - exact) / np.where(exact == 0.0, 1.0, np.abs(exact))
    return float(-np.log10(np.maximum(error, 1e-16).max()))


@cache
def problem(name: str) -> tuple[np.ndarray, np.ndarray, dict]:
    """Return the columns, the response, and the exact answers."""
    record = json.loads((FOLDER / f"{name}.json").read_text())
    data = {key: np.array(values) for key, values in record["data"].items()}
    return np.column_stack([column(term, data) for term in record["names"]]), data["y"], record["exact"]


@cache
def reached(name: str) -> Goal:
    """Return the digits reached on a data set."""
    rows, y, exact = problem(name)
    beta, factor = weighted_least_squares(rows, y)
    residual = compensated_residual(rows, beta, y)
    residual_sd = float(np.sqrt(residual @ residual / (len(rows) - rows.shape[1])))
    inverses = factor.inverse(), refined_inverse(rows, factor)
    std_errors = [residual_sd * np.sqrt(np.diag(inverse)) for inverse in inverses]
    return Goal(
        correct_digits(beta, exact["estimate"]),
        correct_digits(residual_sd, exact["residual_sd"]),
        correct_digits(std_errors[0], exact["std_error"]),
        correct_digits(std_errors[1], exact["std_error"]),
    )


def test_every_data_set_in_the_folder_has_a_goal():
    assert {path.stem for path in FOLDER.glob("*.json")} == set(GOALS)


def test_the_table_of_digits_can_be_printed():
    print(f"\n{'data set':10} {'coefficients':>12} {'residual sd':>12} {'std errors':>12} {'refined':>12}")
    for name in GOALS:
        digits = reached(name)
        print(
            f"{name:10} {digits.coefficients:12.1f} {digits.residual_sd:12.1f}"
            f" {digits.std_errors:12.1f} {digits.refined_std_errors:12.1f}"
        )


@pytest.mark.parametrize("quantity", [field.name for field in fields(Goal)])
@pytest.mark.parametrize("name", GOALS)
def test_results_have_the_digits_that_the_columns_allow(name, quantity):
    assert round(getattr(reached(name), quantity), 1) >= getattr(GOALS[name], quantity)


def test_unrefined_wampler5_shows_what_refinement_is_for():
    rows, y, exact = problem("wampler5")
    beta, _ = weighted_least_squares(rows, y, refine=False)
    assert correct_digits(beta, exact["estimate"]) < 8.0  # 5.9: a residual of 2e7, a condition of 4e3
