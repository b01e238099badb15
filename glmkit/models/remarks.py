"""What has to be said of a fit: each remark once as a warning, and again in the summary."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from math import isfinite

import numpy as np

from glmkit._typing import BoolArray
from glmkit.errors import (
    BoundaryWarning,
    ConvergenceWarning,
    DroppedRowsWarning,
    FitError,
    GlmkitWarning,
    SeparationWarning,
)
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.scoring import Control
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.rows import row_list
from glmkit.inference.estimate import Estimate
from glmkit.inference.likelihood import Spread, overdispersion
from glmkit.inference.spread_note import spread_note
from glmkit.models.column_remarks import lost_by_weight, of_columns
from glmkit.models.remark import Remark
from glmkit.numerics.vectors import all_positive
from glmkit.tables.numbers import format_value
from glmkit.tables.wording import format_text, join_names

__all__ = [
    "Remark",
    "boundary_of",
    "not_converged",
    "of_likelihood",
    "of_the_means",
    "of_the_null",
    "of_the_range",
    "of_the_spread",
    "remarks_of",
    "say",
    "separation",
]

# Pearson's chi-square over its df from which overdispersion is worth a word, together
# with a tail area that chance does not explain.
OVERDISPERSED = 1.5
OVERDISPERSED_P = 0.01
NAMED = 5
# A deviance below this share of that without terms is rounding: residuals of 1e-10 of the spread.
EXACT = 1e-20
# Residuals this far below the responses are rounding.
ROUNDING = 1e-8


def remarks_of(frame: ModelFrame, fit: GLMFit, estimate: Estimate) -> tuple[Remark, ...]:
    """Return all there is to say of a fit, in the order of the way of the data."""
    return (
        *of_rows(frame),
        *_of_the_response(fit),
        *of_columns(frame, fit, lost_by_weight(fit)),
        *_of_the_end(frame, fit, estimate),
        *of_the_null(fit.null_deviance),
        *of_the_range(frame, fit, estimate, _has_residuals),
        *_of_the_unweighted(frame, fit),
        *_of_an_exact_fit(fit),
        *_of_the_spread(fit),
    )


def say(remarks: tuple[Remark, ...], control: Control, stacklevel: int) -> None:
    """Give the warnings; raise where ``control.on_failure`` asks for it.

    Raises
    ------
    FitError
        ``on_failure="raise"`` and the fit did not converge or ends at a boundary.
    """
    for remark in remarks:
        if remark.category is None:
            continue
        failed = issubclass(remark.category, (ConvergenceWarning, BoundaryWarning, SeparationWarning))
        if failed and control.on_failure == "raise":
            raise FitError(remark.text, **remark.facts)
        warnings.warn(remark.category(remark.text, **remark.facts), stacklevel=stacklevel)


def of_rows(frame: ModelFrame) -> list[Remark]:
    remarks = []
    sentence = frame.rows.sentence()
    if sentence:
        facts: dict[str, object] = {"columns": dict(frame.rows.dropped), "rows": frame.rows.n_dropped}
        remarks.append(Remark(sentence, DroppedRowsWarning, facts))
    return remarks + [Remark(note) for note in frame.notes]


def _of_the_response(fit: GLMFit) -> list[Remark]:
    problem = fit.problem
    return of_likelihood(fit, fit.family.likelihood_note(problem.y, problem.prior, problem.trials))


def of_likelihood(fit: GLMFit, note: str | None) -> list[Remark]:
    """Return the remark on how far the likelihood can be read."""
    if note is None:
        return []
    # A quasi family never has a likelihood: that is no surprise worth a warning.
    return [Remark(note, GlmkitWarning if fit.family.has_likelihood else None)]


def _of_the_end(frame: ModelFrame, fit: GLMFit, estimate: Estimate) -> list[Remark]:
    edge = fit.family.edge_note()
    remarks = (
        []
        if edge is None
        else [Remark(edge, BoundaryWarning, {fit.family.nuisance_name: fit.family.nuisance_value})]
    )
    if fit.recession is not None:
        rows = frame.rows.labels[fit.recession.separated]
        return [separation(frame, fit, estimate, list(rows), f"labels {join_names(rows)}"), *remarks]
    if fit.active is not None:
        return [_boundary(frame, fit), *remarks]
    return remarks if fit.converged else [not_converged(fit), *remarks]


def not_converged(fit: GLMFit) -> Remark:
    """Return why the iterations ended without an estimate."""
    last = fit.trace[-1].step
    facts: dict[str, object] = {"iterations": len(fit.trace), "step": last}
    if fit.method != "ml" and fit.reason == "stuck":
        text = format_text(
            "The adjusted score could not be made zero: the last step was {estimate} standard errors. The data leave "
            'the bias-reduced estimate all but undetermined; try method="jeffreys", or drop terms.',
            estimate=last,
        )
        return Remark(text, ConvergenceWarning, facts)
    if fit.reason == "stuck":
        text = (
            "The iterations stopped at the edge of the valid region, and no maximum was found there. "
            "Choose a link whose means stay in range, or give start=."
        )
        return Remark(text, ConvergenceWarning, facts)
    if fit.reason == "lost":
        text = (
            "The iterations were lost: the model without terms has the smaller deviance, "
            f"{format_value(fit.null_deviance)}. "
            "Offsets, columns or weights of the rows are so far apart that the smaller ones do not count in double "
            "precision. Rescale them, drop the rows that stand out, or give start=."
        )
        return Remark(text, ConvergenceWarning, facts)
    if fit.reason == "nuisance":
        text = (
            f"The estimation of {fit.family.nuisance_name} did not converge. Give it a value, or look for rows "
            "that the model cannot explain."
        )
        return Remark(text, ConvergenceWarning, facts)
    text = format_text(
        "The iterations did not converge: after {count} the last step was {estimate} standard errors. "
        "Raise Control(max_iter=), give start=, or look for a wrong link.",
        count=len(fit.trace),
        estimate=last,
    )
    return Remark(text, ConvergenceWarning, facts)


def separation(
    frame: ModelFrame,
    fit: GLMFit,
    estimate: Estimate,
    rows: list[object],
    named: str,
    count: int | None = None,
) -> Remark:
    """Return which estimates are infinite, and which rows are fitted perfectly.

    Parameters
    ----------
    frame, fit, estimate
    rows : list
        Labels of the separated rows, or of the first of them.
    named : str
        These in words.
    count : int, optional
        How many there are, where not all are given.
    """
    coef = estimate.coef[fit.kept]
    names = [frame.names[j].name for j in fit.kept]
    ends = {name: float(value) for name, value in zip(names, coef, strict=True) if not np.isfinite(value)}
    said = [f"{name} = {'NA' if np.isnan(end) else format_value(end)}" for name, end in ends.items()]
    paths = " NA: the limit depends on the path taken." if any(np.isnan(end) for end in ends.values()) else ""
    text = (
        "Separation: the maximum likelihood estimate does not exist, the likelihood rises for ever as the "
        f"coefficients go to {join_names(said)}.{paths} It fits {count or len(rows)} rows perfectly "
        f"({named}); the deviance, the fitted values and the finite coefficients shown are the "
        'limits. Merge or drop the levels concerned, collect more data, or use method="firth", whose estimates are '
        "finite."
    )
    return Remark(text, SeparationWarning, {"columns": list(ends), "rows": rows, "limits": ends})


def _boundary(frame: ModelFrame, fit: GLMFit) -> Remark:
    assert fit.active is not None
    rows = frame.rows.labels[fit.active]
    count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    text = (
        f"The maximum lies on the boundary of the valid region, in {count} (label {join_names(rows)}) "
        f"whose fitted mean is an end of the range of the {fit.family.name} family. Standard errors hold with these "
        "rows fixed there; tests and intervals are doubtful. Choose a link whose means stay in range."
    )
    return Remark(text, BoundaryWarning, {"rows": list(rows)})


def of_the_range(
    frame: ModelFrame, fit: GLMFit, estimate: Estimate, misses: Callable[[GLMFit], bool]
) -> list[Remark]:
    """Say what left the range of double precision numbers, or could not be computed, where nothing else does."""
    lost = [name for name in ("deviance", "pearson_chi2", "dispersion") if not isfinite(getattr(fit, name))]
    if fit.dispersion == 0.0 and fit.family.dispersion is None and misses(fit):
        lost = ["dispersion", "pearson_chi2"]
    unsure = np.isfinite(estimate.coef) & ~np.isfinite(estimate.std_error)
    names = [frame.names[j].name for j in np.flatnonzero(unsure)]
    if fit.df_resid <= 0:  # nothing to estimate them from, which is said elsewhere
        lost, names = [name for name in lost if name != "dispersion"], []
    if not (lost or names):
        return []
    return [beyond_doubles(lost, names)]


def beyond_doubles(lost: list[str], names: Sequence[str] = ()) -> Remark:
    """Say which results, and standard errors of which columns, are not to be had in double precision."""
    what = [
        *(name.replace("_", " ") for name in lost),
        *(f"standard error of {name}" for name in names[:NAMED]),
    ]
    text = (
        f"Not to be had in double precision: {join_names(what)}. The responses or the columns span too many orders of "
        "magnitude for the family. Rescale them, drop the rows that stand out, or choose another family or link."
    )
    return Remark(text, ConvergenceWarning, {"columns": list(names), "values": lost})


def _of_an_exact_fit(fit: GLMFit) -> list[Remark]:
    """Say that nothing is left to estimate a dispersion from, where it has to be estimated."""
    exact = fit.family.dispersion is None and fit.df_resid > 0 and fit.deviance <= EXACT * fit.null_deviance
    if not exact or fit.recession is not None or not fit.converged or _has_residuals(fit):
        return []
    return [
        Remark(
            "Every response is fitted exactly: the dispersion is 0 or rounding, and so are standard errors, tests and "
            "criteria. Look for a term that repeats the response."
        )
    ]


def _has_residuals(fit: GLMFit) -> bool:
    """Return whether rows that count miss their means by more than rounding."""
    y, mean = fit.problem.y[fit.problem.weights > 0], fit.mean.mu[fit.problem.weights > 0]
    return bool(np.any(np.abs(y - mean) > ROUNDING * np.max(np.abs(y), initial=0.0)))


def _of_the_unweighted(frame: ModelFrame, fit: GLMFit) -> list[Remark]:
    if all_positive(fit.problem.weights):
        return []
    return of_the_means(frame, np.isfinite(fit.mean.mu))


def of_the_means(frame: ModelFrame, finite: BoolArray) -> list[Remark]:
    """Say which rows have a fitted mean that is no number: those that count always have one."""
    if np.all(finite):
        return []
    text = (
        f"Not to be had in double precision: the fitted mean of {row_list(frame.rows.labels, ~finite)} of zero weight, "
        "whose offset or columns lie far from those of the rows that count. Leave these rows out, or correct them."
    )
    return [Remark(text)]


def of_the_null(deviance: float) -> list[Remark]:
    """Return the remark on a null model that does not exist."""
    if np.isfinite(deviance):
        return []
    text = (
        "The model without terms has no maximum inside the range of the family and link, so the null deviance and the "
        "test against it are NaN."
    )
    return [Remark(text)]


def _of_the_spread(fit: GLMFit) -> list[Remark]:
    if fit.pearson_chi2 <= OVERDISPERSED * fit.df_resid:  # no need to ask further
        return []
    return of_the_spread(fit, overdispersion(fit))


def of_the_spread(fit: GLMFit, test: Spread | None) -> list[Remark]:
    """Return the remark on overdispersion, where there is any to speak of."""
    if test is None or not (test.ratio > OVERDISPERSED and test.p_value < OVERDISPERSED_P):
        return []
    return [Remark(spread_note(fit, test), None, {"ratio": test.ratio})]


def boundary_of(remarks: tuple[Remark, ...]) -> bool:
    """Return whether the fit ended at a boundary."""
    return any(remark.category is BoundaryWarning for remark in remarks)
