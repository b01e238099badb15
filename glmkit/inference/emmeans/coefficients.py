"""Families of contrasts: the coefficients of each comparison among k means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import FitError

__all__ = ["Contrasts", "contrasts_of"]

HIGHEST_DEGREE = 6
DEGREES = ("linear", "quadratic", "cubic", "quartic", "quintic", "degree 6")


class Contrasts(NamedTuple):
    """Named rows of coefficients over k means; the name of a difference is its two means."""

    names: Sequence[tuple[str, ...]]
    matrix: Array  # (m, k)
    adjust: str  # what is usual for this family

    @property
    def ratios(self) -> bool:
        """Whether every row sums to zero, so that on a log scale it is a ratio."""
        return bool(np.all(np.abs(self.matrix.sum(axis=1)) < 1e-10))


def contrasts_of(method: object, labels: list[str], ref: object = None) -> Contrasts:
    """Return the contrasts of one family among means with these labels.

    Parameters
    ----------
    method : str, dict, DataFrame or array
        "pairwise", "revpairwise", "trt.vs.ctrl", "sequential", "polynomial", "effect",
        "helmert"; a name to coefficients; a text such as ``"B - A"`` or ``"(B + C)/2 - A"``;
        rows of coefficients.
    labels : list of k str
    ref : label or position, optional
        The control of "trt.vs.ctrl".
    """
    if isinstance(method, str):
        named = METHODS.get(SPELLINGS.get(method, method))
        if named is not None:
            return named(labels, _reference(ref, labels))
        return Contrasts([(method,)], _from_text(method, labels)[None, :], "none")
    if isinstance(method, Mapping):
        rows = [
            _from_text(row, labels) if isinstance(row, str) else np.asarray(row, dtype=np.float64)
            for row in method.values()
        ]
        return _checked([str(name) for name in method], rows, len(labels))
    if isinstance(method, pd.DataFrame):
        return _checked(
            [str(name) for name in method.index], list(method.to_numpy(dtype=np.float64)), len(labels)
        )
    rows = list(np.atleast_2d(np.asarray(method, dtype=np.float64)))
    return _checked([f"contrast {i + 1}" for i in range(len(rows))], rows, len(labels))


def _checked(names: list[str], rows: Sequence[Array], k: int) -> Contrasts:
    wrong = [
        name
        for name, row in zip(names, rows, strict=True)
        if row.shape != (k,) or not np.all(np.isfinite(row))
    ]
    if wrong:
        raise FitError(
            f"The contrast {wrong[0]!r} does not have {k} finite coefficients, one for each mean.",
            argument="method",
            contrast=wrong[0],
        )
    return Contrasts([(name,) for name in names], np.array(rows), "none")


def _reference(ref: object, labels: list[str]) -> int:
    if ref is None:
        return 0
    if isinstance(ref, int | np.integer) and -len(labels) <= ref < len(labels) and str(ref) not in labels:
        return int(ref) % len(labels)
    if str(ref) in labels:
        return labels.index(str(ref))
    raise FitError(f"ref={ref!r} is not one of the means: {', '.join(labels)}.", argument="ref", value=ref)


def _difference(names: list[str], pairs: list[tuple[int, int]], k: int, adjust: str) -> Contrasts:
    matrix = np.zeros((len(pairs), k))
    for row, (plus, minus) in enumerate(pairs):
        matrix[row, plus], matrix[row, minus] = 1.0, -1.0
    return Contrasts([(names[a], names[b]) for a, b in pairs], matrix, adjust)


def _pairwise(labels: list[str], ref: int) -> Contrasts:
    k = len(labels)
    return _difference(labels, [(i, j) for i in range(k) for j in range(i + 1, k)], k, "tukey")


def _reversed_pairwise(labels: list[str], ref: int) -> Contrasts:
    k = len(labels)
    return _difference(labels, [(j, i) for j in range(k) for i in range(j)], k, "tukey")


def _against_control(labels: list[str], ref: int) -> Contrasts:
    k = len(labels)
    return _difference(labels, [(i, ref) for i in range(k) if i != ref], k, "single-step")


def _sequential(labels: list[str], ref: int) -> Contrasts:
    k = len(labels)
    return _difference(labels, [(i + 1, i) for i in range(k - 1)], k, "single-step")


def _effect(labels: list[str], ref: int) -> Contrasts:
    k = len(labels)
    return Contrasts([(f"{label} effect",) for label in labels], np.eye(k) - 1.0 / k, "BH")


def _helmert(labels: list[str], ref: int) -> Contrasts:
    k = len(labels)
    matrix = np.zeros((k - 1, k))
    for row in range(k - 1):
        matrix[row, : row + 1], matrix[row, row + 1] = -1.0 / (row + 1), 1.0
    names = [(f"{labels[i + 1]} vs earlier",) for i in range(k - 1)]
    return Contrasts(names, matrix, "none")


def _polynomial(labels: list[str], ref: int) -> Contrasts:
    """Return orthogonal polynomials of equally spaced means, as the smallest whole numbers."""
    k = len(labels)
    columns: list[list[Fraction]] = [[Fraction(1)] * k]
    for degree in range(1, min(k, HIGHEST_DEGREE + 1)):
        column = [Fraction(i) ** degree for i in range(k)]
        for other in columns:
            share = _dot(column, other) / _dot(other, other)
            column = [a - share * b for a, b in zip(column, other, strict=True)]
        columns.append(column)
    rows = [_whole(column) for column in columns[1:]]
    names = [(degree,) for degree in DEGREES[: len(rows)]]
    return Contrasts(names, np.array(rows).reshape(len(rows), k), "none")


def _dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def _whole(column: list[Fraction]) -> list[float]:
    scale = lcm(*(value.denominator for value in column))
    numbers = [int(value * scale) for value in column]
    divisor = gcd(*numbers)
    return [number / divisor for number in numbers]


METHODS: dict[str, Callable[[list[str], int], Contrasts]] = {
    "pairwise": _pairwise,
    "revpairwise": _reversed_pairwise,
    "trt.vs.ctrl": _against_control,
    "sequential": _sequential,
    "polynomial": _polynomial,
    "effect": _effect,
    "helmert": _helmert,
}
SPELLINGS = {
    "tukey": "pairwise",
    "dunnett": "trt.vs.ctrl",
    "consec": "sequential",
    "poly": "polynomial",
    "eff": "effect",
    "control": "trt.vs.ctrl",
}


def _from_text(text: str, labels: list[str]) -> Array:
    """Return the coefficients of a text such as ``(B + C)/2 - A``.

    Labels stand as they are printed, the longest first; between them only numbers,
    ``+ - * /`` and brackets.
    """
    vector, place = _Reader(text, labels).sum(0)
    if place < len(text) and text[place:].strip():
        raise _unreadable(text, text[place:], labels)
    return vector


def _unreadable(text: str, rest: str, labels: list[str]) -> FitError:
    known = ", ".join(METHODS)
    return FitError(
        f"{text!r} is not a contrast: {rest.strip()[:20]!r} is not understood. Give one of {known}, or combine the "
        f"means {', '.join(labels)} with numbers and + - * / ( ).",
        argument="method",
        value=text,
    )


class _Reader:
    """A reader of sums of scaled labels, by descent; each rule returns coefficients and where it ended."""

    def __init__(self, text: str, labels: list[str]) -> None:
        self.text = text
        self.labels = sorted(labels, key=len, reverse=True)
        self.place = {label: position for position, label in enumerate(labels)}

    def _skip(self, at: int) -> int:
        while at < len(self.text) and self.text[at].isspace():
            at += 1
        return at

    def sum(self, at: int) -> tuple[Array, int]:
        at = self._skip(at)
        sign = -1.0 if self.text[at : at + 1] == "-" else 1.0
        total, at = self.product(at + (sign < 0))
        total = sign * total
        while True:
            at = self._skip(at)
            mark = self.text[at : at + 1]
            if mark not in ("+", "-"):
                return total, at
            more, at = self.product(at + 1)
            total = total + more if mark == "+" else total - more

    def product(self, at: int) -> tuple[Array, int]:
        factor = 1.0
        at = self._skip(at)
        number = re.compile(r"\d+(\.\d*)?\s*\*\s*").match(self.text, at)
        if number:
            factor, at = float(number.group().partition("*")[0]), number.end()
        value, at = self.atom(at)
        divisor = re.compile(r"\s*/\s*(\d+(\.\d*)?)").match(self.text, at)
        if divisor and float(divisor.group(1)) != 0.0:
            return value * factor / float(divisor.group(1)), divisor.end()
        return value * factor, at

    def atom(self, at: int) -> tuple[Array, int]:
        at = self._skip(at)
        for label in self.labels:
            if self.text.startswith(label, at):
                vector = np.zeros(len(self.labels))
                vector[self.place[label]] = 1.0
                return vector, at + len(label)
        if self.text[at : at + 1] == "(":
            value, at = self.sum(at + 1)
            at = self._skip(at)
            if self.text[at : at + 1] == ")":
                return value, at + 1
        raise _unreadable(self.text, self.text[at:], list(self.place))
