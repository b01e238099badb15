"""Inference on a parameter of the family itself: is theta needed?

References
----------
Self, S. G. and Liang, K.-Y. (1987). Asymptotic properties of maximum likelihood estimators
and likelihood ratio tests under nonstandard conditions. JASA 82, 605-610.
Lawless, J. F. (1987). Negative binomial and mixed Poisson regression. Canadian Journal of
Statistics 15, 209-225.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit, NuisanceFit
from glmkit.inference.protocols import AnyFit, FittedModel
from glmkit.inference.reference import chi_square_tail, interval_quantile
from glmkit.inference.refit import refit
from glmkit.inference.wald import check_level
from glmkit.tables.table import Fact, fact

__all__ = ["PoissonTest", "nuisance_facts", "poisson_test", "power_interval"]

# Ends of the range of powers, below (-1) and above, with and without zeros in the response.
EDGES = {-1.0: {True: 1.01, False: 1.01}, 1.0: {True: 1.99, False: 6.0}}
POWER_ERROR = 1e-6


class PoissonTest(NamedTuple):
    """The likelihood ratio test of a negative binomial fit against Poisson."""

    statistic: float
    p_value: float


def poisson_test(model: FittedModel) -> PoissonTest:
    """Return the likelihood ratio test of estimated theta against Poisson, theta infinite.

    Notes
    -----
    Poisson lies on the edge of the range, 1 / theta = 0, so that under it the statistic is
    0 in half of all samples and chi-square with 1 df in the others (Self and Liang 1987,
    case 5): p = P(chi-square_1 > statistic) / 2, and 1 for a statistic of 0.

    Raises
    ------
    FitError
        Theta was not estimated.

    Examples
    --------
    >>> import glmkit as gk
    >>> from glmkit.inference.nuisance import poisson_test
    >>> fit = gk.glm("Days ~ Sex + Age", gk.load_dataset("quine"), gk.NegativeBinomial())
    >>> round(poisson_test(fit).statistic, 2)
    1388.94
    """
    if model.family.nuisance_name != "theta" or model.fit.nuisance is None:
        raise FitError(
            "The test against Poisson needs a theta estimated with this fit: family=NegativeBinomial(). "
            f"The family is {model.family!r}."
        )
    return _against_poisson(model.fit, model.fit.nuisance.simplest_loglik)


def _against_poisson(fit: GLMFit, poisson: float) -> PoissonTest:
    statistic = max(2.0 * (fit.loglik - poisson), 0.0)
    return PoissonTest(statistic, 0.5 * chi_square_tail(statistic, 1.0) if statistic > 0.0 else 1.0)


def nuisance_facts(fit: AnyFit) -> list[Fact]:
    """Return what the summary says of theta or the power: nothing for a family without it."""
    return _facts(cast(GLMFit, fit)) if fit.family.nuisance_name else []


def _facts(fit: GLMFit) -> list[Fact]:
    name = fit.family.nuisance_name
    if fit.nuisance is None:
        held = "held" if fit.family.released().pending else "given"
        return [fact(name.capitalize(), "{estimate} ({held})", estimate=fit.family.nuisance_value, held=held)]
    if name != "theta":
        return [fact(name.capitalize(), "{estimate} (SE {std_error})", **_estimate(fit.nuisance))]
    test = _against_poisson(fit, fit.nuisance.simplest_loglik)
    return [
        _theta_fact(fit.nuisance),
        fact("Against Poisson", "LR {statistic}, half chi-square on 1 df, p = {p_value}", **test._asdict()),
    ]


def _estimate(found: NuisanceFit) -> dict[str, float]:
    return {"estimate": found.value, "std_error": found.std_error}


def _theta_fact(found: NuisanceFit) -> Fact:
    end = "SE {std_error}" if np.isfinite(found.value) else "the Poisson limit"
    return fact("Theta", "{estimate} (" + end + ")", **_estimate(found))


def power_interval(model: FittedModel, level: float = 0.95) -> tuple[float, float]:
    """Return the profile likelihood interval of an estimated Tweedie power.

    Parameters
    ----------
    model : fitted model
        With ``family=Tweedie(power=None)``.
    level : float
        Level of the interval.

    Returns
    -------
    (float, float)
        Where twice the fall of the profile log-likelihood is the chi-square quantile; an end
        of the range of powers, 1 and where there are zeros 2, if it is not reached there.

    Notes
    -----
    The coefficients and the dispersion are fitted again at about twenty powers.

    Raises
    ------
    FitError
        The power was not estimated.

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("Days ~ Eth", gk.load_dataset("quine"), gk.Tweedie(None))
    >>> [round(end, 2) for end in gk.power_interval(fit)]
    [1.38, 1.62]
    """
    check_level(level)
    if model.family.nuisance_name != "power" or model.fit.nuisance is None:
        raise FitError(
            "An interval of the power needs a power estimated with this fit: family=Tweedie(None). "
            f"The family is {model.family!r}."
        )
    limit = model.fit.loglik - 0.5 * interval_quantile(level, float("inf")) ** 2
    return _end(model, limit, -1.0), _end(model, limit, 1.0)


def _end(model: FittedModel, limit: float, side: float) -> float:
    """Return where the profile falls to a limit on one side, by bisection of a bracket."""
    best = model.family.nuisance_value
    edge = EDGES[side][bool(np.any(model.fit.problem.y == 0.0))]

    def above(power: float) -> bool:
        return refit(model, family=model.family.held(power)).loglik > limit

    inner, reach = (
        best,
        2.0 * np.nan_to_num(model.fit.nuisance.std_error, nan=0.1) if model.fit.nuisance else 0.1,
    )
    outer = best + side * reach
    while side * (edge - outer) > 0 and above(outer):
        inner, reach = outer, 2.0 * reach
        outer = best + side * reach
    outer = outer if side * (edge - outer) > 0 else edge
    if outer == edge and above(edge):
        return edge
    while abs(outer - inner) > POWER_ERROR:
        middle = 0.5 * (inner + outer)
        inner, outer = (middle, outer) if above(middle) else (inner, middle)
    return float(0.5 * (inner + outer))
