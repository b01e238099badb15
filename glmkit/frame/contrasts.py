"""Coding matrices of factors: which numbers stand for a level, and what the columns are called.

Each scheme is an (L, L - 1) matrix with one row per level; together with the constant it spans all L
dummies. Columns have two names: glmkit's, `[T.B]`, as formulaic writes them, and R's, `B`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glmkit._typing import Array
from glmkit.errors import DataError
from glmkit.frame.values import ContrastSpec, level_text
from glmkit.numerics.algebra import rank_of

__all__ = ["SCHEMES", "TREATMENT", "LevelCoding", "contrast_spec", "full_coding", "reduced_coding"]

TREATMENT = ContrastSpec("treatment")
MOST_POLY_LEVELS = 95  # R's bound: beyond it the columns are no longer orthogonal in double precision


@dataclass(frozen=True, eq=False)
class LevelCoding:
    """A coding matrix and the names of its columns.

    Parameters
    ----------
    matrix : (L, k) array
    suffixes : tuple of str
        What follows the factor's name in a coefficient's name, e.g. ``[T.B]``.
    r_suffixes : tuple of str
        The same in R's naming, e.g. ``B``.
    labels : tuple of str
        In words, e.g. ``B vs A``.
    picks : sequence of int, optional
        The level each column is the indicator of, where the scheme says so.
    """

    matrix: Array
    suffixes: tuple[str, ...]
    r_suffixes: tuple[str, ...]
    labels: tuple[str, ...]
    picks: Sequence[int] | None = None

    @property
    def indicated(self) -> list[int | None]:
        """The level that each column is the indicator of; None of any other column."""
        if self.picks is not None:
            return list(self.picks)
        matrix = self.matrix
        single = (np.count_nonzero(matrix, axis=0) == 1) & (matrix.max(axis=0, initial=-np.inf) == 1.0)
        pairs = zip(matrix.argmax(axis=0).tolist(), single.tolist(), strict=True)
        return [level if alone else None for level, alone in pairs]


def full_coding(levels: Sequence[Hashable]) -> LevelCoding:
    """Return one column per level, used where nothing else spans the constant.

    Examples
    --------
    >>> full_coding(("A", "B")).suffixes
    ('[A]', '[B]')
    """
    texts = tuple(map(level_text, levels))
    suffixes = tuple(f"[{text}]" for text in texts)
    return LevelCoding(np.eye(len(levels)), suffixes, _in_r(levels), texts, range(len(levels)))


def reduced_coding(spec: ContrastSpec, levels: Sequence[Hashable], name: str) -> LevelCoding:
    """Return the L - 1 columns of a contrast scheme for these levels.

    Parameters
    ----------
    spec : ContrastSpec
    levels : sequence
        The levels that occur, in order; at least two.
    name : str
        The factor, for messages.

    Raises
    ------
    DataError
        A custom matrix or the scores do not fit the levels.

    Examples
    --------
    >>> reduced_coding(TREATMENT, ("A", "B", "C"), "wool").suffixes
    ('[T.B]', '[T.C]')
    >>> reduced_coding(ContrastSpec("sum"), ("A", "B", "C"), "wool").matrix
    array([[ 1.,  0.],
           [ 0.,  1.],
           [-1., -1.]])
    """
    return SCHEMES[spec.name](spec, tuple(levels), name)


def contrast_spec(given: Any, name: str) -> ContrastSpec:
    """Return the scheme that an entry of the ``contrasts`` argument asks for.

    Parameters
    ----------
    given : str, ContrastSpec, matrix or dict of columns
    name : str
        The column it is for, for messages.
    """
    if isinstance(given, ContrastSpec):
        return given
    if isinstance(given, str):
        short = given.lower().removeprefix("contr.")
        if short in SCHEMES and short != "matrix":
            return ContrastSpec(short)
        known = ", ".join(scheme for scheme in SCHEMES if scheme != "matrix")
        raise DataError(
            f"The contrasts for {name!r} are {given!r}, which is not a scheme. Choose from {known},"
            " or give a matrix with one row per level.",
            column=name,
        )
    return _matrix_spec(given, name)


def _matrix_spec(given: Any, name: str) -> ContrastSpec:
    labels = getattr(given, "columns", given if isinstance(given, Mapping) else None)
    rows = np.column_stack(list(given.values())) if isinstance(given, Mapping) else given
    matrix = np.asarray(rows, dtype=np.float64)
    if matrix.ndim != 2 or not np.all(np.isfinite(matrix)):
        raise DataError(
            f"The contrast matrix for {name!r} has shape {matrix.shape}; it needs one row per level,"
            " one column per contrast, and finite numbers.",
            column=name,
        )
    named = None if labels is None else tuple(str(label) for label in labels)
    return ContrastSpec("matrix", matrix=tuple(map(tuple, matrix.tolist())), labels=named)


# ----------------------------------------------------------------------------- schemes


def _treatment(spec: ContrastSpec, levels: tuple[Hashable, ...], name: str) -> LevelCoding:
    """Return differences from a base level; the first unless `spec` names another that occurs."""
    return _against(levels, levels.index(spec.base) if spec.base in levels else 0)


def _sas(spec: ContrastSpec, levels: tuple[Hashable, ...], name: str) -> LevelCoding:
    """Return differences from the last level."""
    return _against(levels, levels.index(spec.base) if spec.base in levels else len(levels) - 1)


def _against(levels: tuple[Hashable, ...], base: int) -> LevelCoding:
    others = [i for i in range(len(levels)) if i != base]
    texts = [level_text(levels[i]) for i in others]
    matrix = np.zeros((len(levels), len(others)))
    matrix[others, np.arange(len(others))] = 1.0
    return LevelCoding(
        matrix,
        tuple(f"[T.{text}]" for text in texts),
        _in_r([levels[i] for i in others]),
        tuple(f"{text} vs {level_text(levels[base])}" for text in texts),
        others,
    )


def _sum(spec: ContrastSpec, levels: tuple[Hashable, ...], name: str) -> LevelCoding:
    """Return deviations from the mean of the levels; the last level is minus the others' sum."""
    matrix = np.vstack([np.eye(len(levels) - 1), np.full((1, len(levels) - 1), -1.0)])
    return _numbered(matrix, "S", levels[:-1], "{} vs mean")


