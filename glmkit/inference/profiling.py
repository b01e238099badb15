"""Likelihood and score intervals, and the profile of the deviance.

Both invert a test of "the coefficient is psi" that is taken at the best fit with it held there:

    r(psi) = sign(psi - estimate) sqrt((D(psi) - D) / phi)        the signed root of the LR statistic
    s(psi) = the signed root of Rao's score statistic

each referred to the normal, or to t where the dispersion was estimated: Pearson's, of the
fit itself. Numbers of the form (16.k) are those of the mathematics page.

References
----------
Venables, W. N. and Ripley, B. D. (2002). Modern Applied Statistics with S, section 8.4.
Rao, C. R. (1948). Large sample tests of statistical hypotheses concerning several
parameters. Proc. Cambridge Phil. Soc. 44, 50-57.
Cox, D. R. and Hinkley, D. V. (1974). Theoretical Statistics, sections 7.2 and 9.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.families.links import Identity
from glmkit.inference.held import Held, HeldFunction, held_function
from glmkit.inference.likelihood import ratio_deviance
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import interval_quantile
from glmkit.numerics.roots import rising_crossing
from glmkit.tables.numbers import format_value

__all__ = [
    "METHODS",
    "Reference",
    "check_profiles",
    "interval_of",
    "intervals",
    "root_at",
    "signed_root",
    "signed_roots",
    "standard_error",
    "unit_change",
]

METHODS = ("profile", "score")
# A deviance that falls below the fit's by more than this share of it is a better maximum, not rounding.
BETTER = 1e-9
# An interval shorter than this share of the estimate, or of what moves the predictor by 1, is rounding.
LOST = 1e-11


class Reference(NamedTuple):
    """What a signed root is divided by and referred to."""

    dispersion: float
    df: float


def check_profiles(model: FittedModel, method: str) -> None:
    """Refuse fits whose deviance cannot be profiled.

    Raises
    ------
    FitError
        The covariance is a robust one, the maximum is on the edge of the valid region, or
        the fit did not converge.
    """
    fit, estimate = model.fit, model.estimate
    if not estimate.is_model_based:
        raise FitError(
            f"The covariance in use is {estimate.label}, and the {method} interval is made from the likelihood, which "
            'knows nothing of it. Use method="wald", or the fit without with_vcov.',
            covariance=estimate.label,
        )
    ratio_deviance(fit)
    if method == "score" and fit.method != "ml":
        raise FitError(
            f'Score intervals are those of maximum likelihood, and this fit has method="{fit.method}". '
            'Use method="profile" or "wald".',
            method=fit.method,
        )
    if fit.active is not None:
        raise FitError(
            f"The maximum lies on the edge of the valid region, where the {method} statistic has not its usual "
            'distribution. Choose a link whose means stay in range; "wald" holds with these rows on the edge.',
            rows=fit.active.tolist(),
        )
    if not fit.converged and fit.recession is None:
        raise FitError(
            f"The iterations did not converge, so that there is no maximum for a {method} interval to start from. "
            "Raise Control(max_iter=).",
        )


def intervals(model: FittedModel, method: str, level: float, reference: Reference) -> Array:
    """Return the ends of the interval of each coefficient, (p, 2); nan where aliased."""
    check_profiles(model, method)
    ends = np.full((len(model.estimate.names), 2), np.nan)
    for j in model.estimate.kept:
        ends[j] = interval_of(model, _unit(model, j), method, level, reference)
    return ends


def signed_roots(model: FittedModel, method: str, reference: Reference) -> Array:
    """Return the statistic of "the coefficient is 0" for each, (p,), with the sign of the estimate."""
    check_profiles(model, method)
    roots = np.full(len(model.estimate.names), np.nan)
    for j in model.estimate.kept:
        roots[j] = 0.0 - signed_root(model, _unit(model, j), 0.0, method, reference)
    return roots


def interval_of(
    model: FittedModel, row: Array, method: str, level: float, reference: Reference
) -> tuple[float, float]:
    """Return the interval of one linear function of the coefficients.

    Infinite ends where the maximum is at infinity, or where the statistic never reaches the
    quantile; the end of the possible values where these end first.
    """
    quantile = interval_quantile(level, reference.df)
    estimate = float(model.estimate.linear(row[None])[0])
    if not np.isfinite(quantile * reference.dispersion):
        return (np.nan, np.nan)
    if reference.dispersion == 0.0 and not np.isfinite(estimate):  # a perfect fit has no unit of distance
        return (np.nan, np.nan)
    if np.isnan(estimate):  # the limit depends on the path: every value is as good
        return (-np.inf, np.inf)
    if is_quadratic(model):
        half = quantile * standard_error(model, row, reference)
        return estimate - half, estimate + half
    held = held_function(model, row, method == "score")
    scale = standard_error(model, row, reference) if np.isfinite(estimate) else unit_change(held)
    if is_perfect(held, estimate, quantile * scale):
        return estimate - quantile * scale, estimate + quantile * scale
    low, high = (_end(held, (estimate, side * scale), method, quantile, reference) for side in (-1.0, 1.0))
    return low, high


def signed_root(model: FittedModel, row: Array, value: float, method: str, reference: Reference) -> float:
    """Return r or s of one linear function at a value.

    0 where every value is as good; nan where no valid mean has the value, or where the score
    test of it does not exist.
    """
    estimate = float(model.estimate.linear(row[None])[0])
    if np.isnan(estimate):
        return 0.0
    if reference.dispersion == 0.0:  # a perfect fit rejects every other value
        return float(np.copysign(np.inf, value - estimate)) if value != estimate else 0.0
    if is_quadratic(model):
        return (value - estimate) / standard_error(model, row, reference)
    line = held_function(model, row, method == "score")
    held = line.at(value, None if model.fit.recession is not None else np.zeros(line.rest.shape[1]))
    if held is None or (method == "score" and np.isnan(held.rao)):
        return float("nan")
    return root_at(held, estimate, method, ratio_deviance(model.fit), reference)


def is_perfect(held: HeldFunction, estimate: float, half: float) -> bool:
    """Whether half the Wald interval is lost in the rounding of a perfect fit."""
    return np.isfinite(estimate) and half <= LOST * max(abs(estimate), unit_change(held))


def is_quadratic(model: FittedModel) -> bool:
    """Whether the deviance is a quadratic function: then all intervals are Wald's."""
    return model.family.canonical and model.family.link == Identity()


