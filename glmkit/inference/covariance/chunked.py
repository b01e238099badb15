"""Cluster-robust meats of a fit to chunks: the scores of a cluster are summed over all chunks first."""

from __future__ import annotations

from typing import Any

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.errors import DataError
from glmkit.fitting.glm import GLMFit
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference.chunked import chunk_parts
from glmkit.inference.cluster_codes import MOST, labels_in, one_cluster
from glmkit.inference.covariance.clusters import meat_of_sums
from glmkit.inference.covariance.scores import cluster_sums
from glmkit.inference.protocols import FittedModel

__all__ = ["chunked_cluster_meat"]


class _Clusters:
    """The summed scores of clusters by their labels."""

    def __init__(self, rank: int) -> None:
        self.place: dict[Any, int] = {}
        self.sums = np.zeros((0, rank))

    def add(self, labels: Array, part: GLMFit, counted: BoolArray) -> None:
        """Add the rows of a part; `labels` is (n, ways)."""
        known, codes = np.unique(labels[counted], axis=0, return_inverse=True)
        if len(known) == 0:
            return
        whole = np.full(len(labels), -1, dtype=np.intp)
        whole[counted] = codes.ravel()
        places = [self.place.setdefault(tuple(label), len(self.place)) for label in known.tolist()]
        more = len(self.place) - len(self.sums)
        if more:
            self.sums = np.vstack([self.sums, np.zeros((more, self.sums.shape[1]))])
        self.sums[places] += cluster_sums(part, whole)


def chunked_cluster_meat(model: FittedModel, cluster: object, kind: str) -> tuple[Array, list[int]]:
    """Return the meat, (rank, rank), and how many clusters there are of each kind.

    Raises
    ------
    DataError
        Clusters are not given by the names of columns; a used row has none; or there is one only.
    """
    names = _names(model.frame, cluster)
    ways = [(0,)] if len(names) == 1 else [(0,), (1,), (0, 1)]
    clusters = [_Clusters(model.fit.rank) for _ in ways]
    for frame, part in chunk_parts(model, names):
        labels = np.column_stack([labels_in(frame.row_values(name, "cluster"), frame) for name in names])
        counted = part.problem.counts > 0
        for way, found in zip(ways, clusters, strict=True):
            found.add(labels[:, way], part, counted)
    groups = [len(found.sums) for found in clusters[: len(names)]]
    if min(groups) == 1:
        raise one_cluster()
    meats = [meat_of_sums(model.fit, found.sums, kind) for found in clusters]
    return (meats[0] if len(meats) == 1 else meats[0] + meats[1] - meats[2]), groups


def _names(frame: ModelFrame, cluster: object) -> tuple[str, ...]:
    names = tuple(cluster) if isinstance(cluster, list | tuple) else (cluster,)
    texts = tuple(name for name in names if isinstance(name, str) and name in frame.source)
    if len(texts) < len(names) or not 1 <= len(names) <= MOST:
        raise DataError(
            "cluster= of a fit to chunks is the name of a column of the data, or two of them.",
            argument="cluster",
        )
    return texts
