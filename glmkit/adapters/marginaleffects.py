"""A fit as a model of the Python package ``marginaleffects``.

That package has a licence of its own (GPL) and is no dependency: it is imported when
`to_marginaleffects` is called. Slopes, comparisons and predictions are then computed by it, from
the fit's formula, coefficients and covariance in use.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.frame.newframe import new_frame
from glmkit.frame.values import Factor, Logical, Matrix, level_text
from glmkit.inference.effects.counterfactual import column_values, levels_of
from glmkit.inference.emmeans.grid import enters_as_factor, used_value
from glmkit.models.results import Results

__all__ = ["to_marginaleffects"]


def to_marginaleffects(fit: Results) -> Any:
    """Return a fit as a model that the functions of ``marginaleffects`` take.

    Parameters
    ----------
    fit : Results
        Fitted from a formula, without aliased or infinite coefficients; offsets in the
        formula or given as a column or expression.

    Raises
    ------
    FitError
        The fit cannot be handed over.
    ImportError
        The package is not installed.

    Notes
    -----
    Its gradients are one-sided differences in each coefficient. They are given the tangent, so that
    standard errors of predictions and comparisons agree with ours to 1e-6; for slopes give
    ``eps_vcov=1e-3``, or rounding leaves 2e-3.

    Examples
    --------
    >>> import glmkit as gk
    >>> from glmkit.adapters.marginaleffects import to_marginaleffects
    >>> fit = gk.glm("breaks ~ wool * tension", gk.load_dataset("warpbreaks"), "poisson")
    >>> model = to_marginaleffects(fit)  # doctest: +SKIP
    >>> marginaleffects.avg_slopes(model)  # doctest: +SKIP
    """
    _check(fit)
    import polars as pl
    from marginaleffects.classes.model import ModelAbstract, ModelVault

    class Model(ModelAbstract):  # type: ignore[misc]
        """A glmkit fit; the last column of its design is the offset."""

        def get_exog(self, newdata: Any) -> Array:
            return design_with_offset(fit, newdata)

        def get_predict(self, params: Array, newdata: Array) -> Any:
            mean = means_at(fit, np.asarray(params, dtype=np.float64), np.asarray(newdata, dtype=np.float64))
            return pl.DataFrame({"rowid": np.arange(len(mean), dtype=np.int32), "estimate": mean})

        def get_vcov(self, vcov: bool = True) -> Array | None:
            return fit.vcov().to_numpy() if vcov is True else None

        def find_response(self) -> str:
            return fit.frame.formula.response or ""

        def find_predictors(self) -> list[str]:
            return list(fit.frame.coding.variables)

    data = {
        name: pl.Series(name, values, dtype=None if levels is None else pl.Enum(levels))
        for name, (values, levels) in used_columns(fit).items()
    }
    types = {name: variable_type(fit, name) for name in fit.frame.coding.variables}
    vault = ModelVault(
        coef=fit.coef.to_numpy(),
        coefnames=fit.coef.index.to_numpy(),
        formula=fit.formula,
        modeldata=pl.DataFrame(data),
        package="glmkit",
        vcov=fit.vcov().to_numpy(),
        variables_type=types,
        variable_names=list(types),
    )
    model = Model(SimpleNamespace(df_resid=fit.estimate.df), vault)
    for name in types.keys() - model.get_variable_type().keys():
        model.set_variable_type(name, types[name])  # it does not read names inside poly(x, 2)
    return model


def _check(fit: object) -> None:
    if not isinstance(fit, Results):
        raise FitError("Only a fit with one linear predictor a row can be handed over.")
    if fit.frame.ready:
        raise FitError("A fit to a ready design matrix has no variables to change. Fit from a formula.")
    if not np.all(np.isfinite(fit.estimate.coef)):
        raise FitError("Aliased or infinite coefficients cannot be handed over. Drop the terms first.")
    for argument in ("offset", "exposure"):
        given = getattr(fit.frame.arguments, argument)
        if given is not None and not isinstance(given, str):
            raise FitError(f"{argument}= was given as values. Fit with a column or an expression instead.")


def design_with_offset(fit: Results, newdata: Any) -> Array:
    """Return the columns of new data with their offset as the last, (n, p + 1)."""
    columns = {name: list(newdata[name]) for name in newdata.columns}
    for name in fit.frame.coding.variables:
        if grouped_numbers(fit, name) and isinstance(columns[name][0], str):
            columns[name] = [float(text) for text in columns[name]]
    new = new_frame(fit.frame, columns)
    offset = np.zeros(new.n) if new.offset is None else new.offset
    return np.column_stack([new.design.dense(), offset])


def means_at(fit: Results, params: Array, design: Array) -> Array:
    """Return the mean of each row of a design with offset, (n,), at any coefficients.

    Where one coefficient alone differs from the estimate the package is differentiating: it
    then sees the tangent, of which a one-sided difference of any step is exact.
    """
    coef = fit.estimate.coef
    moved = np.flatnonzero(params != coef)
    at = coef if len(moved) == 1 else params
    mean = fit.family.mean(design[:, :-1] @ at + design[:, -1])
    if len(moved) != 1:
        return np.asarray(mean.mu)
    return np.asarray(mean.mu + mean.dmu * design[:, moved[0]] * (params - coef)[moved[0]])


def used_columns(fit: Results) -> dict[str, tuple[list[object], list[str] | None]]:
    """Return the columns of the rows used with their levels; numbers that enter as a factor as text."""
    columns: dict[str, tuple[list[object], list[str] | None]] = {}
    for name in fit.frame.source:
        value = used_value(fit.frame, name)
        if isinstance(value, Matrix):
            continue
        values = column_values(value, name)
        if isinstance(value, Factor) or grouped_numbers(fit, name):
            levels = [level_text(level) for level in levels_of(value)]
            columns[name] = [None if v is None else level_text(v) for v in values], levels
        else:
            columns[name] = values, None
    return columns


def grouped_numbers(fit: Results, name: str) -> bool:
    """Return whether a variable holds numbers, and the formula takes them as labels."""
    variable = fit.frame.coding.variables.get(name)
    return variable is not None and variable.kind == "number" and enters_as_factor(fit.frame, name)


def variable_type(fit: Results, name: str) -> str:
    """Return what a variable is in the words of ``marginaleffects``."""
    if isinstance(used_value(fit.frame, name), Logical):
        return "boolean"
    return "character" if enters_as_factor(fit.frame, name) else "numeric"
