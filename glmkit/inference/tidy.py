"""The numbers of a fit as plain data frames, in the columns broom made known.

References
----------
Robinson, D. (2014). broom: An R package for converting statistical analysis objects into
tidy data frames. arXiv:1412.3565.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.fitting.glm import GLMFit
from glmkit.inference.confidence import coefficient_frame
from glmkit.inference.estimate import Estimate
from glmkit.inference.influence import hat_values
from glmkit.inference.likelihood import aic_of, bic_of
from glmkit.inference.protocols import AnyFit, AnyModel, FittedModel
from glmkit.inference.residuals import residuals_of
from glmkit.inference.wald import check_level

__all__ = ["augment", "exponentiated", "glance", "ratios", "tidy", "trace_frame", "working_frame"]


def tidy(model: AnyModel, level: float, exponentiate: bool, ci: str) -> pd.DataFrame:
    """Return one row per coefficient, aliased ones included with nan."""
    table = coefficient_frame(model, model.estimate, ci, check_level(level))
    table = exponentiated(table) if exponentiate else table
    names = [*table.index.names[:-1], "term"]  # a component stands before the term
    return table.rename_axis(names).reset_index()


def exponentiated(table: pd.DataFrame) -> pd.DataFrame:
    """Return a coefficient table with its `ratios`."""
    return table.assign(**ratios(table))


def ratios(table: Mapping[str, Array] | pd.DataFrame) -> dict[str, Array]:
    """Return the columns of a coefficient table with exp of the estimate and of the ends of its interval.

    Standard errors become those of exp(estimate) by the delta method, exp(b) se(b);
    statistic and p-value stay those of the coefficient.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # a huge coefficient: its ratio is inf
        ratio = np.exp(table["estimate"])
        return {
            "estimate": ratio,
            "std_error": ratio * table["std_error"],
            "conf_low": np.exp(table["conf_low"]),
            "conf_high": np.exp(table["conf_high"]),
        }


def glance(model: AnyModel) -> pd.DataFrame:
    """Return one row for the model."""
    fit = model.fit
    row = {
        "nobs": fit.nobs,
        "rank": fit.rank,
        "df_resid": fit.df_resid,
        "df_null": fit.df_null,
        "deviance": fit.deviance,
        "null_deviance": fit.null_deviance,
        "loglik": fit.loglik,
        "aic": aic_of(fit),
        "bic": bic_of(fit),
        "dispersion": fit.dispersion,
        "pearson_chi2": fit.pearson_chi2,
        "converged": fit.converged,
        "n_iter": len(fit.trace),
    }
    return pd.DataFrame([row])


def augment(model: FittedModel) -> pd.DataFrame:
    """Return one row per row used: the response and what the fit makes of it."""
    fit = model.fit
    columns = {
        "response": fit.problem.y,
        "fitted": fit.mean.mu,
        "linear_predictor": fit.eta,
        "residual": residuals_of(fit, "deviance"),
        "pearson": residuals_of(fit, "pearson"),
        "hat": hat_values(fit),
    }
    return pd.DataFrame(columns, index=model.frame.rows.labels)


def trace_frame(fit: AnyFit, estimate: Estimate) -> pd.DataFrame:
    """Return the iterations: deviance, step in standard errors, halvings and coefficients."""
    kept = estimate.names[estimate.kept]
    names = kept if kept.nlevels == 1 else pd.Index([":".join(pair) for pair in kept], dtype=object)
    coefficients = np.array([estimate.centring.to_original(line.coef) for line in fit.trace])
    coefficients = coefficients.reshape(len(fit.trace), len(names))
    head = pd.DataFrame(
        {
            "deviance": [line.deviance for line in fit.trace],
            "step": [line.step for line in fit.trace],
            "halvings": [line.halvings for line in fit.trace],
        }
    )
    frame = pd.concat([head, pd.DataFrame(coefficients, columns=names)], axis=1)
    return frame.set_axis(pd.Index([line.iteration for line in fit.trace], name="iteration"), axis="index")


def working_frame(fit: GLMFit, labels: pd.Index) -> pd.DataFrame:
    """Return linear predictor, working response and working weight by iteration and row.

    Computed again from the coefficients of the trace: O(n p) an iteration, nothing is stored.
    """
    parts = {line.iteration: _working(fit, line.coef, labels) for line in fit.trace}
    return pd.concat(parts, names=["iteration", labels.name])


def _working(fit: GLMFit, gamma: Array, labels: pd.Index) -> pd.DataFrame:
    problem, family = fit.problem, fit.family
    eta = fit.independence.design.dot(gamma) + problem.added
    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        mean = family.mean(eta)
        weight = problem.weights * family.working_weight(mean)
        response = eta + family.working_residual(problem.y, mean)
    counted = problem.weights > 0
    columns = {
        "linear_predictor": eta,
        "working_response": np.where(counted, response, np.nan),
        "working_weight": np.where(counted, weight, 0.0),
    }
    return pd.DataFrame(columns, index=labels)
