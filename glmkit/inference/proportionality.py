"""The test of proportional odds: whether the slopes are the same at every threshold.

A term's coefficients are given to each threshold anew, eta_k = zeta_k - x'b_k, and the
larger model is compared with the fit: by its maximum (likelihood ratio), or by the score of
the larger likelihood at the fit, s'I^-1 s with the expected information, which needs no
further fit (Peterson & Harrell 1990; mathematics.md, equation 22.6).

References
----------
Peterson, B. and Harrell, F. E. (1990). Partial proportional odds models for ordinal
response variables. Journal of the Royal Statistical Society C 39, 205-217.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.fitting.components import Component, ComponentObjective, stacked_gram, stacked_tdot
from glmkit.fitting.scoring import fisher_scoring
from glmkit.fitting.starting import Start
from glmkit.inference.component_anova import terms_of_components
from glmkit.inference.components import ComponentModel, component_slots
from glmkit.inference.reference import chi_square_tail
from glmkit.inference.refit import in_doubles
from glmkit.numerics.factor import cholesky_factor
from glmkit.tables.table import Table
from glmkit.tables.wording import statistic_headings

__all__ = ["proportionality_test"]

# The last step, in standard errors, from which the larger model's deviance is known to 1e-8.
SETTLED = 1e-4


def proportionality_test(model: ComponentModel, test: str) -> Table:
    """Return the test of equal slopes for each term, and for all of them.

    Raises
    ------
    FitError
        Unknown test; the family has no slopes that the thresholds share, or only one
        threshold; a separated fit.
    """
    if test not in ("LRT", "score"):
        raise FitError(f'test={test!r} is not known. Choose "LRT" or "score".', argument="test")
    slots = component_slots(model.frame, model.family)
    thresholds = sum(slot.columns is None for slot in slots)
    if slots[0].spec.columns != "slopes" or thresholds < 2:
        raise FitError(
            f"{model.family!r} with {thresholds} thresholds has no slopes that several thresholds share. "
            "The test is for gk.Cumulative() and three levels or more."
        )
    if model.fit.recession is not None or not model.estimate.is_model_based:
        raise FitError("The test of proportional odds needs a finite fit with its model-based covariance.")
    compare = _likelihood_ratio if test == "LRT" else _score
    terms = terms_of_components(model)
    groups = {term.label: term.columns for term in terms}
    if len(terms) > 1:
        groups["All terms"] = np.concatenate([term.columns for term in terms])
    with in_doubles(model.family):
        rows = [compare(model, _fitted_positions(model, columns)) for columns in groups.values()]
    table = pd.DataFrame(
        {
            "df": [df for df, _ in rows],
            "statistic": [statistic for _, statistic in rows],
            "p_value": [chi_square_tail(statistic, df) for df, statistic in rows],
        },
        index=pd.Index(list(groups), dtype=object),
    )
    title = "Equal slopes at every threshold"
    return Table(table, title, headings=statistic_headings(test))


def _fitted_positions(model: ComponentModel, columns: IntArray) -> IntArray:
    """Return where coefficients stand among the estimated ones."""
    return np.flatnonzero(np.isin(model.estimate.kept, columns))


def _apart(model: ComponentModel, columns: IntArray) -> tuple[ComponentObjective, Array]:
    """Return the objective with slopes of `columns` at each threshold, and the fit's coefficients in it."""
    fit = model.fit
    slopes, *thresholds = fit.independence.components
    rest = np.setdiff1d(np.arange(slopes.width), columns)
    k = len(slopes.pattern)
    design = slopes.design.take(columns)
    split = [Component(design, slopes.pattern * unit) for unit in np.eye(k)]
    components = (replace(slopes, design=slopes.design.take(rest), absorbed=False), *split, *thresholds)
    start = np.concatenate([fit.gamma[rest], np.tile(fit.gamma[columns], k), fit.gamma[slopes.width :]])
    problem = fit.problem
    return ComponentObjective(model.family, components, problem.y, problem.weights, problem.offset), start


def _likelihood_ratio(model: ComponentModel, columns: IntArray) -> tuple[float, float]:
    objective, start = _apart(model, columns)
    solution = fisher_scoring(objective, Start(objective.at(start)), model.control)
    df = float(len(start) - len(model.fit.gamma))
    statistic = max(model.fit.deviance - solution.point.merit, 0.0)
    # Slopes of their own may separate levels: the deviance then is the limit's, to the square of the last step.
    settled = solution.converged or solution.trace[-1].step <= SETTLED
    return df, statistic if settled else float("nan")


def _score(model: ComponentModel, columns: IntArray) -> tuple[float, float]:
    objective, start = _apart(model, columns)
    eta, weights = objective.at(start).eta, objective.weights
    expected = model.family.expected_curvature(objective.y, eta)
    score = stacked_tdot(objective.components, weights[:, None] * model.family.gradient(objective.y, eta))
    factor = cholesky_factor(stacked_gram(objective.components, weights[:, None, None] * expected))
    df = float(len(start) - len(model.fit.gamma))
    return df, float("nan") if factor is None else float(score @ factor.solve(score))
