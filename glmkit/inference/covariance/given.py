"""A covariance that the caller has computed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import DataError
from glmkit.inference.estimate import Estimate
from glmkit.numerics.algebra import eigenvalues

__all__ = ["given_covariance"]

# Asymmetry, and eigenvalues of the correlation below zero, up to this are rounding.
ROUNDING = 1e-8


def given_covariance(base: Estimate, matrix: object) -> Estimate:
    """Return the coefficients with a given covariance, over all of them or the estimated ones."""
    values = _in_order(base, matrix)
    p, rank = len(base.names), len(base.kept)
    if values.shape == (p, p):
        values = values[np.ix_(base.kept, base.kept)]
    if values.shape != (rank, rank):
        raise _refused(f"it has shape {values.shape}, and the fit has {p} coefficients")
    _check(values)
    covariance = base.centring.covariance_to_fitted((values + values.T) / 2.0)
    return base.with_covariance(covariance, base.df, "given matrix")


def _in_order(base: Estimate, matrix: object) -> Array:
    """Return the matrix in the order of the coefficients, matched by name if it has names."""
    if not isinstance(matrix, pd.DataFrame):
        try:
            return np.asarray(matrix, dtype=np.float64)
        except (TypeError, ValueError):
            raise _refused("it is not an array of numbers") from None
    estimated = base.names[base.kept]
    if not (matrix.index.is_unique and matrix.columns.is_unique):
        raise _refused("a name occurs twice")
    lacking = [str(n) for n in estimated if n not in matrix.index or n not in matrix.columns]
    unknown = [str(n) for n in [*matrix.index, *matrix.columns] if n not in base.names]
    if lacking or unknown:
        said = f"it lacks {', '.join(lacking[:5])}" if lacking else f"it names {', '.join(unknown[:5])}"
        raise _refused(f"{said}, and the coefficients are {', '.join(map(str, base.names[:8]))}")
    return matrix.loc[estimated, estimated].to_numpy(dtype=np.float64)


def _check(values: Array) -> None:
    if not np.all(np.isfinite(values)):
        raise _refused("some of its values are missing or infinite")
    variance = np.diag(values)
    if not np.all(variance > 0):
        raise _refused("a variance on its diagonal is not positive")
    correlation = values / np.sqrt(np.outer(variance, variance))
    if np.max(np.abs(correlation - correlation.T)) > ROUNDING:
        raise _refused("it is not symmetric")
    if eigenvalues("The correlation of the coefficients", correlation)[0] < -ROUNDING:
        raise _refused("it is not positive semidefinite")


def _refused(reason: str) -> DataError:
    return DataError(
        f"The matrix is not a covariance of these coefficients: {reason}. "
        "Give a symmetric array or DataFrame with one row and column for each coefficient.",
        argument="kind",
    )
