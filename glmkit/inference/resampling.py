"""Data drawn again: rows, clusters of rows, or responses from the fitted distribution.

Rows are drawn as counts: a row drawn k times counts k times, as a frequency weight, so
that no data are copied. A row of frequency f is f observations, each drawn on its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, TypeAlias

import numpy as np

from glmkit._typing import IntArray
from glmkit.errors import DataError, FitError
from glmkit.fitting.glm import GLMFit
from glmkit.fitting.problem import Problem
from glmkit.inference.cluster_codes import cluster_codes
from glmkit.inference.protocols import FittedModel

__all__ = ["KINDS", "Scheme", "scheme_of"]

Draw: TypeAlias = Callable[[np.random.Generator], Problem]
KINDS = ("case", "parametric", "cluster")


class Scheme(NamedTuple):
    """How data are drawn, and what is drawn as one."""

    draw: Draw
    units: IntArray | None  # (n,) the unit of each row; None where responses are drawn


def scheme_of(model: FittedModel, kind: str, cluster: object) -> Scheme:
    """Return the scheme of one kind over the independent columns of the fit.

    Raises
    ------
    FitError
        Unknown kind, or one that does not go with `cluster`.
    DataError
        A cluster is missing, or there is only one.
    NoLikelihoodError
        Responses of a family without a distribution.
    """
    if kind not in KINDS:
        named = ", ".join(f'"{known}"' for known in KINDS)
        raise FitError(
            f"kind={kind!r} is not a bootstrap. Choose one of: {named}.", argument="kind", value=kind
        )
    if (kind == "cluster") != (cluster is not None):
        cure = "Give cluster=." if kind == "cluster" else 'Choose kind="cluster".'
        raise FitError(f"kind={kind!r} does not go with cluster={cluster!r}. {cure}", argument="kind")
    problem = _base(model.fit)
    if kind == "parametric":
        return Scheme(_responses(model.fit, problem), None)
    units = np.arange(len(problem.y)) if kind == "case" else _units_of(model, cluster)
    return Scheme(_cases(problem) if kind == "case" else _clusters(problem, units), units)


def _base(fit: GLMFit) -> Problem:
    """Return the problem in the coordinates of the fit; its null model is not asked for."""
    return replace(
        fit.problem,
        design=fit.independence.design,
        constant=fit.centring.span_constant,
        intercept=False,
    )


def _cases(problem: Problem) -> Draw:
    counts = problem.counts
    size, share = int(np.sum(counts)), counts / np.sum(counts)

    def draw(rng: np.random.Generator) -> Problem:
        return replace(problem, frequency=rng.multinomial(size, share).astype(np.float64))

    return draw


def _clusters(problem: Problem, units: IntArray) -> Draw:
    counts = problem.counts
    present = np.flatnonzero(np.bincount(units, counts) > 0)
    groups = int(units.max()) + 1

    def draw(rng: np.random.Generator) -> Problem:
        times = np.bincount(rng.choice(present, len(present)), minlength=groups)
        return replace(problem, frequency=counts * times[units])

    return draw


def _responses(fit: GLMFit, problem: Problem) -> Draw:
    rows = np.repeat(np.arange(len(problem.y)), problem.counts.astype(np.intp))
    mean = type(fit.mean)(*(part[rows] for part in fit.mean))
    prior = problem.prior[rows]
    trials = None if problem.trials is None else problem.trials[rows]
    counts = problem.counts
    drawn = counts > 0

    def draw(rng: np.random.Generator) -> Problem:
        values = fit.family.rvs(mean, fit.dispersion, prior, trials, rng)
        total = np.bincount(rows, values, minlength=len(counts))
        y = problem.y.copy()
        y[drawn] = total[drawn] / counts[drawn]
        return replace(problem, y=y)

    return draw


def _units_of(model: FittedModel, cluster: object) -> IntArray:
    """Return the cluster of each row used, (n,); that of a row of zero weight does not matter."""
    codes = cluster_codes(model, cluster)
    if len(codes) > 1:
        raise DataError(
            "cluster has two columns, and whole clusters of one kind are drawn. Give one.", argument="cluster"
        )
    return np.maximum(codes[0], 0)
