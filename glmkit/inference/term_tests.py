"""The tests of a smaller against a larger model: likelihood ratio, F, Rao's score, Wald.

References
----------
McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed., section 2.3.
Rao, C. R. (1948). Large sample tests of statistical hypotheses concerning several
parameters with applications to problems of estimation. Proc. Camb. Phil. Soc. 44, 50-57.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.objective import objective_of
from glmkit.inference.estimate import Estimate
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import chi_square_tail, f_tail

__all__ = [
    "NO_TEST",
    "TESTS",
    "TermTest",
    "chi_square_test",
    "chosen_test",
    "default_test",
    "f_test",
    "lr_test",
    "rao_test",
    "wald_quadratic",
    "wald_test",
]

TESTS = ("LRT", "F", "Rao", "Wald", "none")
# Other names that are understood.
ALSO = {"chisq": "LRT", "lr": "LRT", "score": "Rao"}
# A pivot of a covariance scaled to a unit diagonal below which it is singular.
SINGULAR = 1e-12


class TermTest(NamedTuple):
    """One line of a table of tests."""

    df: float
    statistic: float
    p_value: float


NO_TEST = TermTest(float("nan"), float("nan"), float("nan"))


def default_test(model: FittedModel) -> str:
    """Return Wald for a robust covariance or bias reduction, LRT for a known dispersion, F for an estimated one."""
    if not model.estimate.is_model_based or model.fit.method != "ml":
        return "Wald"
    return "LRT" if model.family.dispersion is not None else "F"


def chosen_test(model: FittedModel, test: str | None) -> str:
    """Return the test asked for, refused where it does not go with the fit.

    Raises
    ------
    FitError
        The name is unknown; F is asked for with a known dispersion, or a likelihood or
        score test with a robust covariance.
    """
    if test is None:
        return default_test(model)
    names = {name.lower(): name for name in TESTS} | ALSO
    name = names.get(test.lower()) if isinstance(test, str) else None
    if name is None:
        raise FitError(
            f"test={test!r} is not known. Choose one of: {', '.join(TESTS)}.", argument="test", value=test
        )
    if name in ("LRT", "F", "Rao") and not model.estimate.is_model_based:
        raise FitError(
            f"test={name!r} rests on the likelihood, and this fit uses the covariance {model.estimate.label}, "
            'which the likelihood knows nothing of. Use test="Wald", or the fit without with_vcov().',
            argument="test",
            covariance=model.estimate.label,
        )
    if name in ("LRT", "F", "Rao") and model.fit.method != "ml":
        raise FitError(
            f'test={name!r} rests on maximum likelihood, and this fit has method="{model.fit.method}". '
            'Use test="Wald", confint() with profile intervals where the method has a penalised likelihood, '
            'or method="ml".',
            argument="test",
            method=model.fit.method,
        )
    if name == "F" and model.family.dispersion is not None:
        raise FitError(
            f'test="F" is for an estimated dispersion, and that of the {model.family.name} family is known. '
            'Use test="LRT", or a family that estimates it, such as a quasi family.',
            argument="test",
        )
    return name


def lr_test(drop: float, df: float, dispersion: float) -> TermTest:
    """Return the likelihood ratio test of a drop in deviance: drop / phi, chi-square."""
    return chi_square_test(drop / dispersion if dispersion > 0 else float("nan"), df)


def chi_square_test(statistic: float, df: float) -> TermTest:
    """Return the test of a statistic that is chi-square with `df` degrees of freedom."""
    if not df > 0:
        return NO_TEST._replace(df=df)
    return TermTest(df, statistic, chi_square_tail(statistic, df) if statistic == statistic else statistic)


def f_test(drop: float, df: float, dispersion: float, df_resid: float) -> TermTest:
    """Return the F test of a drop in deviance: (drop / df) / phi."""
    if not df > 0:
        return NO_TEST._replace(df=df)
    if not dispersion > 0:
        return NO_TEST._replace(df=df)
    statistic = drop / df / dispersion
    return TermTest(df, statistic, f_tail(statistic, df, df_resid))


def rao_test(small: GLMFit, big: GLMFit, dispersion: float) -> TermTest:
    """Return Rao's score test of the smaller fit in the columns of the larger.

    Notes
    -----
    U' A^-1 U / phi with score and information of all columns at the smaller fit's means:
    the squared length of the first scoring step from there. O(n p^2).
    """
    df = big.rank - small.rank
    if not (df > 0 and dispersion > 0):
        return NO_TEST._replace(df=df)
    problem = small.problem
    objective = objective_of(problem, small.family, big.independence.design)
    with np.errstate(all="ignore"):  # limits of a separated fit: infinite where the weight is zero
        first = objective.quadratic(objective.point(np.zeros(big.rank), small.eta))
        length = float(first.step @ first.score) / dispersion
    return chi_square_test(length, df)


def wald_test(estimate: Estimate, rows: Array, given: Array | None = None) -> TermTest:
    """Return Wald's test of L beta = 0, of that part of it which `given` rows leave open.

    Parameters
    ----------
    estimate : Estimate
    rows : (k, p) array, independent
    given : (m, p) array, optional
        Independent rows in the span of `rows`.

    Notes
    -----
    W(L) = (L b)' (L V L')^-1 (L b); with `given` rows L0 it is W(L) - W(L0), the test of
    what L asks beyond L0 in the metric of V. For a Gaussian fit and its own covariance
    that is the drop in the residual sum of squares over phi, to the last digit.
    """
    less = 0 if given is None else len(given)
    df = float(len(rows) - less)
    if not df > 0:
        return NO_TEST._replace(df=df)
    statistic = wald_quadratic(estimate, rows) - (0.0 if given is None else wald_quadratic(estimate, given))
    statistic = max(statistic, 0.0) if np.isfinite(statistic) else float("nan")
    return chi_square_test(statistic, df)


def wald_quadratic(estimate: Estimate, rows: Array) -> float:
    """Return W(L); nan where an estimate is infinite or their covariance is singular."""
    if not len(rows):
        return 0.0
    value, covariance = estimate.linear(rows), estimate.covariance_of(rows)
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))  # below 0 by rounding, where conditions are extreme
    if not (np.all(np.isfinite(value)) and np.all(np.isfinite(covariance)) and np.all(scale > 0)):
        return float("nan")
    try:
        root = linalg.cholesky(covariance / np.outer(scale, scale), lower=True)
    except linalg.LinAlgError:
        return float("nan")
    if np.min(np.diag(root)) ** 2 < SINGULAR:
        return float("nan")
    half = linalg.solve_triangular(root, value / scale, lower=True)
    return float(half @ half)
