"""A model frame from a ready design matrix: each column a term, no intercept added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from glmkit.errors import DataError
from glmkit.frame.arguments import RowArguments
from glmkit.frame.modelframe import ModelFrame, model_frame

__all__ = ["array_frame"]


def array_frame(
    X: Any,
    y: Any,
    names: Sequence[str] | None,
    response_kind: str,
    arguments: RowArguments,
    second_part: str = "",
) -> ModelFrame:
    """Return the frame of a design matrix and a response.

    Parameters
    ----------
    X : (n, p) array or DataFrame
    y : (n,) array or Series, or (n, 2) counts of successes and failures, or (n, L) per level
    names : sequence of p str, optional
    response_kind : {"numeric", "binomial", "multinomial"}
    arguments : RowArguments
    second_part : {"", "same", "constant"}
        What the family's second part has: the same columns, or a constant.

    Raises
    ------
    DataError
        `X` is not a matrix of numbers, `y` has another length, or the names do not fit.
    """
    columns = _columns(X, names)
    response = _response(y, len(next(iter(columns.values()))), set(columns), response_kind)
    terms = " + ".join(f"`{name}`" for name in columns)
    left = ", ".join(f"`{name}`" for name in response)
    left = left if len(response) == 1 else f"cbind({left})"
    index = X.index if isinstance(X, pd.DataFrame) else getattr(y, "index", None)
    data = pd.DataFrame(columns | response, index=index if isinstance(index, pd.Index) else None, copy=False)
    formula = f"{left} ~ 0 + {terms}"
    frame = model_frame(
        formula, data, response_kind=response_kind, second_part=second_part, arguments=arguments
    )
    second = (
        frame.second if second_part != "same" or frame.second is None else replace(frame.second, ready=True)
    )
    return replace(frame, ready=True, second=second)


def _columns(X: Any, names: Sequence[str] | None) -> dict[str, Any]:
    if isinstance(X, pd.DataFrame):
        given = [str(name) for name in X.columns] if names is None else list(names)
        matrix = [X.iloc[:, j].to_numpy() for j in range(X.shape[1])]
    else:
        array = np.asarray(X)
        if array.ndim != 2 or array.dtype.kind not in "buif":
            raise DataError(
                f"X has shape {array.shape} and type {array.dtype}. Give an (n, p) array of numbers.",
                argument="X",
            )
        given = [f"x{j + 1}" for j in range(array.shape[1])] if names is None else list(names)
        matrix = list(np.array(array.T, order="C"))  # a copy: what is written into X later is kept out
    if len(given) != len(matrix) or len(set(given)) != len(given) or any("`" in name for name in given):
        raise DataError(
            f"The {len(given)} names {given[:5]} do not fit the {len(matrix)} columns of X. "
            "Give one name for each column, all different, without backticks.",
            argument="names",
        )
    if not matrix:
        raise DataError("X has no columns. Give at least one, such as a column of ones.", argument="X")
    return {name: np.asarray(column, dtype=np.float64) for name, column in zip(given, matrix, strict=True)}


def _response(y: Any, n: int, taken: set[str], kind: str) -> dict[str, Any]:
    values: Any = y.array if isinstance(y, pd.Series) else np.asarray(y)
    if len(values) != n:
        raise DataError(f"y has {len(values)} rows and X has {n}. Give the same rows to both.", argument="y")
    counts = getattr(values, "ndim", 1) == 2
    names = ["successes", "failures"] if counts else ["y"]
    if counts and kind == "multinomial":
        names = [f"y{j + 1}" for j in range(values.shape[1])]
    names = [name if name not in taken else f"{name} (response)" for name in names]
    if not counts:
        return {names[0]: values}
    if values.shape[1] != len(names):
        raise DataError(
            f"y has {values.shape[1]} columns. Give one, or successes and failures.", argument="y"
        )
    return dict(zip(names, values.T, strict=True))
