"""One-number measures of fit: the corrected criterion and the many kinds of R-squared.

Binomial rows of several trials count as that many rows of one trial, so that grouped and
ungrouped data give the same number; the likelihood of single trials leaves out the
binomial coefficients.

References
----------
Hurvich, C. M. and Tsai, C.-L. (1989). Regression and time series model selection in small
samples. Biometrika 76, 297-307.
McFadden, D. (1974). Conditional logit analysis of qualitative choice behavior. In Zarembka
(ed.), Frontiers in Econometrics, 105-142.
Cox, D. R. and Snell, E. J. (1989). The Analysis of Binary Data, 2nd ed., pp. 208-209.
Nagelkerke, N. J. D. (1991). A note on a general definition of the coefficient of
determination. Biometrika 78, 691-692.
Tjur, T. (2009). Coefficients of determination in logistic regression models. The American
Statistician 63, 366-372.
Cameron, A. C. and Windmeijer, F. A. G. (1997). An R-squared measure of goodness of fit for
some common nonlinear regression models. J. Econometrics 77, 329-342.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from glmkit.errors import FitError, NoLikelihoodError
from glmkit.fitting.glm import GLMFit
from glmkit.inference.likelihood import aic_of, parameters_of
from glmkit.inference.outcomes import outcomes_of
from glmkit.inference.protocols import FittedModel
from glmkit.tables.table import Table
from glmkit.tables.wording import format_text

__all__ = ["KINDS", "aicc_of", "r_squared", "r_squared_table"]


def aicc_of(fit: GLMFit) -> float:
    """Return AIC + 2k(k + 1)/(n - k - 1), equation (19.1); nan where n <= k + 1."""
    k, n = parameters_of(fit), fit.nobs
    return aic_of(fit) + 2.0 * k * (k + 1) / (n - k - 1) if n > k + 1 else float("nan")


class _Likelihoods(NamedTuple):
    """Log-likelihoods of the model and of the null model, and the rows they are of."""

    model: float
    null: float
    rows: float
    rank: int


def _likelihoods(fit: GLMFit) -> _Likelihoods:
    if fit.family.response_kind != "binomial":
        return _Likelihoods(fit.loglik, fit.null.loglik, fit.nobs, fit.rank)
    # l = (l of the saturated model) - D / 2; the saturated one is that of single trials.
    weights, y = fit.problem.weights, fit.problem.y
    used = weights > 0
    entropy = special.xlogy(y[used], y[used]) + special.xlog1py(1.0 - y[used], -y[used])
    top = float(weights[used] @ entropy)
    return _Likelihoods(
        top - 0.5 * fit.deviance, top - 0.5 * fit.null_deviance, float(np.sum(weights)), fit.rank
    )


def _deviance(fit: GLMFit) -> float:
    return _one_less(fit.deviance, fit.null_deviance)


def _mcfadden(fit: GLMFit) -> float:
    logs = _likelihoods(fit)
    return _one_less(logs.model, logs.null)


def _mcfadden_adjusted(fit: GLMFit) -> float:
    logs = _likelihoods(fit)
    return _one_less(logs.model - logs.rank, logs.null)


def _cox_snell(fit: GLMFit) -> float:
    logs = _likelihoods(fit)
    with np.errstate(over="ignore"):  # a fit that did not converge may be infinitely worse
        return float(-np.expm1(2.0 * (logs.null - logs.model) / logs.rows))


def _nagelkerke(fit: GLMFit) -> float:
    logs = _likelihoods(fit)
    largest = float(-np.expm1(2.0 * logs.null / logs.rows))
    return _cox_snell(fit) / largest if largest > 0 else float("nan")


def _tjur(fit: GLMFit) -> float:
    rows = outcomes_of(fit)
    if not (rows.events.sum() > 0 and rows.failures.sum() > 0):
        return float("nan")
    return float(np.average(rows.mu, weights=rows.events) - np.average(rows.mu, weights=rows.failures))


def _one_less(part: float, whole: float) -> float:
    """Return 1 - part / whole; nan where the whole is 0."""
    return 1.0 - part / whole if whole != 0 else float("nan")


class _Kind(NamedTuple):
    """A kind of R-squared: how it is found, what it asks of the family, what it is."""

    value: Callable[[GLMFit], float]
    needs: str  # "", "likelihood", "probability", "binary"
    meaning: str


KINDS: dict[str, _Kind] = {
    "deviance": _Kind(_deviance, "", "share of the null deviance explained"),
    "mcfadden": _Kind(_mcfadden, "probability", "share of the null log-likelihood explained"),
    "mcfadden-adjusted": _Kind(
        _mcfadden_adjusted, "probability", "McFadden's, less one for each coefficient"
    ),
    "cox-snell": _Kind(_cox_snell, "likelihood", "gain in likelihood per row; below 1 at best"),
    "nagelkerke": _Kind(_nagelkerke, "probability", "Cox and Snell's over its largest value"),
    "tjur": _Kind(_tjur, "binary", "mean probability of events less that of others"),
}
SPELLINGS = {"coxsnell": "cox-snell", "cox_snell": "cox-snell", "mcfadden_adjusted": "mcfadden-adjusted"}


def r_squared(model: FittedModel, kind: str) -> float:
    """Return one kind of R-squared, equations (19.2) to (19.6).

    Raises
    ------
    NoLikelihoodError
        The kind needs a likelihood and the family has none.
    FitError
        The kind is unknown, or does not exist for this family; the message says why.
    """
    name = SPELLINGS.get(str(kind).lower(), str(kind).lower())
    if name not in KINDS:
        choices = ", ".join(f'"{known}"' for known in KINDS)
        raise FitError(f"kind={kind!r} is not known. Choose one of: {choices}.", argument="kind", value=kind)
    lack = _lack(model.fit, KINDS[name].needs)
    if not lack:
        return KINDS[name].value(model.fit)
    error = FitError if model.family.has_likelihood or KINDS[name].needs == "binary" else NoLikelihoodError
    raise error(
        f'R-squared of kind "{name}" does not exist here: {lack}. Call r2() for the kinds that do.',
        kind=name,
        family=model.family,
    )


def r_squared_table(model: FittedModel) -> Table:
    """Return all kinds of R-squared that exist for the fit, with a note on the others."""
    lacks = {name: _lack(model.fit, kind.needs) for name, kind in KINDS.items()}
    present = [name for name, lack in lacks.items() if not lack]
    frame = pd.DataFrame(
        {
            "r2": [KINDS[name].value(model.fit) for name in present],
            "meaning": [KINDS[name].meaning for name in present],
        },
        index=pd.Index(present, dtype=object),
    )
    reasons = dict.fromkeys(lack for lack in lacks.values() if lack)
    notes = [
        format_text(
            "No {kinds}: {reason}.", kinds=", ".join(n for n in lacks if lacks[n] == reason), reason=reason
        )
        for reason in reasons
    ]
    return Table(frame, "R-squared", notes=[*notes, *_null_note(model.fit)])


def _lack(fit: GLMFit, needs: str) -> str:
    """Return why a kind does not exist, in words; "" where it does."""
    family = fit.family
    if needs == "binary":
        return "" if family.response_kind == "binomial" else "it compares events with non-events"
    if needs and not family.has_likelihood:
        return f"the {family.name} family has no likelihood"
    if needs == "probability" and not family.discrete:
        return "the likelihood is a density, whose logarithm changes with the unit of the response"
    return ""


def _null_note(fit: GLMFit) -> list[str]:
    if np.isfinite(fit.null_deviance):
        return []
    return ["NA: the null model lies outside the range of the link."]
