"""The published glossary of columns: every word a table may use, and how it prints.

A column has a *kind*, which decides how its numbers become strings (``numbers.py``), and a
heading, which a table may replace (``z value`` for a statistic, ``2.5 %`` for a bound).
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

Kind: TypeAlias = Literal[
    "estimate",  # on the scale of its standard error; shares decimals with the next two
    "std_error",
    "bound",  # an end of an interval
    "statistic",
    "p",
    "df",
    "count",
    "tenths",  # an average or an expected count in a sentence
    "deviance",  # also information criteria and log-likelihoods
    "probability",
    "weight",
    "number",  # anything else that is measured
    "text",
]

KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
"""Every kind by its own name."""

COEFFICIENT_KINDS: frozenset[Kind] = frozenset({"estimate", "std_error", "bound"})
"""Kinds that share one number of decimals within a table."""


class Column(NamedTuple):
    """A word of the glossary: how its numbers print, its heading, and what it means."""

    name: str
    kind: Kind
    heading: str
    description: str


_COLUMNS: tuple[Column, ...] = (
    Column("term", "text", "Term", "the term or coefficient the row is about"),
    Column("contrast", "text", "Contrast", "what is compared: A - B, or A / B for a ratio"),
    Column("parameter", "text", "Parameter", "the coefficient or combination that is profiled"),
    Column("value", "number", "Value", "the value at which the parameter is held"),
    Column(
        "signed_root",
        "statistic",
        "Signed root",
        "signed root of the likelihood-ratio statistic of the value",
    ),
    Column("hypothesis", "text", "Hypothesis", "the hypothesis, as it was written"),
    Column("level", "text", "Level", "the level of the response the row is about"),
    Column("part", "text", "Part", "the part of the model the row belongs to"),
    Column("model", "text", "Model", "the model, by its formula or name"),
    Column("estimate", "estimate", "Estimate", "the estimate, on the scale the title names"),
    Column("std_error", "std_error", "Std. Error", "the standard error of the estimate"),
    Column("relativity", "estimate", "Relativity", "the mean of the level over that of the base level"),
    Column("exposure", "count", "Exposure", "what the rows of the level add up to: exposure, or rows"),
    Column("exposure_share", "probability", "Share", "the exposure of the level over that of all levels"),
    Column("statistic", "statistic", "Statistic", "the test statistic: z, t, F or chi-squared"),
    Column("p_value", "p", "p value", "the probability of a statistic at least as extreme under the null"),
    Column("bias", "bound", "Bias", "mean of the bootstrap replicates less the estimate"),
    Column("conf_low", "bound", "Lower", "the lower end of the confidence interval"),
    Column("conf_high", "bound", "Upper", "the upper end of the confidence interval"),
    Column("fit", "estimate", "Fit", "the prediction"),
    Column("se", "std_error", "Std. Error", "the standard error of the prediction"),
    Column("df", "df", "Df", "degrees of freedom of the row; parameters, where models are compared"),
    Column("df_resid", "df", "Resid. Df", "residual degrees of freedom"),
    Column("df_null", "df", "Null Df", "residual degrees of freedom of the null model"),
    Column("df_diff", "df", "Df diff.", "difference in parameters from the row above"),
    Column("deviance", "deviance", "Deviance", "the deviance, or the deviance a term accounts for"),
    Column("resid_deviance", "deviance", "Resid. Dev", "the deviance left after the term"),
    Column("null_deviance", "deviance", "Null Dev", "the deviance of the null model"),
    Column("pearson_chi2", "deviance", "Pearson chi2", "the sum of squared Pearson residuals"),
    Column("aic", "deviance", "AIC", "Akaike's information criterion"),
    Column("bic", "deviance", "BIC", "Schwarz's information criterion"),
    Column("criterion", "deviance", "Criterion", "-2 log-likelihood plus a price for each parameter"),
    Column("loglik", "deviance", "Log-lik.", "the log-likelihood"),
    Column("delta", "deviance", "Delta", "difference in the criterion from the best model"),
    Column("weight", "weight", "Weight", "the share of evidence for the model (Akaike weight)"),
    Column("nobs", "count", "N", "rows used, counted with their frequency weights"),
    Column("rank", "count", "Rank", "estimated coefficients"),
    Column("n_iter", "count", "Iterations", "iterations of the solver"),
    Column("dispersion", "number", "Dispersion", "the dispersion, known or estimated"),
    Column("family", "text", "Family", "the family of the fit"),
    Column("link", "text", "Link", "the link of the fit"),
    Column("covariance", "text", "Std. errors", "the covariance that the errors come from"),
    Column("aicc", "deviance", "AICc", "Akaike's criterion corrected for few rows"),
    Column("theta", "number", "Theta", "the size parameter of a negative binomial"),
    Column("theta_se", "number", "SE of theta", "the standard error of theta"),
    Column("gvif", "number", "GVIF", "the generalized variance inflation factor"),
    Column("gvif_scaled", "number", "GVIF^(1/(2 Df))", "GVIF on the scale of one coefficient"),
    Column("r2", "number", "R2", "the share of variation explained, of the kind the title names"),
    Column("meaning", "text", "Meaning", "what the number says"),
    Column("value", "number", "Value", "the number that the row names"),
    Column("ratio", "number", "Ratio", "observed over expected"),
    Column("hat", "number", "Hat", "the leverage of the row"),
    Column("cooks_distance", "number", "Cook's D", "Cook's distance"),
    Column("rstandard", "number", "Std. resid.", "the standardized residual"),
    Column("rstudent", "number", "Stud. resid.", "the residual studentized without its own row"),
    Column("dffits", "number", "DFFITS", "change in the row's own fit without it, in standard errors"),
    Column("covratio", "number", "Cov. ratio", "change in the determinant of the covariance without the row"),
    Column("fitted", "number", "Fitted", "the fitted mean"),
    Column("linear_predictor", "number", "Linear pred.", "the fitted value on the link scale"),
    Column("residual", "number", "Residual", "the residual, of the kind the title names"),
    Column("observed", "number", "Observed", "the observed count or sum"),
    Column("expected", "number", "Expected", "the count or sum the model expects"),
    Column("prob_low", "probability", "From", "the smallest fitted probability of the group"),
    Column("prob_high", "probability", "To", "the largest fitted probability of the group"),
    Column("prob", "probability", "Prob.", "a fitted or predicted probability"),
    Column("result", "text", "Result", "what was found"),
    Column("verdict", "text", "Verdict", "ok, look, act, or a dash where the question does not arise"),
    Column("advice", "text", "What to do", "the call to make next"),
    Column("level_of_confidence", "probability", "Level", "the level of an interval"),
)

GLOSSARY: dict[str, Column] = {column.name: column for column in _COLUMNS}
"""Every word by name; the reference page and a test are made from it."""


def kind_of(name: str, default: Kind) -> Kind:
    """Return the kind of a column, ``default`` for a word outside the glossary."""
    column = GLOSSARY.get(name)
    return default if column is None else column.kind


def heading_of(name: str) -> str:
    """Return the heading of a column; a word outside the glossary is its own heading."""
    column = GLOSSARY.get(name)
    return name if column is None else column.heading
