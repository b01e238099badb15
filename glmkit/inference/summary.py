"""The summary: what was fitted, to which rows, and with what result.

Builds reports of full-precision numbers; how they look is decided in `glmkit.tables`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glmkit.errors import FitError
from glmkit.inference.anova import terms_table
from glmkit.inference.confidence import coefficient_columns, statistic_of
from glmkit.inference.estimate import Estimate
from glmkit.inference.likelihood import aic_of, bic_of, null_test
from glmkit.inference.nuisance import nuisance_facts
from glmkit.inference.protocols import AnyFit, AnyModel, single_predictor
from glmkit.inference.reference import statistic_name
from glmkit.inference.spread_note import at_given_dispersion
from glmkit.inference.tidy import ratios
from glmkit.inference.wald import check_level, joint_wald
from glmkit.tables.columns import Columns
from glmkit.tables.table import Fact, Report, Table, fact
from glmkit.tables.wording import format_text, interval_headings, statistic_headings

__all__ = ["Options", "short_report", "summary_report"]


class Options(NamedTuple):
    """What `Results.summary` was asked for."""

    exponentiate: bool = False
    level: float = 0.95
    ci: str = "wald"
    names: str | None = None
    stars: bool = False
    dispersion: float | None = None
    terms: bool = False


def summary_report(model: AnyModel, options: Options) -> Report:
    """Return the full report of a fit."""
    _check(options)
    estimate = _with_dispersion(model, options.dispersion)
    facts = [
        *_identity(model),
        *_rows(model),
        *_estimation(model),
        *_covariance(estimate),
        *_method(options.ci, model.fit.method),
    ]
    table = coefficient_table(model, estimate, options)
    return Report(
        _title(model),
        facts,
        {"coefficients": table}
        | ({"terms": terms_table(single_predictor(model, "terms=True"))} if options.terms else {}),
        footer=_goodness(model, options.dispersion),
        notes=model.notes if options.dispersion is None else at_given_dispersion(model.notes),
    )


def short_report(model: AnyModel) -> Report:
    """Return what a fit shows of itself: the call, coefficients, deviances."""
    table = coefficient_table(model, model.estimate, Options())
    frame = table.frame.drop(columns=["conf_low", "conf_high"])
    short = Table(frame, headings=statistic_headings(statistic_name(model.estimate.df)))
    goodness = [line for line in _goodness(model, None) if line.label in SHORT]
    facts = [*_identity(model), *_rows(model)[:1]]
    return Report(_title(model), facts, {"coefficients": short}, footer=goodness, notes=model.notes)


SHORT = ("Null deviance", "Residual deviance", "AIC")


def coefficient_table(model: AnyModel, estimate: Estimate, options: Options) -> Table:
    """Return the coefficient table as asked for: on the link scale, or as ratios."""
    columns = coefficient_columns(model, estimate, options.ci, options.level, options.dispersion)
    values = dict(columns.values)
    if estimate.small_sample is not None:
        values = (
            {name: values.pop(name) for name in ("estimate", "std_error")} | {"df": estimate.coef_df} | values
        )
    headings = statistic_headings(statistic_of(options.ci, estimate.df)) | interval_headings(options.level)
    title = "Coefficients"
    if options.exponentiate:
        values |= ratios(values)
        ratio = model.family.ratio_name
        headings |= {"estimate": ratio.capitalize() if ratio else "exp(Estimate)"}
        title = "Ratios" if ratio else "Exponentiated coefficients"
    labelled = Columns(values, model.coefficient_names(options.names))
    return Table(labelled, title, headings=headings, stars=options.stars)


def _title(model: AnyModel) -> str:
    return model.family.heading


def _identity(model: AnyModel) -> list[Fact]:
    frame = model.frame
    formula = "(a ready design matrix)" if frame.ready else frame.formula.text
    facts = [Fact("Formula", formula)]
    if frame.response.event is not None:
        what = "Modelled share" if frame.response.is_share else "Modelled event"
        facts.append(Fact(what, frame.response.event))
    levels = model.family.levels_text(frame.response.levels or ())
    if levels:
        facts.append(Fact("Levels", levels))
    return facts


def _rows(model: AnyModel) -> list[Fact]:
    rows, fit = model.frame.rows, model.fit
    template = "{used} used" if rows.all_used else "{used} used of {read}"
    parts = [format_text(template, used=rows.n_used, read=rows.n_read)]
    if rows.n_outside:
        parts.append(format_text("{count} outside the subset", count=rows.n_outside))
    if rows.n_dropped:
        columns = ", ".join(format_text("{name} {count}", name=n, count=c) for n, c in rows.dropped.items())
        parts.append(
            format_text("{count} dropped (missing: {columns})", count=rows.n_dropped, columns=columns)
        )
    facts = [Fact("Rows", "; ".join(parts))]
    if fit.nobs != rows.n_used:
        facts.append(fact("Observations", "{nobs} (rows of positive weight, by frequency)", nobs=fit.nobs))
    return facts


METHODS = {
    "firth": "mean bias reduction (Firth 1993)",
    "median": "median bias reduction (Kenne Pagui, Salvan and Sartori 2017)",
    "jeffreys": "likelihood penalised by Jeffreys' prior",
}


def _estimation(model: AnyModel) -> list[Fact]:
    return [Fact("Estimation", METHODS[model.fit.method])] if model.fit.method in METHODS else []


def _covariance(estimate: Estimate) -> list[Fact]:
    return [] if estimate.is_model_based else [Fact("Standard errors", estimate.label)]


def _method(ci: str, estimation: str) -> list[Fact]:
    """Return which test the statistics, p-values and intervals come from, where it is not Wald's."""
    texts = {
        "profile": "likelihood ratio (signed root) and profile likelihood",
        "score": "Rao's score test (signed root) and its inversion",
    }
    penalised = "penalised " if estimation != "ml" else ""
    return [Fact("Tests and intervals", penalised + texts[ci])] if ci in texts else []


