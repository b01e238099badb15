"""Clusters as the caller names them, as codes over the rows used."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.errors import DataError
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.rows import first_labels
from glmkit.frame.values import Factor, Logical, Matrix, Value
from glmkit.inference.protocols import FittedModel

__all__ = ["MOST", "cluster_codes", "labels_in", "one_cluster"]

MOST = 2


def cluster_codes(model: FittedModel, cluster: object) -> tuple[IntArray, ...]:
    """Return the cluster of each row used, (n,), once for each kind of cluster given.

    Codes run from 0 to G - 1 over the rows that count; rows of zero weight have -1.
    """
    given = _each(model, cluster)
    if len(given) > MOST:
        raise DataError(
            f"cluster has {len(given)} columns. Give one, or two for two-way clusters.", argument="cluster"
        )
    return tuple(_codes(model, one) for one in given)


def _each(model: FittedModel, cluster: object) -> list[object]:
    """Return each kind of cluster by itself."""
    if isinstance(cluster, pd.DataFrame):
        return [cluster.iloc[:, j] for j in range(cluster.shape[1])]
    if isinstance(cluster, np.ndarray) and cluster.ndim == 2:
        return list(cluster.T)
    rows = (model.frame.rows.n_used, model.frame.rows.n_read)
    if isinstance(cluster, list | tuple) and len(cluster) not in rows:
        return list(cluster)
    return [cluster]


def _numbered(cluster: object) -> object:
    """Return labels of any kind, dates and large identifiers too, as the number of each; nan where missing."""
    if not isinstance(cluster, pd.Series) and not (isinstance(cluster, np.ndarray) and cluster.ndim == 1):
        return cluster
    codes, _ = pd.factorize(cluster)
    numbers = np.where(codes < 0, np.nan, codes)
    return pd.Series(numbers, index=cluster.index) if isinstance(cluster, pd.Series) else numbers


def _codes(model: FittedModel, cluster: object) -> IntArray:
    value = model.frame.row_values(_numbered(cluster), "cluster")
    labels = labels_in(value, model.frame)
    codes = np.full(len(labels), -1, dtype=np.intp)
    counted = model.fit.problem.counts > 0
    codes[counted] = np.unique(labels[counted], return_inverse=True)[1]
    if codes.max() == 0:
        raise one_cluster()
    return codes


def labels_in(value: Value, frame: ModelFrame) -> Array:
    """Return the cluster of each row used as a number; none may be missing."""
    if isinstance(value, Matrix):
        raise DataError(
            'cluster is an expression of several columns. Give a list of two columns: cluster=["a", "b"].',
            argument="cluster",
        )
    if isinstance(value, Factor):
        labels = value.codes.astype(np.float64)
        labels[value.codes < 0] = np.nan
    else:
        labels = value.values if isinstance(value, Logical) else np.asarray(value)
    missing = np.isnan(labels)
    if np.any(missing):
        rows = first_labels(frame.rows.labels, missing)
        raise DataError(
            f"cluster is missing in {int(missing.sum())} rows that the fit uses (first labels: {rows}). "
            "Give every row its cluster, or drop these rows before the fit.",
            argument="cluster",
            rows=rows,
        )
    return labels


def one_cluster() -> DataError:
    """Return the error for data of a single cluster."""
    return DataError(
        "There is only one cluster, and clusters say something by how they differ. Use a finer grouping, or rows "
        '("HC1"; kind="case" for the bootstrap).',
        argument="cluster",
    )
