"""The functions of a formula that learn numbers from all rows: scale, center, poly, and summaries."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations_with_replacement
from math import comb

import numpy as np

from glmkit._typing import Array
from glmkit.frame.operands import (
    Operand,
    RefusalError,
    State,
    Stateful,
    Vector,
    as_number,
    numbers_of,
    scalar_number,
    scalar_truth,
    whole_number,
)
from glmkit.frame.values import Matrix

__all__ = ["TRANSFORMS", "present_values"]

MAX_DEGREE = 100
MAX_PRODUCTS = 1_000  # columns of poly() of several variables


def present_values(x: Operand, name: str) -> Array:
    """Return the values that are not missing, of one column; there must be some, and finite."""
    values = np.atleast_1d(as_number(x))
    present: Array = values[~np.isnan(values)]
    if not present.size:
        raise RefusalError(f"{name}() has nothing to learn from: every value is missing.", "Leave it out.")
    if not np.all(np.isfinite(present)):
        raise RefusalError(
            f"{name}() cannot learn from infinite values.", "Leave those rows out of the data."
        )
    return present


def _mean(values: Array) -> float:
    """Return the mean, corrected once for rounding."""
    mean = float(np.mean(values))
    return mean + float(np.mean(values - mean))


def _deviation(values: Array) -> float:
    """Return the standard deviation with n - 1."""
    if len(values) < 2:
        raise RefusalError("A standard deviation needs two values.", "Leave it out.")
    return float(np.sqrt(np.sum((values - _mean(values)) ** 2) / (len(values) - 1)))


def learn_scale(x: Operand, center: Operand = True, scale: Operand = True) -> State:
    """Learn the centre and spread of ``scale(x, center, scale)``."""
    values = present_values(x, "scale")
    middle = 0.0
    if center is not False:
        middle = _mean(values) if center is True else scalar_number(center, "center")
    if scale is False:
        return {"center": middle, "scale": 1.0}
    if scale is not True:
        return {"center": middle, "scale": scalar_number(scale, "scale")}
    # R: without centring the spread is the root mean square about zero, over n - 1.
    spread = float(np.sqrt(np.sum((values - middle) ** 2) / max(len(values) - 1, 1)))
    if spread == 0.0:
        raise RefusalError(
            "scale() divides by a standard deviation of zero.", "Leave the constant column out."
        )
    return {"center": middle, "scale": spread}


def learn_center(x: Operand) -> State:
    """Learn the mean that ``center(x)`` takes off."""
    return learn_scale(x, True, False)


def apply_scale(state: State, x: Operand, *_: Operand) -> Operand:
    """Return ``(x - center) / scale``."""
    return (as_number(x) - _float(state["center"])) / _float(state["scale"])


def _float(stored: object) -> float:
    assert isinstance(stored, (int, float))
    return float(stored)


def _floats(stored: object) -> list[float]:
    assert isinstance(stored, list)
    return [float(value) for value in stored]


def learn_poly(*x: Operand, degree: Operand = None, raw: Operand = False, simple: Operand = False) -> State:
    """Learn the recurrences of ``poly(x, ..., degree, raw)``."""
    columns = list(x)
    if degree is None and len(columns) > 1 and isinstance(columns[-1], (int, float)):
        degree = columns.pop()
    if not columns:
        raise RefusalError("poly() has no column.", "Write poly(x, 2).")
    scalar_truth(simple, "simple")
    power = whole_number(1.0 if degree is None else degree, "degree", 1, MAX_DEGREE)
    if comb(power + len(columns), power) > MAX_PRODUCTS:
        raise RefusalError("poly() of so many columns has too many products.", "Lower the degree.")
    state: State = {"degree": power, "raw": scalar_truth(raw, "raw")}
    recurrences = [] if state["raw"] else [_recurrence(present_values(c, "poly"), power) for c in columns]
    return state | {"columns": len(columns), "recurrences": recurrences}


def _recurrence(x: Array, degree: int) -> dict[str, list[float]]:
    """Return the coefficients of the monic polynomials orthogonal over the values of x.

    Kennedy & Gentle (1980), section 8.4; with ||p||^2 the sum of squares over the rows,
    p_0 = 1,  p_{k+1} = (x - alpha_k) p_k - ||p_k||^2 / ||p_{k-1}||^2 p_{k-1},
    alpha_k = sum x p_k^2 / ||p_k||^2; ``norm2`` is 1, ||p_0||^2, ||p_1||^2, ...
    """
    distinct = len(np.unique(x))
    if degree >= distinct:
        what = f"poly() of degree {degree} needs {degree + 1} different values, and there are {distinct}."
        raise RefusalError(what, "Lower the degree.")
    middle = _mean(x)
    centred = x - middle
    alpha: list[float] = []
    norm2 = [1.0, float(len(x))]
    before, current = np.zeros_like(x), np.ones_like(x)
    for _ in range(degree):
        shift = float(np.sum(centred * current**2)) / norm2[-1]
        after = (centred - shift) * current - norm2[-1] / norm2[-2] * before
        before, current = current, after
        alpha.append(shift + middle)
        norm2.append(float(np.sum(current**2)))
    return {"alpha": alpha, "norm2": norm2}


def apply_poly(state: State, *x: Operand) -> Matrix:
    """Return the polynomials at the rows of x, of unit length over the rows that were learned from."""
    degree = int(_float(state["degree"]))
    recurrences = state["recurrences"]
    assert isinstance(recurrences, list)
    bases = []
    for place in range(int(_float(state["columns"]))):
        values = np.asarray(as_number(x[place]))
        bases.append(_powers(values, degree) if state["raw"] else _orthogonal(values, recurrences[place]))
    if len(bases) == 1:
        return Matrix(bases[0], tuple(str(k) for k in range(1, degree + 1)))
    return _joint_polynomials(bases, degree)


def _powers(x: Array, degree: int) -> Array:
    return np.column_stack([x**k for k in range(1, degree + 1)])


def _orthogonal(x: Array, recurrence: dict[str, list[float]]) -> Array:
    """Return the orthonormal polynomials of degree 1 and up at x."""
    alpha, norm2 = recurrence["alpha"], recurrence["norm2"]
    before, current = np.zeros_like(x), np.ones_like(x)
    columns = []
    for k, shift in enumerate(alpha):
        before, current = current, (x - shift) * current - norm2[k + 1] / norm2[k] * before
        columns.append(current / np.sqrt(norm2[k + 2]))
    return np.column_stack(columns)


def _joint_polynomials(bases: list[Array], degree: int) -> Matrix:
    """Return products of the columns' polynomials up to a total degree, the first column fastest."""
    places = range(len(bases) + 1)  # the last one stands for no column
    chosen = combinations_with_replacement(places, degree)
    powers = {tuple(choice.count(place) for place in places[:-1]) for choice in chosen}
    powers.discard((0,) * len(bases))
    columns: dict[str, Array] = {}
    for power in sorted(powers, key=lambda power: power[::-1]):
        factors = [basis[:, k - 1] for basis, k in zip(bases, power, strict=True) if k]
        columns[".".join(map(str, power))] = np.prod(factors, axis=0)
    return Matrix(np.column_stack(list(columns.values())), tuple(columns))


