"""Inference on a parameter of the family itself: is theta needed?

References
----------
Self, S. G. and Liang, K.-Y. (1987). Asymptotic properties of maximum likelihood estimators
and likelihood ratio tests under nonstandard conditions. JASA 82, 605-610.
Lawless, J. F. (1987). Negative binomial and mixed Poisson regression. Canadian Journal of
Statistics 15, 209-225.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glmkit.errors import FitError
from glmkit.fitting.glm import GLMFit, NuisanceFit
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import chi_square_tail
from glmkit.tables.table import Fact, fact

__all__ = ["PoissonTest", "nuisance_facts", "poisson_test"]


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
    1327.91
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


def nuisance_facts(fit: GLMFit) -> list[Fact]:
    """Return what the summary says of theta: nothing for a family without it."""
    if fit.family.nuisance_name != "theta":
        return []
    if fit.nuisance is None:
        held = "estimated, held" if fit.family.counted_parameters else "given"
        return [fact("Theta", "{estimate} ({held})", estimate=fit.family.nuisance_value, held=held)]
    test = _against_poisson(fit, fit.nuisance.simplest_loglik)
    return [
        _theta_fact(fit.nuisance),
        fact("Against Poisson", "LR {statistic}, half chi-square on 1 df, p = {p_value}", **test._asdict()),
    ]


def _theta_fact(found: NuisanceFit) -> Fact:
    end = "SE {std_error}" if np.isfinite(found.value) else "the Poisson limit"
    return fact("Theta", "{estimate} (" + end + ")", estimate=found.value, std_error=found.std_error)
