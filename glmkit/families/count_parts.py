"""Counts as a part of a model with several predictors: densities by their predictors.

Poisson: log f(y) = y eta - e^eta - log y!. Negative binomial with size theta = e^tau:
log f(y) = log Gamma(y + theta) - log Gamma(theta) - log y! + theta tau + y eta
           - (y + theta) log(theta + mu), mu = e^eta.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from glmkit._typing import Array
from glmkit.errors import FamilyError
from glmkit.families._kernels import digamma_gap, log1p_gap, rising_log, trigamma_gap
from glmkit.families.base import Family

__all__ = ["CountPart", "NegativeBinomialPart", "PoissonPart", "count_part"]


class CountPart(Protocol):
    """The distribution of a count with predictors u, (n, k): log mean, and what else it has."""

    @property
    def extra(self) -> tuple[str, ...]:
        """Names of the predictors after the first, each one constant."""
        ...

    def log_density(self, y: Array, u: Array) -> Array:
        """Return log f(y), (n,)."""
        ...

    def slopes(self, y: Array, u: Array) -> tuple[Array, Array]:
        """Return the first and second derivatives of log f(y) by u, (n, k) and (n, k, k)."""
        ...

    def mean(self, u: Array) -> Array:
        """Return the mean, (n,)."""
        ...

    def variance(self, u: Array) -> Array:
        """Return the variance, (n,)."""
        ...

    def cdf(self, y: Array, u: Array) -> Array:
        """Return P(Y <= y), (n,)."""
        ...

    def sf(self, y: Array, u: Array) -> Array:
        """Return P(Y > y) for y >= 0, (n,)."""
        ...

    def quantile(self, p: Array, u: Array) -> Array:
        """Return the smallest y with P(Y <= y) >= p, (n,)."""
        ...


def _mean(log_mean: Array) -> Array:
    with np.errstate(over="ignore"):  # a row of zero weight may be anywhere
        return np.exp(log_mean)


@dataclass(frozen=True)
class PoissonPart:
    """The Poisson distribution."""

    @property
    def extra(self) -> tuple[str, ...]:
        return ()

    def log_density(self, y: Array, u: Array) -> Array:
        return np.asarray(y * u[:, 0] - _mean(u[:, 0]) - special.gammaln(y + 1.0))

    def slopes(self, y: Array, u: Array) -> tuple[Array, Array]:
        mu = _mean(u)
        return y[:, None] - mu, -mu[:, :, None]

    def mean(self, u: Array) -> Array:
        return _mean(u[:, 0])

    def variance(self, u: Array) -> Array:
        return _mean(u[:, 0])

    def cdf(self, y: Array, u: Array) -> Array:
        return np.where(y < 0.0, 0.0, special.pdtr(np.maximum(y, 0.0), _mean(u[:, 0])))

    def sf(self, y: Array, u: Array) -> Array:
        return np.asarray(special.pdtrc(y, _mean(u[:, 0])))

    def quantile(self, p: Array, u: Array) -> Array:
        from scipy import stats

        return np.asarray(stats.poisson.ppf(p, _mean(u[:, 0])))


@dataclass(frozen=True)
class NegativeBinomialPart:
    """The negative binomial distribution; its log theta is the second predictor, unless given."""

    theta: float | None = None

    @property
    def extra(self) -> tuple[str, ...]:
        return ("Log(theta)",) if self.theta is None else ()

    def _parts(self, u: Array) -> tuple[Array, Array]:
        theta = np.exp(u[:, 1]) if self.theta is None else np.full(len(u), self.theta)
        return _mean(u[:, 0]), theta

    def log_density(self, y: Array, u: Array) -> Array:
        mu, theta = self._parts(u)
        rest = -(y + theta) * np.log1p(mu / theta) - special.gammaln(y + 1.0)
        return np.asarray(rising_log(theta, y) + y * u[:, 0] + rest)

    def slopes(self, y: Array, u: Array) -> tuple[Array, Array]:
        mu, theta = self._parts(u)
        total = theta + mu
        first = theta * (y - mu) / total
        second = -theta * mu * (theta + y) / total**2
        if self.theta is not None:
            return first[:, None], second[:, None, None]
        # by theta: psi(y + theta) - psi(theta) - log(1 + mu / theta) + (mu - y) / total, without its cancellation
        t = (y - mu) / total
        a = digamma_gap(theta, y) - log1p_gap(t)
        slope = t * t / (y + theta) - trigamma_gap(theta, y)
        crossed = theta * mu * (y - mu) / total**2
        matrix = np.empty((len(y), 2, 2))
        matrix[:, 0, 0], matrix[:, 1, 1] = second, theta * a + theta**2 * slope
        matrix[:, 0, 1] = matrix[:, 1, 0] = crossed
        return np.column_stack([first, theta * a]), matrix

    def mean(self, u: Array) -> Array:
        return _mean(u[:, 0])

    def variance(self, u: Array) -> Array:
        mu, theta = self._parts(u)
        return np.asarray(mu + mu * mu / theta)

    def cdf(self, y: Array, u: Array) -> Array:
        mu, theta = self._parts(u)
        value = special.betainc(theta, np.maximum(y, 0.0) + 1.0, theta / (theta + mu))
        return np.where(y < 0.0, 0.0, value)

    def sf(self, y: Array, u: Array) -> Array:
        mu, theta = self._parts(u)
        return np.asarray(special.betainc(y + 1.0, theta, mu / (theta + mu)))

    def quantile(self, p: Array, u: Array) -> Array:
        from scipy import stats

        mu, theta = self._parts(u)
        return np.asarray(stats.nbinom.ppf(p, theta, theta / (theta + mu)))


def count_part(family: Family) -> CountPart:
    """Return the distribution that a family of counts stands for.

    Raises
    ------
    FamilyError
        It is not Poisson or negative binomial with the log link.
    """
    name = family.name.lower().replace("_", " ").replace(".", " ")
    theta = None if getattr(family, "estimated", False) else getattr(family, "theta", None)
    if family.link.name == "log" and (name == "poisson" or theta == np.inf):
        return PoissonPart()
    if family.link.name == "log" and name.startswith("negative binomial"):
        return NegativeBinomialPart(theta)
    raise FamilyError(
        f"{family!r} is not a count part. Use gk.Poisson() or gk.NegativeBinomial(), with the log link.",
        family=family,
    )
