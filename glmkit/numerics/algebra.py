"""Dense linear algebra that answers with finite numbers or says whose answer it is that does not exist.

LAPACK meets nan and infinity with an error of its own, with nan, or with a line on the screen. So numbers
are looked at before they reach it, and every other module asks here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError

T = TypeVar("T")

__all__ = [
    "eigenvalues",
    "inverse",
    "least_squares",
    "rank_of",
    "require_finite",
    "singular",
    "solution",
    "symmetric",
]


def require_finite(what: str, *arrays: Array) -> None:
    """Refuse numbers that are not finite.

    Raises
    ------
    FitError
        Naming what was to be made of them.
    """
    if not all(np.all(np.isfinite(array)) for array in arrays):
        raise _refused(what, "the numbers it is made of leave the range of double precision")


def least_squares(what: str, a: Array, b: Array, rcond: float | None = None) -> Array:
    """Return the shortest x that minimises the length of a x - b.

    Examples
    --------
    >>> least_squares("The slope", np.array([[1.0], [1.0]]), np.array([1.0, 3.0]))
    array([2.])
    """
    return _of(what, lambda: np.asarray(np.linalg.lstsq(a, b, rcond=rcond)[0]), a, b)


def solution(what: str, a: Array, b: Array) -> Array:
    """Return x with a x = b."""
    return _of(what, lambda: np.asarray(np.linalg.solve(a, b)), a, b)


def inverse(what: str, a: Array) -> Array:
    """Return the inverse of a."""
    return _of(what, lambda: np.asarray(np.linalg.inv(a)), a)


def singular(what: str, a: Array, whole: bool = True) -> tuple[Array, Array, Array]:
    """Return U, s and V' of the singular value decomposition; square U and V' where `whole`."""
    left, sizes, across = _of(what, lambda: np.linalg.svd(a, full_matrices=whole), a)
    return left, sizes, across


def symmetric(what: str, a: Array) -> tuple[Array, Array]:
    """Return the eigenvalues of a symmetric matrix, rising, and its eigenvectors."""
    values, vectors = _of(what, lambda: np.linalg.eigh(a), a)
    return values, vectors


def eigenvalues(what: str, a: Array) -> Array:
    """Return the eigenvalues of a symmetric matrix, rising."""
    return _of(what, lambda: np.asarray(np.linalg.eigvalsh(a)), a)


def rank_of(what: str, a: Array) -> int:
    """Return the rank of a matrix, to rounding."""
    return _of(what, lambda: int(np.linalg.matrix_rank(a)), a)


def _of(what: str, answer: Callable[[], T], *given: Array) -> T:
    require_finite(what, *given)
    try:
        return answer()
    except np.linalg.LinAlgError as error:
        raise _refused(what, "the equations for it are singular, or too nearly so") from error


def _refused(what: str, reason: str) -> FitError:
    return FitError(
        f"{what} cannot be computed: {reason}. Give the columns in units in which their values lie nearer 1, leave "
        "out extreme rows, or choose another link.",
        what=what,
    )
