"""The functions of a formula that learn nothing: arithmetic and elementwise mathematics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from glmkit._typing import AnyArray, Array
from glmkit.frame.comparison import as_logical, if_else, is_missing
from glmkit.frame.operands import (
    Operand,
    RefusalError,
    Scalar,
    Vector,
    as_number,
    elementwise,
    scalar_number,
    whole_number,
)
from glmkit.frame.values import Factor, Logical, Matrix

__all__ = ["PLAIN", "arithmetic", "bind_columns", "combine", "negate", "sequence"]

MAX_VECTOR = 10_000  # constants made by `:` or seq()

_ARITHMETIC: dict[str, Callable[..., Array]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "**": np.power,
    "%%": np.mod,
    "%/%": np.floor_divide,
}


def arithmetic(operator: str, left: Operand, right: Operand) -> Operand:
    """Return ``left operator right`` row by row, in double precision."""
    function = _ARITHMETIC[operator]
    if isinstance(left, Vector) or isinstance(right, Vector):
        return _vector_arithmetic(function, left, right)
    return elementwise(function, 2)(left, right)


def _vector_arithmetic(function: Callable[..., Array], left: Operand, right: Operand) -> Vector:
    """Return arithmetic of constants, one of them a vector."""
    sides = [
        np.array(side.items, dtype=object) if isinstance(side, Vector) else side for side in (left, right)
    ]
    if any(isinstance(side, (Factor, Logical, Matrix)) for side in (left, right)):
        raise RefusalError("A vector of constants meets a column.", "Use one number at a time.")
    columns = [side for side in (left, right) if isinstance(side, np.ndarray)]
    lengths = {len(side.items) for side in (left, right) if isinstance(side, Vector)}
    if columns or len(lengths) > 1 or not _all_numbers(left) or not _all_numbers(right):
        raise RefusalError(
            "A vector of constants stands where one number is needed.", "Use one number at a time."
        )
    numbers = function(*(np.asarray(side, dtype=np.float64) for side in sides))
    return Vector(tuple(float(number) for number in numbers))


def _all_numbers(operand: Operand) -> bool:
    items = operand.items if isinstance(operand, Vector) else (operand,)
    return all(isinstance(item, (int, float)) for item in items)


def negate(operand: Operand) -> Operand:
    """Return ``-operand``."""
    return arithmetic("-", 0.0, operand) if isinstance(operand, Vector) else elementwise(np.negative)(operand)


def sequence(start: Operand, stop: Operand) -> Vector:
    """Return ``start:stop`` of two constants."""
    if not (_all_numbers(start) and _all_numbers(stop)):
        raise RefusalError(
            "`:` inside a call makes a sequence of constants.", "Interact columns outside of calls."
        )
    return seq(start, stop)


def seq(from_: Operand, to: Operand, by: Operand = None, length_out: Operand = None) -> Vector:
    """Return equally spaced constants."""
    first, last = scalar_number(from_, "from"), scalar_number(to, "to")
    if length_out is not None:
        count = whole_number(length_out, "length.out", 1, MAX_VECTOR)
        return Vector(tuple(np.linspace(first, last, count).tolist()))
    step = scalar_number(by, "by") if by is not None else (1.0 if last >= first else -1.0)
    steps = (last - first) / step if step else np.nan
    if not 0 <= steps < MAX_VECTOR:
        raise RefusalError(
            "The sequence does not end, or is too long.", f"Make at most {MAX_VECTOR} constants."
        )
    return Vector(tuple(first + step * place for place in range(int(steps + 1e-10) + 1)))


def combine(*items: Operand) -> Vector | Scalar:
    """Return ``c(...)``: the constants in one vector, a single one as itself."""
    flat: list[Scalar] = []
    for item in items:
        if isinstance(item, Vector):
            flat.extend(item.items)
        elif item is None or isinstance(item, (str, int, float)):
            flat.append(item)
        else:
            raise RefusalError(
                "c() joins constants, and here it is given a column.", "Use cbind() to join columns."
            )
    return flat[0] if len(flat) == 1 else Vector(tuple(flat))


def logarithm(x: Operand, base: Operand = None) -> Operand:
    """Return ``log(x, base)``, natural without a base."""
    if base is None:
        return elementwise(np.log)(x)
    return elementwise(lambda value, b: np.log(value) / np.log(b), 2)(x, base)


def round_half_even(x: Operand, digits: Operand = 0.0) -> Operand:
    """Return the nearer of the two decimals around x, as ?round in R describes it; ties to even."""
    places = whole_number(digits, "digits", -300, 300)
    if places == 0:
        return elementwise(np.rint)(x)
    power = 10.0 ** abs(places)

    def nearest(value: Array) -> Array:
        scaled = np.asarray(value * power if places > 0 else value / power)
        below, above = np.floor(scaled), np.ceil(scaled)
        low, high = (below / power, above / power) if places > 0 else (below * power, above * power)
        up, down = high - value, value - low
        even = np.where(below % 2 == 0, low, high)
        chosen = np.where(down < up, low, np.where(up < down, high, even))
        return np.where(np.isfinite(scaled), chosen, value)

    return elementwise(nearest)(x)


def extreme(function: Callable[..., Array]) -> Callable[..., Operand]:
    """Return ``pmin`` or ``pmax``: row by row over the arguments, missing if any is."""

    def applied(first: Operand, /, *others: Operand) -> Operand:
        result = as_number(first)
        for other in others:
            result = function(result, as_number(other))
        return result if isinstance(result, np.ndarray) and result.ndim else float(result)

    return applied


def shifted(x: Operand, k: Operand = 1.0) -> Operand:
    """Return ``lag(x, k)``: the value k rows earlier, missing where there is none."""
    steps = whole_number(k, "k", -(10**9), 10**9)
    if isinstance(x, Factor):
        return Factor(_shift(x.codes, steps, -1), x.levels, x.ordered, x.contrast)
    if isinstance(x, Logical):
        return Logical(_shift(x.values, steps, np.nan))
    values = as_number(x)
    return _shift(values, steps, np.nan) if isinstance(values, np.ndarray) else values


def _shift(values: AnyArray, steps: int, fill: float) -> AnyArray:
    moved = np.full_like(values, fill)
    kept = max(len(values) - abs(steps), 0)
    if steps >= 0:
        moved[len(values) - kept :] = values[:kept]
    else:
        moved[:kept] = values[len(values) - kept :]
    return moved


def clip(x: Operand, a_min: Operand = None, a_max: Operand = None) -> Operand:
    """Return ``np.clip(x, a_min, a_max)``."""
    low = -np.inf if a_min is None else as_number(a_min)
    high = np.inf if a_max is None else as_number(a_max)
    return elementwise(np.clip, 3)(x, low, high)


def bind_columns(*columns: Operand, labels: tuple[str, ...] = ()) -> Matrix:
    """Return ``cbind(...)``: the columns side by side."""
    if not columns:
        raise RefusalError("cbind() has nothing to bind.", "Name its columns.")
    blocks: list[Array] = []
    names: list[str] = []
    for place, column in enumerate(columns):
        name = labels[place] if place < len(labels) else str(place + 1)
        if isinstance(column, Matrix):
            blocks.extend(column.values.T)
            names.extend(column.labels)
        else:
            blocks.append(np.asarray(as_number(column)))
            names.append(name)
    if all(block.ndim == 0 for block in blocks):
        raise RefusalError("cbind() binds constants only.", "Name a column.")
    return Matrix(np.column_stack(np.broadcast_arrays(*blocks)), tuple(names))


def identity(x: Operand) -> Operand:
    """Return ``I(x)``: x itself."""
    return x


def as_numeric(x: Operand) -> Operand:
    """Return ``as.numeric(x)`` of numbers and truth."""
    return elementwise(lambda value: value)(x)


_UFUNCS: dict[str, Callable[..., Array]] = {
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
}
_R_ONLY: dict[str, Callable[..., Array]] = {
    "ceiling": np.ceil,
    "trunc": np.trunc,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "plogis": special.expit,
    "qlogis": special.logit,
    "pnorm": special.ndtr,
    "qnorm": special.ndtri,
    "gamma": special.gamma,
    "lgamma": special.gammaln,
}

PLAIN: dict[str, Callable[..., Operand]] = {
    **{name: elementwise(function) for name, function in (_UFUNCS | _R_ONLY).items()},
    **{f"np.{name}": elementwise(function) for name, function in _UFUNCS.items()},
    "I": identity,
    "c": combine,
    "cbind": bind_columns,
    "seq": seq,
    "log": logarithm,
    "round": round_half_even,
    "pmin": extreme(np.minimum),
    "pmax": extreme(np.maximum),
    "ifelse": if_else,
    "is.na": is_missing,
    "lag": shifted,
    "as.numeric": as_numeric,
    "as.logical": as_logical,
    "np.log": elementwise(np.log),
    "np.ceil": elementwise(np.ceil),
    "np.round": round_half_even,
    "np.where": if_else,
    "np.clip": clip,
    "np.minimum": extreme(np.minimum),
    "np.maximum": extreme(np.maximum),
    "np.power": elementwise(np.power, 2),
    "np.square": elementwise(np.square),
}
