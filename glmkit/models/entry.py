"""The entry points: `glm` from a formula, `glm_fit` from arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.backends.chunks import Chunks
from glmkit.families.registry import FamilyLike, family_from
from glmkit.fitting.scoring import Control
from glmkit.frame.arguments import RowArguments
from glmkit.frame.arrays import array_frame
from glmkit.frame.modelframe import model_frame
from glmkit.models.checks import check_exposure
from glmkit.models.chunked import Asked, fit_chunks
from glmkit.models.component_fitting import check_component_exposure, fit_component_frame
from glmkit.models.component_results import ComponentResults
from glmkit.models.fitting import fit_frame
from glmkit.models.results import Results

__all__ = ["glm", "glm_fit"]


class _Kind(NamedTuple):
    """What a family's kind of model is made with."""

    check_exposure: Callable[..., None]
    fit: Callable[..., tuple[Any, ...]]
    results: type[Results]


# By the family's `model_kind`: how many linear predictors a row has.
KINDS: Final = {
    "glm": _Kind(check_exposure, fit_frame, Results),
    "components": _Kind(check_component_exposure, fit_component_frame, ComponentResults),
}


def glm(
    formula: str,
    data: object,
    family: FamilyLike = "gaussian",
    *,
    weights: object = None,
    freq_weights: object = None,
    offset: object = None,
    exposure: object = None,
    subset: object = None,
    na_action: str = "omit",
    contrasts: Mapping[str, object] | str | None = None,
    start: Mapping[str, float] | pd.Series | Array | None = None,
    method: str = "ml",
    context: Mapping[str, object] | None = None,
    control: Control = Control(),  # noqa: B008  (frozen)
) -> Results:
    """Fit a generalized linear model.

    Parameters
    ----------
    formula : str
        R's formula language: ``"y ~ a * b + log(x) + offset(log(n))"``.
    data : DataFrame, polars or pyarrow table, dict of columns, record array, or `chunks`
        n rows; never modified. Of `chunks`, only one is in memory at a time: see there.
    family : Family, class or name
        ``Poisson()``, ``Poisson(link="sqrt")``, ``"poisson"``, ...
    weights : column name, expression or (n,) array, optional
        Prior weights as in R; for a proportion, the number of trials.
    freq_weights : column name, expression or (n,) array, optional
        How often each row counts: whole numbers >= 0.
    offset : column name, expression or (n,) array, optional
        On the link scale, added to any ``offset()`` of the formula. For a multinomial
        response one column by level: a dict, a list, a DataFrame or an (n, k) array.
    exposure : column name, expression or (n,) array, optional
        Shorthand for ``offset=log(exposure)``; log link only.
    subset : column name, expression or (n,) array of booleans, optional
        Rows to use.
    na_action : {"omit", "exclude", "fail"}
        Rows with missing values are left out; left out but shown as NaN in results by
        row; refused.
    contrasts : dict or "r", optional
        Coding by column; ``"r"`` gives ordered factors polynomial contrasts, as R does.
    start : dict, Series or (p,) array, optional
        Coefficients to start from.
    method : {"ml", "firth", "mean", "median", "jeffreys"}
        Maximum likelihood; mean bias reduction (two names), median bias reduction, the
        likelihood penalised by Jeffreys' prior. All but the first are finite on separated data.
    context : dict, optional
        Functions and constants the formula may use, beside those of `register`.
    control : Control
        Tolerance, number of iterations, what happens on failure.

    Returns
    -------
    Results
        The fitted model; there is no separate ``fit`` step.

    Raises
    ------
    FormulaError
        The formula cannot be read or names an unknown column.
    DataError
        A column or row argument cannot be used; no rows are left.
    FamilyError
        Unknown family or link, or a response outside the family's support.
    FitError
        No valid starting value; or any failure under ``Control(on_failure="raise")``.

    Warns
    -----
    DroppedRowsWarning, AliasedWarning, ConvergenceWarning, BoundaryWarning
        Each once, and again in the summary's notes.

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("breaks ~ wool + tension", gk.load_dataset("warpbreaks"), gk.Poisson())
    >>> fit.coef.round(4).tolist()
    [3.692, -0.206, -0.3213, -0.5185]
    """
    resolved = family_from(family)
    kind = KINDS[resolved.model_kind]
    kind.check_exposure(exposure, resolved)
    arguments = RowArguments(weights, freq_weights, offset, exposure, subset, na_action)
    if isinstance(data, Chunks):
        asked = Asked(arguments, contrasts, context, start, method, control)
        return Results(*fit_chunks(formula, data, resolved, asked))
    frame = model_frame(
        formula,
        data,
        response_kind=resolved.response_kind,
        second_part=resolved.second_part,
        arguments=arguments,
        contrasts=contrasts,
        context=context,
    )
    with np.errstate(all="ignore"):  # extreme data overflow on the way: what comes of it is judged at the end
        fitted = kind.fit(frame, resolved, control=control, start=start, method=method)
    return kind.results(*fitted)


def glm_fit(
    X: Array | pd.DataFrame,
    y: Array | pd.Series,
    family: FamilyLike = "gaussian",
    *,
    names: Sequence[str] | None = None,
    weights: Array | pd.Series | None = None,
    freq_weights: Array | pd.Series | None = None,
    offset: Array | pd.Series | None = None,
    start: Mapping[str, float] | pd.Series | Array | None = None,
    method: str = "ml",
    control: Control = Control(),  # noqa: B008  (frozen)
) -> Results:
    """Fit a generalized linear model to arrays, without a formula.

    Parameters
    ----------
    X : (n, p) array or DataFrame
        The design matrix as it is: no intercept is added.
    y : (n,) array or Series
        Response, or for binomial data an (n, 2) array of successes and failures.
    family : Family, class or name
        As in `glm`.
    names : sequence of p str, optional
        Coefficient names; by default the columns of a DataFrame, or ``x1, x2, ...``.
    weights, freq_weights, offset : (n,) arrays, optional
        As in `glm`.
    start : dict, Series or (p,) array, optional
        Coefficients to start from.
    method : {"ml", "firth", "mean", "median", "jeffreys"}
        As in `glm`.
    control : Control
        As in `glm`.

    Returns
    -------
    Results
        Without a formula: `predict` takes new rows of X.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> X = np.column_stack([np.ones(4), [0.0, 1.0, 2.0, 3.0]])
    >>> gk.glm_fit(X, [1.0, 3.0, 5.0, 7.0], names=["one", "x"]).coef.round(6).to_dict()
    {'one': 1.0, 'x': 2.0}
    """
    resolved = family_from(family)
    arguments = RowArguments(weights=weights, freq_weights=freq_weights, offset=offset)
    kind = KINDS[resolved.model_kind]
    frame = array_frame(X, y, names, resolved.response_kind, arguments, resolved.second_part)
    with np.errstate(all="ignore"):  # extreme data overflow on the way: what comes of it is judged at the end
        fitted = kind.fit(frame, resolved, control=control, start=start, method=method)
    return kind.results(*fitted)