def standard_error(model: FittedModel, row: Array, reference: Reference) -> float:
    """Return the model-based standard error of a linear function at the dispersion in use."""
    share = reference.dispersion / model.fit.dispersion if model.fit.dispersion > 0 else 1.0
    return float(model.estimate.std_errors(row[None])[0] * np.sqrt(share))


def root_at(held: Held, estimate: float, method: str, deviance: float, reference: Reference) -> float:
    """Return r (16.1) or s (16.4) of a held fit.

    Raises
    ------
    FitError
        The held fit is better than the fit itself, which then is no maximum.
    """
    if method == "score":
        return _rao(held, reference)
    rise = held.deviance - deviance
    if rise < -BETTER * max(abs(deviance), reference.dispersion):
        raise FitError(
            f"With the coefficient held at {format_value(held.value)} the deviance is {held.deviance!r}, less than "
            f"the {deviance!r} of the fit, hence only a local maximum. Fit again with start= near that value.",
            value=held.value,
        )
    return float(np.copysign(np.sqrt(max(rise, 0.0) / reference.dispersion), held.value - estimate))


def _rao(held: Held, reference: Reference) -> float:
    if np.isnan(held.rao):
        raise FitError(
            f"With the coefficient held at {format_value(held.value)} others are infinite or on the edge of the "
            'valid region, so that there is no score statistic. Use method="profile".',
            value=held.value,
        )
    return held.rao / float(np.sqrt(reference.dispersion))


def _unit(model: FittedModel, j: int) -> Array:
    row = np.zeros(len(model.estimate.names))
    row[j] = 1.0
    return row


def _end(
    held: HeldFunction, unit: tuple[float, float], method: str, quantile: float, reference: Reference
) -> float:
    """Return where the statistic reaches the quantile, going from the estimate in signed units."""
    estimate, scale = unit
    is_finite = np.isfinite(estimate)
    if estimate == np.copysign(np.inf, scale):
        return estimate
    origin = estimate if is_finite else 0.0
    curve = _curve(held, estimate, (origin, scale), method, reference)
    start, low = (quantile, 0.0) if is_finite else (0.0, -np.inf)
    crossing = rising_crossing(curve, quantile, start=start, low=low)
    if np.isnan(crossing.at):
        raise FitError(
            f"The {method} statistic could not be followed to {format_value(quantile)} from {format_value(estimate)}. "
            'Use method="wald", or another link.',
            value=estimate,
        )
    return float(origin + scale * crossing.at)


def unit_change(held: HeldFunction) -> float:
    """Return the change of the value that moves the linear predictor by about 1."""
    used = held.problem.weights > 0
    return 1.0 / float(np.sqrt(np.mean(held.push[used] ** 2)))


def _curve(
    held: HeldFunction, estimate: float, unit: tuple[float, float], method: str, reference: Reference
) -> Callable[[float], tuple[float, float]]:
    """Return the size of the statistic and its slope, at x units from the origin."""
    origin, scale = unit
    deviance = ratio_deviance(held.model.fit)
    start = None if held.model.fit.recession is not None else np.zeros(held.rest.shape[1])

    def curve(x: float) -> tuple[float, float]:
        nonlocal start
        point = held.at(origin + scale * x, start)
        if point is None:
            return float("nan"), float("nan")
        start = point.delta
        size = abs(root_at(point, estimate, method, deviance, reference))
        if method == "score" or size == 0.0:
            return size, float("nan")
        return size, point.slope * scale / (2.0 * reference.dispersion * size)

    return curve