def _helmert(spec: ContrastSpec, levels: tuple[Hashable, ...], name: str) -> LevelCoding:
    """Return each level against the mean of those before it, unscaled: column j is -1 ... -1, j."""
    n = len(levels)
    matrix = np.triu(np.full((n, n - 1), -1.0))
    matrix[np.arange(1, n), np.arange(n - 1)] = np.arange(1, n)
    return _numbered(matrix, "H", levels[1:], "{} vs mean of those before")


def _diff(spec: ContrastSpec, levels: tuple[Hashable, ...], name: str) -> LevelCoding:
    """Return coefficients that are the differences of neighbouring levels."""
    n = len(levels)
    # row i, column j: j/n above the step (levels after j), j/n - 1 before it
    matrix = np.arange(1, n) / n - (np.arange(n)[:, None] < np.arange(1, n))
    texts = list(map(level_text, levels))
    pairs = list(zip(texts[1:], texts, strict=False))
    coding = _numbered(matrix, "D", levels[1:], "{}")
    return replace(
        coding,
        r_suffixes=tuple(f"{after}-{before}" for after, before in pairs),
        labels=tuple(f"{after} vs {before}" for after, before in pairs),
    )


def _numbered(matrix: Array, letter: str, levels: Sequence[Hashable], words: str) -> LevelCoding:
    texts = list(map(level_text, levels))
    return LevelCoding(
        matrix,
        tuple(f"[{letter}.{text}]" for text in texts),
        tuple(str(i + 1) for i in range(len(texts))),
        tuple(words.format(text) for text in texts),
    )


def _poly(spec: ContrastSpec, levels: tuple[Hashable, ...], name: str) -> LevelCoding:
    """Return orthonormal polynomials of the scores, of degree 1 to L - 1, leading sign positive."""
    n = len(levels)
    scores = np.arange(1.0, n + 1) if spec.scores is None else np.asarray(spec.scores, dtype=np.float64)
    if len(scores) != n or len(np.unique(scores)) != n or n > MOST_POLY_LEVELS:
        raise DataError(
            f"Polynomial contrasts for {name!r} need one distinct score for each of its {n} levels, and"
            f" at most {MOST_POLY_LEVELS} levels; {len(scores)} scores were given.",
            column=name,
        )
    names = tuple([".L", ".Q", ".C"][: n - 1]) + tuple(f"^{degree}" for degree in range(4, n))
    words = tuple(["linear", "quadratic", "cubic"][: n - 1]) + tuple(f"degree {d}" for d in range(4, n))
    return LevelCoding(_orthonormal(scores), tuple(f"[{text}]" for text in names), names, words)


def _orthonormal(scores: Array) -> Array:
    """Orthogonalise x p_{k-1} against all earlier columns, twice (Giraud et al. 2005)."""
    n = len(scores)
    x = scores - scores.mean()
    basis = np.full((n, n), 1.0 / np.sqrt(n))
    for degree in range(1, n):
        column = x * basis[:, degree - 1]
        for _ in range(2):
            column -= basis[:, :degree] @ (basis[:, :degree].T @ column)
        basis[:, degree] = column / np.linalg.norm(column)
    return basis[:, 1:]


def _custom(spec: ContrastSpec, levels: tuple[Hashable, ...], name: str) -> LevelCoding:
    matrix = np.asarray(spec.matrix, dtype=np.float64)
    n = len(levels)
    if matrix.shape != (n, n - 1):
        raise DataError(
            f"The contrast matrix for {name!r} has {matrix.shape[0]} rows and {matrix.shape[1]} columns;"
            f" the {n} levels that occur ({_listed(levels)}) need {n} rows and {n - 1} columns.",
            column=name,
            shape=matrix.shape,
        )
    if rank_of("The coding of the levels", np.column_stack([np.ones(n), matrix])) < n:
        raise DataError(
            f"The contrast matrix for {name!r} is singular: its columns and the constant are linearly"
            " dependent. Give independent contrasts.",
            column=name,
        )
    labels = spec.labels or tuple(str(i + 1) for i in range(n - 1))
    return LevelCoding(matrix, tuple(f"[{label}]" for label in labels), labels, labels)


def _listed(levels: Sequence[Hashable], most: int = 8) -> str:
    shown = ", ".join(map(level_text, levels[:most]))
    return shown if len(levels) <= most else f"{shown}, ..."


def _in_r(levels: Sequence[Hashable]) -> tuple[str, ...]:
    """Return levels as R writes them: a logical in capitals."""
    return tuple(str(v).upper() if isinstance(v, bool | np.bool_) else level_text(v) for v in levels)


SCHEMES: dict[str, Callable[[ContrastSpec, tuple[Hashable, ...], str], LevelCoding]] = {
    "treatment": _treatment,
    "sum": _sum,
    "helmert": _helmert,
    "poly": _poly,
    "diff": _diff,
    "sas": _sas,
    "matrix": _custom,
}
