"""Which interval is meant, and the interval: Wald, profile likelihood, score or bootstrap."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from glmkit.errors import FitError
from glmkit.inference import bootstrap, profiling, wald
from glmkit.inference.estimate import Estimate
from glmkit.inference.likelihood import has_ratios
from glmkit.inference.profiling import Reference
from glmkit.inference.protocols import AnyModel, FittedModel, single_predictor
from glmkit.inference.reference import statistic_name, two_sided
from glmkit.tables.columns import Columns

__all__ = [
    "TABULATED",
    "Drawing",
    "coefficient_columns",
    "coefficient_frame",
    "confint",
    "reference_of",
    "statistic_of",
]

METHODS = ("profile", "wald", "score", "boot")
# Those with a test to go beside the interval.
TABULATED = ("wald", "profile", "score")


class Drawing(NamedTuple):
    """How a bootstrap interval draws its data."""

    n: int = 999
    kind: str = "case"
    seed: object = None
    cluster: object = None


def method_of(model: FittedModel, method: str | None) -> str:
    """Return the method asked for; by default "profile", and "wald" where there is no likelihood to profile.

    That is under a robust covariance, and for bias reduction by an adjusted score alone.
    """
    if method is None:
        return "profile" if model.estimate.is_model_based and has_ratios(model.fit) else "wald"
    if method not in METHODS:
        named = ", ".join(f'"{known}"' for known in METHODS)
        raise FitError(
            f"method={method!r} is not an interval. Choose one of: {named}.", argument="method", value=method
        )
    return method


def reference_of(model: FittedModel, df: float | None = None) -> Reference:
    """Return the dispersion and degrees of freedom that go with the p-values of the fit."""
    return Reference(model.fit.dispersion, model.estimate.df if df is None else float(df))


def coefficient_frame(model: AnyModel, estimate: Estimate, ci: str, level: float) -> pd.DataFrame:
    """Return `coefficient_columns` as a DataFrame."""
    return coefficient_columns(model, estimate, ci, level).frame()


def coefficient_columns(
    model: AnyModel, estimate: Estimate, ci: str, level: float, dispersion: float | None = None
) -> Columns:
    """Return the coefficient table with the interval, statistic and p-value of one method.

    Parameters
    ----------
    model : AnyModel
    estimate : Estimate
        Of the model, perhaps at another dispersion.
    ci : {"wald", "profile", "score"}
    level : float
    dispersion : float, optional
        In place of the model's.
    """
    if ci not in TABULATED:
        named = ", ".join(f'"{known}"' for known in TABULATED)
        cure = ' Bootstrap intervals have no p-value to go with: use confint("boot").' if ci == "boot" else ""
        raise FitError(f"ci={ci!r} is not known. Choose one of: {named}.{cure}", argument="ci", value=ci)
    columns = wald.coefficient_columns(estimate, level)
    if ci == "wald":
        return columns
    reference = Reference(model.fit.dispersion if dispersion is None else dispersion, estimate.df)
    single = single_predictor(model, f'ci="{ci}"')
    ends = profiling.intervals(single, ci, level, reference)
    statistic = profiling.signed_roots(single, ci, reference)
    return columns.having(
        statistic=statistic,
        p_value=two_sided(statistic, estimate.df),
        conf_low=ends[:, 0],
        conf_high=ends[:, 1],
    )


def statistic_of(ci: str, df: float) -> str:
    """Return what the statistic beside an interval is called, as `statistic_headings` knows it."""
    name = statistic_name(df)
    return {"wald": name, "profile": f"LR {name}", "score": f"Score {name}"}[ci]


def confint(
    model: FittedModel, method: str | None, level: float, df: float | None, drawing: Drawing
) -> pd.DataFrame:
    """Return intervals for the coefficients, columns ``conf_low conf_high``."""
    level, method = wald.check_level(level), method_of(model, method)
    if method == "wald":
        return wald.confint(model.estimate, level, df)
    if method == "boot":
        _check_no_df(df)
        return bootstrap.bootstrap(
            model, drawing.n, drawing.kind, seed=drawing.seed, cluster=drawing.cluster
        ).confint(level=level)
    ends = profiling.intervals(model, method, level, reference_of(model, df))
    return pd.DataFrame(ends, index=model.estimate.names, columns=["conf_low", "conf_high"])


def _check_no_df(df: float | None) -> None:
    if df is not None:
        raise FitError(
            "A bootstrap interval is made of quantiles of the replicates and has no df. Leave df= out.",
            argument="df",
        )
