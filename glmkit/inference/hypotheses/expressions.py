"""Expressions over coefficients: as affine functions where they are, else with exact gradients.

Gradients are carried forward with the values (Wengert 1964), so that the delta method has
no step size.

References
----------
Wengert, R. E. (1964). A simple automatic derivative evaluation program. Communications of
the ACM 7, 463-464.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from glmkit._typing import Array

__all__ = [
    "FUNCTIONS",
    "Affine",
    "Coefficient",
    "Dual",
    "Function",
    "Node",
    "Number",
    "Operation",
    "affine",
    "dual",
]

FUNCTIONS = ("exp", "log", "sqrt")


@dataclass(frozen=True)
class Number:
    """A number as written."""

    value: float


@dataclass(frozen=True)
class Coefficient:
    """A coefficient, by its position."""

    position: int


@dataclass(frozen=True)
class Operation:
    """``+``, ``-``, ``*``, ``/`` or ``^`` of two expressions."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Function:
    """``exp``, ``log`` or ``sqrt`` of an expression."""

    name: str
    argument: Node


Node: TypeAlias = Number | Coefficient | Operation | Function


class Affine(NamedTuple):
    """The function row beta + constant."""

    row: Array
    constant: float

    @property
    def fixed(self) -> bool:
        """Whether no coefficient is in it."""
        return not np.any(self.row)


class Dual(NamedTuple):
    """A value and its gradient by the coefficients, (p,)."""

    value: float
    gradient: Array


def affine(node: Node, p: int) -> Affine | None:
    """Return an expression as an affine function of p coefficients; None if it is not one."""
    match node:
        case Number(value):
            return Affine(np.zeros(p), value)
        case Coefficient(position):
            return Affine(_unit(position, p), 0.0)
        case Function(name, argument):
            inner = affine(argument, p)
            if inner is None or not inner.fixed:
                return None
            return Affine(np.zeros(p), _apply(name, Dual(inner.constant, np.zeros(p))).value)
        case Operation(operator, left, right):
            first, second = affine(left, p), affine(right, p)
            return None if first is None or second is None else _affine_operation(operator, first, second)


def _unit(position: int, p: int) -> Array:
    unit = np.zeros(p)
    unit[position] = 1.0
    return unit


def _affine_operation(operator: str, a: Affine, b: Affine) -> Affine | None:
    match operator:
        case "+":
            return Affine(a.row + b.row, a.constant + b.constant)
        case "-":
            return Affine(a.row - b.row, a.constant - b.constant)
        case "*" if a.fixed or b.fixed:
            scale, other = (a, b) if a.fixed else (b, a)
            return Affine(scale.constant * other.row, scale.constant * other.constant)
        case "/" if b.fixed and b.constant != 0.0:
            return Affine(a.row / b.constant, a.constant / b.constant)
        case "^" if a.fixed and b.fixed:
            return Affine(a.row, _power(Dual(a.constant, a.row), Dual(b.constant, b.row)).value)
        case "^" if b.fixed and b.constant == 1.0:
            return a
    return None


def dual(node: Node, coef: Array) -> Dual:
    """Return the value of an expression at `coef`, (p,), with its gradient; nan where undefined."""
    match node:
        case Number(value):
            return Dual(value, np.zeros(len(coef)))
        case Coefficient(position):
            return Dual(float(coef[position]), _unit(position, len(coef)))
        case Function(name, argument):
            return _apply(name, dual(argument, coef))
        case Operation(operator, left, right):
            return _combine(operator, dual(left, coef), dual(right, coef))


def _combine(operator: str, a: Dual, b: Dual) -> Dual:
    with np.errstate(all="ignore"):  # what is undefined or too large comes back as nan or inf, and is refused
        match operator:
            case "+":
                return Dual(a.value + b.value, a.gradient + b.gradient)
            case "-":
                return Dual(a.value - b.value, a.gradient - b.gradient)
            case "*":
                return Dual(a.value * b.value, a.gradient * b.value + b.gradient * a.value)
            case "/":
                quotient = float(np.float64(a.value) / b.value)
                return Dual(quotient, (a.gradient - quotient * b.gradient) / b.value)
            case _:
                return _power(a, b)


def _power(a: Dual, b: Dual) -> Dual:
    with np.errstate(all="ignore"):  # as above
        value = float(np.float64(a.value) ** b.value)
        if b.value == 0.0 and not np.any(b.gradient):
            return Dual(value, np.zeros_like(a.gradient))
        gradient = b.value * float(np.float64(a.value) ** (b.value - 1.0)) * a.gradient
        if np.any(b.gradient):
            gradient = gradient + value * float(np.log(a.value)) * b.gradient
        return Dual(value, gradient)


def _apply(name: str, a: Dual) -> Dual:
    with np.errstate(all="ignore"):  # as above
        value = float({"exp": np.exp, "log": np.log, "sqrt": np.sqrt}[name](a.value))
        slope = {"exp": value, "log": np.float64(1.0) / a.value, "sqrt": np.float64(0.5) / value}[name]
        return Dual(value, a.gradient * slope)
