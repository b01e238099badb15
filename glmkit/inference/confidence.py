"""Which interval is meant, and the interval: Wald, profile likelihood, score or bootstrap."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from glmkit.errors import FitError
from glmkit.inference import bootstrap, profiling, wald
from glmkit.inference.profiling import Reference
from glmkit.inference.protocols import FittedModel

__all__ = ["METHODS", "Drawing", "confint", "method_of", "reference_of"]

METHODS = ("profile", "wald", "score", "boot")


class Drawing(NamedTuple):
    """How a bootstrap interval draws its data."""

    n: int = 999
    kind: str = "case"
    seed: object = None
    cluster: object = None


def method_of(model: FittedModel, method: str | None, among: tuple[str, ...] = METHODS) -> str:
    """Return the method asked for; by default "profile", and "wald" under a robust covariance."""
    if method is None:
        return "profile" if model.estimate.is_model_based else "wald"
    if method not in among:
        named = ", ".join(f'"{known}"' for known in among)
        raise FitError(
            f"method={method!r} is not an interval. Choose one of: {named}.", argument="method", value=method
        )
    return method


def reference_of(model: FittedModel, df: float | None = None) -> Reference:
    """Return the dispersion and degrees of freedom that go with the p-values of the fit."""
    return Reference(model.fit.dispersion, model.estimate.df if df is None else float(df))


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