def _goodness(model: AnyModel, dispersion: float | None) -> list[Fact]:
    fit = model.fit
    facts = [
        _dispersion_fact(fit, dispersion),
        *nuisance_facts(fit),
        fact("Null deviance", "{deviance} on {df} df", deviance=fit.null_deviance, df=fit.df_null),
        fact("Residual deviance", "{deviance} on {df} df", deviance=fit.deviance, df=fit.df_resid),
    ]
    return [
        *facts,
        *_against_the_null(fit, model.estimate, dispersion),
        fact("Log-likelihood", "{loglik}", loglik=fit.loglik),
        fact("AIC", "{aic}", aic=aic_of(fit)),
        fact("BIC", "{bic}", bic=bic_of(fit)),
        fact("Iterations", "{n_iter}{end}", n_iter=len(fit.trace), end=_end_of_the_iterations(fit)),
    ]


def _end_of_the_iterations(fit: AnyFit) -> str:
    """Return how the iterations ended, where not at a maximum inside the valid region."""
    if not fit.converged:
        return ", not converged"
    if fit.recession is not None:
        return " (stopped: estimates run to infinity)"
    return "" if fit.active is None else " (stopped: the maximum is on the boundary)"


def _dispersion_fact(fit: AnyFit, given: float | None) -> Fact:
    if given is not None:
        return fact("Dispersion", "{dispersion} (given)", dispersion=given)
    if fit.family.dispersion is not None:
        return fact("Dispersion", "{dispersion} (known)", dispersion=fit.dispersion)
    return fact(
        "Dispersion",
        "{dispersion} (Pearson chi-square / {df} df)",
        dispersion=fit.dispersion,
        df=fit.df_resid,
    )


def _against_the_null(fit: AnyFit, estimate: Estimate, dispersion: float | None) -> list[Fact]:
    if not fit.df_null > fit.df_resid:
        return []
    if not estimate.is_model_based:
        return [_wald_fact(fit, estimate)]
    # The deviances of bias-reduced fits are not minima: their difference is no LR statistic.
    return [_null_fact(fit, dispersion)] if fit.method == "ml" else []


def _wald_fact(fit: AnyFit, estimate: Estimate) -> Fact:
    """Return Wald's test under the covariance in use, as lmtest's waldtest has it."""
    try:
        test = joint_wald(estimate, fit.null_rows)
    except FitError:  # fewer clusters than coefficients
        return Fact("Against the null", "no joint Wald test: the covariance has not the rank")
    if test.name == "F":
        template = "Wald F = {statistic} on {df} and {df_resid} df, p = {p_value}"
    else:
        template = "Wald chi-square {statistic} on {df} df, p = {p_value}"
    return fact("Against the null", template, **(test._asdict() | {"df": float(test.df)}))


def _null_fact(fit: AnyFit, dispersion: float | None) -> Fact:
    test = null_test(fit, dispersion)
    held = f", {fit.family.nuisance_name} held" if fit.nuisance is not None else ""
    if test.name == "LR":
        template = "LR chi-square {statistic} on {df} df, p = {p_value}{held}"
    else:
        template = "F = {statistic} on {df} and {df_resid} df, p = {p_value}{held}"
    return fact("Against the null", template, **test._asdict(), held=held)


def _with_dispersion(model: AnyModel, dispersion: float | None) -> Estimate:
    """Return the estimate with another dispersion, normal as in R's ``summary(dispersion=)``."""
    if dispersion is None:
        return model.estimate
    if not (np.isfinite(dispersion) and dispersion > 0):
        raise FitError(
            f"dispersion={dispersion!r} is not a dispersion. Give a number above 0.", argument="dispersion"
        )
    if not model.estimate.is_model_based:
        raise FitError(
            f"The covariance in use ({model.estimate.label}) does not depend on the dispersion. "
            "Leave dispersion= out, or use the fit before with_vcov.",
            argument="dispersion",
        )
    covariance = model.estimate.covariance * (dispersion / model.fit.dispersion)
    return model.estimate.with_covariance(covariance, float("inf"), model.estimate.label)


def _check(options: Options) -> None:
    check_level(options.level)
    if options.terms and options.dispersion is not None:
        raise FitError(
            "terms=True tests with the dispersion of the fit, not with dispersion=. Ask for one of them.",
            argument="terms",
        )
    if options.names not in (None, "r", "label"):
        raise FitError(
            f'names={options.names!r} is not known. Choose None, "r" or "label".', argument="names"
        )
