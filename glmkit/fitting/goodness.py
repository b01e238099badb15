"""How well a mean describes a response: deviance, Pearson's statistic, likelihood, AIC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.families.base import Family, Mean
from glmkit.fitting.problem import Problem
from glmkit.numerics.rowwise import over_rows
from glmkit.numerics.vectors import all_positive, is_ones, repeated

__all__ = [
    "Likelihood",
    "RowMeans",
    "akaike",
    "bayes_schwarz",
    "deviance_of",
    "dispersion_of",
    "pearson_statistic",
    "weighted_sum",
]


# How far below 0 a deviance may be by rounding alone.
ROUNDING = 1e-12

# The mean of some rows.
RowMeans = Callable[[slice], Mean]


def deviance_of(problem: Problem, family: Family, mean: RowMeans) -> float:
    """Return the deviance, the weighted sum of unit deviances."""
    total = weighted_sum(lambda rows: family.unit_deviance(problem.y[rows], mean(rows)), problem.weights)
    return 0.0 if -ROUNDING < total < 0.0 else total  # means that rounding puts past the end of their range


def pearson_statistic(problem: Problem, family: Family, mean: RowMeans) -> float:
    """Return Pearson's chi-square, the weighted sum of (y - mu)^2 / V(mu)."""

    def squares(rows: slice) -> Array:
        residual = family.pearson(problem.y[rows], mean(rows))
        return np.asarray(residual * residual)

    return weighted_sum(squares, problem.weights)


def dispersion_of(family: Family, pearson: float, df_resid: float) -> float:
    """Return the dispersion: the family's own, else Pearson's chi-square over its df."""
    if family.dispersion is not None:
        return float(family.dispersion)
    return pearson / df_resid if df_resid > 0 else float("nan")


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The log-likelihood of means of one response, whose saturated part is added up once.

    Parameters
    ----------
    problem : Problem
    family : Family
    """

    problem: Problem
    family: Family

    def at(self, mean: RowMeans, deviance: float) -> float:
        """Return the log-likelihood at R's dispersion; nan where the family has none."""
        if not self.family.has_likelihood:
            return float("nan")
        y, prior, counts, trials = self._rows
        phi = self.family.loglik_dispersion(deviance, prior, counts, y)
        if self.family.loglik_by_deviance and 0.0 < phi < np.inf:
            return self._saturated_at(phi) - deviance / (2.0 * phi)
        whole = mean(slice(0, len(self.problem.y)))
        m = whole if self._whole else Mean(*(part[self._used] for part in whole))
        return weighted_sum(
            lambda rows: self.family.loglik(y[rows], m.of(rows), prior[rows], phi, _of(trials, rows)), counts
        )

    def _saturated_at(self, phi: float) -> float:
        """Return the log-likelihood at mu = y."""
        if phi not in self._saturated and (tally := self.problem.tally) is not None:
            ones = repeated(1.0, len(tally.values))
            self._saturated[phi] = tally.total(lambda y: self.family.saturated(y, ones, phi, None))
        if phi not in self._saturated:
            y, prior, counts, trials = self._rows
            self._saturated[phi] = weighted_sum(
                lambda rows: self.family.saturated(y[rows], prior[rows], phi, _of(trials, rows)), counts
            )
        return self._saturated[phi]

    @cached_property
    def _saturated(self) -> dict[float, float]:
        return {}

    @cached_property
    def _used(self) -> BoolArray:
        return self.problem.weights > 0

    @cached_property
    def _whole(self) -> bool:
        return all_positive(self.problem.weights)

    @cached_property
    def _rows(self) -> tuple[Array, Array, Array, Array | None]:
        """Response, prior weights, counts and trials of the rows that count."""
        one = self.problem
        if self._whole:
            return one.y, one.prior, one.counts, one.trials
        trials = None if one.trials is None else one.trials[self._used]
        return one.y[self._used], one.prior[self._used], one.counts[self._used], trials


def _of(trials: Array | None, rows: slice) -> Array | None:
    return None if trials is None else trials[rows]


def weighted_sum(values: Callable[[slice], Array], weights: Array) -> float:
    """Return the sum of weights times values(rows), 0 where the weight is: there a value may be infinite."""

    def part(rows: slice) -> float:
        w = weights[rows]
        terms = values(rows)
        if is_ones(w):
            return float(terms.sum())
        if not all_positive(w):
            terms = np.where(w > 0, terms, 0.0)
        return float((w * terms).sum())

    with np.errstate(all="ignore"):  # rows of zero weight may be anywhere
        return sum(over_rows(part, len(weights)))


def akaike(loglik: float, parameters: float) -> float:
    """Return AIC = -2 l + 2 k."""
    return -2.0 * loglik + 2.0 * parameters


def bayes_schwarz(loglik: float, parameters: float, nobs: float) -> float:
    """Return BIC = -2 l + k log n."""
    return -2.0 * loglik + parameters * float(np.log(nobs)) if nobs > 0 else float("nan")