def _summary(name: str, function: Callable[[Array], float]) -> Stateful:
    """Return a function of all rows that gives one number, learned once."""

    def learn(*x: Operand, na_rm: Operand = True) -> State:
        scalar_truth(na_rm, "na.rm")
        return {"value": float(function(np.concatenate([present_values(part, name) for part in x])))}

    def apply(state: State, *_: Operand) -> Operand:
        return _float(state["value"])

    return Stateful(learn, apply)


_QUARTERS = Vector((0.0, 0.25, 0.5, 0.75, 1.0))


def learn_quantile(x: Operand, probs: Operand = _QUARTERS, na_rm: Operand = True) -> State:
    """Learn the quantiles of ``quantile(x, probs)``, R's type 7."""
    scalar_truth(na_rm, "na.rm")
    wanted = numbers_of(probs, "probs")
    if not all(0.0 <= p <= 1.0 for p in wanted):
        raise RefusalError("probs are outside 0 to 1.", "Give fractions.")
    return {"values": np.quantile(present_values(x, "quantile"), wanted).tolist()}


def apply_quantile(state: State, *_: Operand) -> Operand:
    """Return the quantiles that were learned."""
    values = _floats(state["values"])
    return Vector(tuple(values)) if len(values) > 1 else values[0]


TRANSFORMS: dict[str, Stateful] = {
    "scale": Stateful(learn_scale, apply_scale),
    "center": Stateful(learn_center, apply_scale),
    "poly": Stateful(learn_poly, apply_poly),
    "quantile": Stateful(learn_quantile, apply_quantile),
    "mean": _summary("mean", _mean),
    "sd": _summary("sd", _deviation),
    "var": _summary("var", lambda values: _deviation(values) ** 2),
    "median": _summary("median", lambda values: float(np.median(values))),
    "min": _summary("min", lambda values: float(np.min(values))),
    "max": _summary("max", lambda values: float(np.max(values))),
    "sum": _summary("sum", lambda values: float(np.sum(values))),
}
