"""Submodels whose deviance is known without a fit.

Where the deviance is a quadratic function of the coefficients, D(beta) = RSS + (beta - b)'
X'WX (beta - b), its least value under L beta = 0 is

    D_0 = RSS + (L b)' (L (X'WX)^-1 L')^-1 (L b),

a small system instead of a pass over the rows, and right to the last digit where the two
sums of squares are nearly equal (Seber, G. A. F. and Lee, A. J. (2003). Linear Regression
Analysis, 2nd ed., section 3.8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from glmkit._typing import IntArray
from glmkit.families.base import Family
from glmkit.families.links import Identity
from glmkit.fitting.recession import Recession
from glmkit.inference.protocols import FittedModel
from glmkit.inference.submodels import Submodel, restriction_rows
from glmkit.inference.term_tests import wald_quadratic

__all__ = ["MeasuredFit", "restricted_fit"]


class MeasuredFit(Protocol):
    """What a table of deviance says of a fit."""

    @property
    def family(self) -> Family: ...  # noqa: D102
    @property
    def deviance(self) -> float: ...  # noqa: D102
    @property
    def rank(self) -> int: ...  # noqa: D102
    @property
    def nobs(self) -> float: ...  # noqa: D102
    @property
    def df_resid(self) -> float: ...  # noqa: D102
    @property
    def converged(self) -> bool: ...  # noqa: D102
    @property
    def recession(self) -> Recession | None: ...  # noqa: D102
    @property
    def active(self) -> IntArray | None: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class _Restricted:
    """A submodel of a linear model."""

    family: Family
    deviance: float
    rank: int
    nobs: float
    converged: bool = True
    recession: Recession | None = None
    active: IntArray | None = None

    @property
    def df_resid(self) -> float:
        return self.nobs - self.rank


def restricted_fit(model: FittedModel, sub: Submodel) -> MeasuredFit | None:
    """Return a submodel of a linear model by its deviance; None where that has no closed form."""
    fit = model.fit
    is_linear = fit.family.canonical and fit.family.link == Identity() and fit.method == "ml"
    if not is_linear or sub.columns is None:
        return None
    rows = restriction_rows(model, sub)
    unscaled = model.estimate.with_covariance(fit.inverse, np.inf, "unscaled")
    rise = wald_quadratic(unscaled, rows)
    if not np.isfinite(rise):
        return None
    return _Restricted(fit.family, fit.deviance + rise, fit.rank - len(rows), fit.nobs)
