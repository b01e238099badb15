"""Least squares and products in rational arithmetic: the truth for the doubles as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np


def fractions(values: np.ndarray) -> list:
    """Return an array as (nested lists of) exact fractions."""
    if values.ndim > 1:
        return [fractions(row) for row in values]
    return [Fraction(float(value)) for value in values]


def dot(a: Iterable[Fraction], b: Iterable[Fraction]) -> Fraction:
    """Return the exact inner product."""
    return sum((u * v for u, v in zip(a, b, strict=True)), Fraction(0))


def gram(rows: np.ndarray) -> list[list[Fraction]]:
    """Return the exact Gram matrix."""
    columns = fractions(rows.T)
    return [[dot(a, b) for b in columns] for a in columns]


def solve(matrix: list[list[Fraction]], right: list[list[Fraction]]) -> list[list[Fraction]]:
    """Return the exact solution of a symmetric positive definite system, several right-hand sides."""
    work = [list(a) + list(b) for a, b in zip(matrix, right, strict=True)]
    for i, pivot_row in enumerate(work):
        pivot_row[:] = [value / pivot_row[i] for value in pivot_row]
        for other in (row for k, row in enumerate(work) if k != i and row[i]):
            factor = other[i]
            other[:] = [u - factor * v for u, v in zip(other, pivot_row, strict=True)]
    return [row[len(matrix) :] for row in work]


def least_squares(rows: np.ndarray, rhs: np.ndarray) -> list[Fraction]:
    """Return the exact minimiser of |rows b - rhs|."""
    right = fractions(rhs)
    moments = [[dot(column, right)] for column in fractions(rows.T)]
    return [row[0] for row in solve(gram(rows), moments)]


def inverse_gram(rows: np.ndarray) -> list[list[Fraction]]:
    """Return the exact (rows' rows)^-1."""
    p = rows.shape[1]
    return solve(gram(rows), [[Fraction(int(i == k)) for k in range(p)] for i in range(p)])


def relative_error(values: np.ndarray, truth: Sequence[Fraction]) -> float:
    """Return the largest relative error over the elements; absolute where the truth is 0."""
    pairs = zip(fractions(values), truth, strict=True)
    return max(float(abs(value - exact) / (abs(exact) or 1)) for value, exact in pairs)
