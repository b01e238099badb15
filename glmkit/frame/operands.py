"""What stands inside an expression: columns, scalars, short vectors; and reading one as another."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.errors import FormulaError, GlmkitError
from glmkit.frame.values import Factor, Logical, Matrix, Value, level_text

__all__ = [
    "ContrastRequest",
    "Operand",
    "RefusalError",
    "Scalar",
    "State",
    "Stateful",
    "Vector",
    "as_factor",
    "as_number",
    "elementwise",
    "labels_of",
    "numbers_of",
    "scalar_number",
    "scalar_truth",
    "whole_number",
]


class RefusalError(Exception):
    """An operation that its operands do not admit; the evaluator adds the expression."""

    def __init__(self, what: str, cure: str, error: type[GlmkitError] = FormulaError) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure
        self.error = error


Scalar: TypeAlias = float | bool | str | None
State: TypeAlias = dict[str, object]  # plain data: survives JSON


@dataclass(frozen=True)
class Vector:
    """A few constants, made by ``c()``; never a column."""

    items: tuple[Scalar, ...]
    names: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class ContrastRequest:
    """A contrast as ``C()`` names it, its base level a label or a place yet to be found."""

    name: str
    ref: Scalar = None
    place: int | None = None
    scores: tuple[float, ...] | None = None


Operand: TypeAlias = Value | Vector | Scalar | ContrastRequest


@dataclass(frozen=True)
class Stateful:
    """A function that learns from all rows once, and from then on only applies what it learned.

    ``learn`` takes the function's arguments and returns plain data; ``apply`` takes that and
    the same arguments, of which it may look at the columns only.
    """

    learn: Callable[..., State]
    apply: Callable[..., Operand]


def as_number(operand: Operand) -> Array | float:
    """Return numbers: truth counts 0 and 1, factors and strings are refused."""
    if isinstance(operand, np.ndarray):
        return operand
    if isinstance(operand, (bool, int, float)):
        return float(operand)
    if isinstance(operand, Logical):
        return operand.values
    if isinstance(operand, Factor):
        levels = ", ".join(level_text(level) for level in operand.levels[:5])
        cure = "Use unclass() for the positions of its levels, or ifelse() to give numbers."
        raise RefusalError(f"A factor (levels {levels}) stands where numbers are needed.", cure)
    if isinstance(operand, Matrix):
        raise RefusalError("Several columns stand where one is needed.", "Use one column at a time.")
    raise RefusalError(
        f"{_kind(operand)} stands where numbers are needed.", "Give a numeric column or a number."
    )


def _kind(operand: Operand) -> str:
    """Return what an operand is, for a message."""
    names = {str: "A string", Vector: "A vector of constants", ContrastRequest: "A contrast"}
    return names.get(type(operand), "NULL")


def elementwise(function: Callable[..., Array], count: int = 1) -> Callable[..., Operand]:
    """Return a numpy function of ``count`` arguments as one of operands: numbers in, numbers out."""

    def applied(*operands: Operand) -> Operand:
        if len(operands) != count:
            cure = f"Give it {count}."
            raise RefusalError(f"The function takes {count} argument(s), not {len(operands)}.", cure)
        result = np.asarray(function(*(as_number(operand) for operand in operands)), dtype=np.float64)
        return result if result.ndim else float(result)

    return applied


def numbers_of(operand: Operand, what: str) -> list[float]:
    """Return the constants of a scalar or vector of numbers."""
    items = operand.items if isinstance(operand, Vector) else (operand,)
    if isinstance(operand, np.ndarray):  # a constant of the context
        return [float(value) for value in operand.ravel()]
    if not all(isinstance(item, (int, float)) for item in items):
        raise RefusalError(f"{what} must be numbers.", f"Give constants, as in {what}=c(1, 2).")
    return [float(item) for item in items]  # type: ignore[arg-type]


def labels_of(operand: Operand, what: str) -> list[str]:
    """Return the texts of constant levels or labels."""
    items: Iterable[object]
    if isinstance(operand, np.ndarray):
        items = operand.ravel().tolist()
    elif isinstance(operand, Vector):
        items = operand.items
    elif isinstance(operand, (str, int, float)):
        items = (operand,)
    else:
        raise RefusalError(f"{what} must be constants.", f'Give them as in {what}=c("a", "b").')
    return [constant_text(item) for item in items]


def constant_text(item: Scalar) -> str:
    """Return a constant as the label of a level."""
    return level_text(item)


def scalar_number(operand: Operand, what: str) -> float:
    """Return one constant number."""
    if isinstance(operand, (int, float)):
        return float(operand)
    if isinstance(operand, Vector) and len(operand.items) == 1:
        return numbers_of(operand, what)[0]
    raise RefusalError(f"{what} must be one number.", f"Give a constant, as in {what}=2.")


def whole_number(operand: Operand, what: str, least: int, most: int) -> int:
    """Return one constant whole number within bounds."""
    number = scalar_number(operand, what)
    if number != number or number % 1 or not least <= number <= most:
        raise RefusalError(f"{what} is {level_text(number)}.", f"Give a whole number from {least} to {most}.")
    return int(number)


def scalar_truth(operand: Operand, what: str) -> bool:
    """Return one constant TRUE or FALSE."""
    if isinstance(operand, (bool, float)) and operand in (0, 1):
        return bool(operand)
    raise RefusalError(f"{what} must be TRUE or FALSE.", f"Write {what}=TRUE.")


def as_factor(operand: Operand) -> Factor:
    """Return groups: factors as they are, numbers and truth with their sorted values as levels."""
    if isinstance(operand, Factor):
        return operand
    if isinstance(operand, Logical):
        codes = np.where(np.isnan(operand.values), -1.0, operand.values).astype(np.intp)
        present = [value for value in (False, True) if np.any(codes == int(value))]
        shift = 1 if present == [True] else 0
        return Factor(np.maximum(codes - shift, -1), tuple(present))
    values = as_number(operand)
    if not isinstance(values, np.ndarray):
        raise RefusalError("A constant stands where a column is needed.", "Name a column.")
    return _numeric_factor(values)


def _numeric_factor(values: Array) -> Factor:
    """Return numbers as groups; values that print alike to 15 digits are one level, as in R."""
    missing = np.isnan(values)
    unique, inverse = np.unique(values[~missing] + 0.0, return_inverse=True)
    firsts: dict[str, int] = {}
    merged = np.array([firsts.setdefault(level_text(v), len(firsts)) for v in unique.tolist()], dtype=np.intp)
    codes: IntArray = np.full(len(values), -1, dtype=np.intp)
    if len(unique):
        codes[~missing] = merged[inverse]
    _, first_places = np.unique(merged, return_index=True)
    levels: tuple[Hashable, ...] = tuple(unique[first_places].tolist())
    return Factor(codes, levels)
