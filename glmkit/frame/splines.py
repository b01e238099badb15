"""Regression splines: ``bs()``, B-splines on given or quantile knots, and ``ns()``, natural cubic splines.

de Boor (1978), *A Practical Guide to Splines*; Hastie (1992) in *Statistical Models in S*,
chapter 7, for knots at quantiles and natural splines as B-splines under two linear constraints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glmkit._typing import Array
from glmkit.frame.operands import (
    Operand,
    RefusalError,
    State,
    Stateful,
    as_number,
    numbers_of,
    scalar_truth,
    whole_number,
)
from glmkit.frame.transforms import present_values
from glmkit.frame.values import Matrix

if TYPE_CHECKING:
    from scipy.interpolate import BSpline

__all__ = ["SPLINES"]

MAX_DF = 500
MAX_SPLINE_DEGREE = 20
_CUBIC = 3


def learn_bs(
    x: Operand,
    df: Operand = None,
    knots: Operand = None,
    degree: Operand = 3.0,
    intercept: Operand = False,
    Boundary_knots: Operand = None,
) -> State:
    """Learn the knots of ``bs(x, df, knots, degree, intercept, Boundary.knots)``."""
    power = whole_number(degree, "degree", 1, MAX_SPLINE_DEGREE)
    constant = scalar_truth(intercept, "intercept")
    values = present_values(x, "bs")
    boundary = _boundary(values, Boundary_knots)
    inner = _inner_knots(values, boundary, df, knots, power + constant)
    return {"knots": inner, "boundary": boundary, "degree": power, "intercept": constant}


def learn_ns(
    x: Operand,
    df: Operand = None,
    knots: Operand = None,
    intercept: Operand = False,
    Boundary_knots: Operand = None,
) -> State:
    """Learn the knots of ``ns(x, df, knots, intercept, Boundary.knots)``."""
    constant = scalar_truth(intercept, "intercept")
    values = present_values(x, "ns")
    boundary = _boundary(values, Boundary_knots)
    inner = _inner_knots(values, boundary, df, knots, 1 + constant)
    return {"knots": inner, "boundary": boundary, "intercept": constant}


def _boundary(values: Array, given: Operand) -> list[float]:
    """Return the two boundary knots: given, or the range of the values."""
    limits = numbers_of(given, "Boundary.knots") if given is not None else [values.min(), values.max()]
    if len(limits) != 2 or not min(limits) < max(limits):
        raise RefusalError("A spline needs two different boundary knots.", "Leave a constant column out.")
    return sorted(float(limit) for limit in limits)


def _inner_knots(
    values: Array, boundary: list[float], df: Operand, knots: Operand, least: int
) -> list[float]:
    """Return the knots inside the boundary: given, or as many quantiles as df asks for."""
    if knots is not None:
        inner = sorted(numbers_of(knots, "knots"))
        if len(inner) > MAX_DF or not all(boundary[0] <= knot <= boundary[1] for knot in inner):
            raise RefusalError(
                "A knot lies outside the boundary knots.", "Leave it out, or set Boundary.knots."
            )
        return inner
    if df is None:
        return []
    count = whole_number(df, "df", least, MAX_DF) - least
    inside = values[(values >= boundary[0]) & (values <= boundary[1])]
    spaced = np.linspace(0.0, 1.0, count + 2)[1:-1]
    return np.quantile(inside, spaced).tolist() if count else []


def _spline(state: State, degree: int) -> tuple[BSpline[np.float64], Array]:
    """Return all B-splines on the learned knots as one vector-valued spline, and the boundary."""
    from scipy.interpolate import BSpline  # on first use: its import takes as long as a hundred small fits

    boundary = np.array(state["boundary"], dtype=np.float64)
    inner = np.array(state["knots"], dtype=np.float64)
    ends = np.repeat(boundary, degree + 1)
    knots = np.concatenate([ends[: degree + 1], inner, ends[degree + 1 :]])
    return BSpline(knots, np.eye(len(knots) - degree - 1), degree), boundary


def _labelled(basis: Array) -> Matrix:
    return Matrix(basis, tuple(str(k) for k in range(1, basis.shape[1] + 1)))


def apply_bs(state: State, x: Operand, *_: Operand) -> Matrix:
    """Return the B-spline basis; beyond the boundary its end polynomials go on."""
    degree = state["degree"]
    assert isinstance(degree, int)
    spline, _boundary_knots = _spline(state, degree)
    basis = np.asarray(spline(np.atleast_1d(as_number(x))), dtype=np.float64)
    return _labelled(basis if state["intercept"] else basis[:, 1:])


def apply_ns(state: State, x: Operand, *_: Operand) -> Matrix:
    """Return the natural cubic spline basis, linear beyond the boundary.

    The B-splines are rotated so that the two second derivatives at the boundary lie in the
    span of the first two columns of Q in the QR decomposition (Householder) of the
    constraints; the others, which are free of them, are the basis.
    """
    values = np.atleast_1d(as_number(x))
    spline, boundary = _spline(state, _CUBIC)
    first = 0 if state["intercept"] else 1
    constraints = np.asarray(spline(boundary, nu=2))[:, first:]
    rotation = np.linalg.qr(constraints.T, mode="complete")[0][:, 2:]
    clipped = np.clip(values, boundary[0], boundary[1])
    end = (values > boundary[1]).astype(np.intp)
    slopes = np.asarray(spline(boundary, nu=1))[end]
    basis = np.asarray(spline(clipped)) + (values - clipped)[:, None] * slopes
    return _labelled(basis[:, first:] @ rotation)


SPLINES: dict[str, Stateful] = {"bs": Stateful(learn_bs, apply_bs), "ns": Stateful(learn_ns, apply_ns)}
