"""The links of probabilities, with names as R's, exact for every eta a double can hold.

The symbols and sources are those of ``links``.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import special

from glmkit._typing import Array
from glmkit.families.link import Link, Mean
from glmkit.numerics.special import log_normal_cdf

__all__ = ["CLogLog", "Cauchit", "LogLog", "Logit", "Probit"]

_SQRT_HALF: Final = float(np.sqrt(0.5))
_PEAK: Final = float(1.0 / np.sqrt(2.0 * np.pi))
_SQRT_HALF_PI: Final = float(np.sqrt(0.5 * np.pi))
_LARGEST: Final = float(np.finfo(np.float64).max)
_EXP_SAFE: Final = 700.0
"""exp(700) = 1e304: the largest round argument whose exponential is still finite."""


class Logit(Link, verified=True):
    """eta = log(mu / (1 - mu)).

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> link = gk.Logit()
    >>> eta = link(np.array([0.5, 0.9]))
    >>> eta.round(4), link.mean(eta).mu.round(4)
    (array([0.    , 2.1972]), array([0.5, 0.9]))
    """

    name = "logit"

    def __call__(self, mu: Array) -> Array:
        return special.logit(mu)

    def mean(self, eta: Array) -> Mean:
        # One exponential and no branches (np.where costs as much as the exponential). Each of
        # e / (1 + e) and 1 / (1 + e) is exact whichever is small; beyond eta = 709 the latter
        # stays at 6e-309, the smallest reciprocal there is.
        with np.errstate(over="ignore", under="ignore"):
            odds = np.exp(eta)
            np.minimum(odds, _LARGEST, out=odds)
            comu = odds + 1.0
            mu = odds / comu
            np.reciprocal(comu, out=comu)
            return Mean(mu, comu, np.multiply(mu, comu, out=odds))

    def curvature(self, eta: Array) -> Array:
        # dmu (comu - mu), and comu - mu = -tanh(eta / 2)
        with np.errstate(under="ignore"):  # 0 far out
            return -self.mean(eta).dmu * np.tanh(0.5 * eta)

    def log_mean(self, eta: Array) -> Array:
        return -np.logaddexp(0.0, -eta)

    def log_complement(self, eta: Array) -> Array:
        return -np.logaddexp(0.0, eta)


class Probit(Link, verified=True):
    """eta = Phi^-1(mu), the normal quantile.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> link = gk.Probit()
    >>> eta = link(np.array([0.5, 0.9]))
    >>> eta.round(4), link.mean(eta).mu.round(4)
    (array([0.    , 1.2816]), array([0.5, 0.9]))
    """

    name = "probit"

    def __call__(self, mu: Array) -> Array:
        return special.ndtri(mu)

    def mean(self, eta: Array) -> Mean:
        # The smaller tail is phi(|eta|) times Mills' ratio, the larger one its complement: half
        # the price of two calls of ndtr, and dmu / mu keeps its digits where phi loses some.
        density = _normal_density(eta)
        with np.errstate(under="ignore"):  # the tail is 0 far out
            small = special.erfcx(np.abs(eta) * _SQRT_HALF)
            small *= _SQRT_HALF_PI
            small *= density
        excess = 1.0 - small
        excess -= small
        positive = eta > 0.0  # select by multiplication: np.where would cost an erfcx
        return Mean(small + positive * excess, small + ~positive * excess, density)

    def curvature(self, eta: Array) -> Array:
        with np.errstate(under="ignore"):  # the density is 0 far out
            return -eta * _normal_density(eta)

    def log_mean(self, eta: Array) -> Array:
        return log_normal_cdf(eta)

    def log_complement(self, eta: Array) -> Array:
        return log_normal_cdf(-eta)


def _normal_density(eta: Array) -> Array:
    # Relative error eps eta^2 / 2: that of Phi itself when eta is off by half a unit in the
    # last place. numerics.special.normal_density avoids it at three times the price.
    with np.errstate(over="ignore", under="ignore"):  # the density is 0 far out
        density = eta * eta
        density *= -0.5
        np.exp(density, out=density)
        density *= _PEAK
    return density


class Cauchit(Link, verified=True):
    """eta = tan(pi (mu - 1/2)), the Cauchy quantile.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> link = gk.Cauchit()
    >>> eta = link(np.array([0.5, 0.9]))
    >>> eta.round(4), link.mean(eta).mu.round(4)
    (array([0.    , 3.0777]), array([0.5, 0.9]))
    """

    name = "cauchit"

    def __call__(self, mu: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):  # -inf at mu = 0
            low = -1.0 / np.tan(np.pi * mu)
        return np.where(np.abs(mu - 0.5) < 0.25, np.tan(np.pi * (mu - 0.5)), low)

    def mean(self, eta: Array) -> Mean:
        # atan2(1, x) is the angle atan(1/x) of the upper tail, exact at both ends.
        with np.errstate(under="ignore"):  # 1 / (pi eta) far out
            mu = np.arctan2(1.0, -eta) / np.pi
            comu = np.arctan2(1.0, eta) / np.pi
        return Mean(mu, comu, self._density(eta))

    def curvature(self, eta: Array) -> Array:
        radius = np.hypot(1.0, eta)
        with np.errstate(under="ignore"):  # 1 / eta^3 is 0 far out
            return -2.0 * (eta / radius) / radius * self._density(eta)

    @staticmethod
    def _density(eta: Array) -> Array:
        with np.errstate(under="ignore"):  # 1 / eta^2 is 0 far out
            inverse = 1.0 / np.hypot(1.0, eta)  # hypot, since eta^2 may overflow
            return inverse * inverse / np.pi


class CLogLog(Link, verified=True):
    """eta = log(-log(1 - mu)), the complementary log-log link of grouped survival times.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> link = gk.CLogLog()
    >>> eta = link(np.array([0.5, 0.9]))
    >>> eta.round(4), link.mean(eta).mu.round(4)
    (array([-0.3665,  0.834 ]), array([0.5, 0.9]))
    """

    name = "cloglog"

    def __call__(self, mu: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):  # -inf at 0, inf at 1
            return np.log(-np.log1p(-mu))

    def mean(self, eta: Array) -> Mean:
        return Mean(*_gompertz(eta))

    def curvature(self, eta: Array) -> Array:
        # dmu (1 - exp(eta)); capped because 0 * inf is 0 here
        with np.errstate(under="ignore"):  # 0 far out
            return -self.mean(eta).dmu * np.expm1(np.minimum(eta, _EXP_SAFE))

    def log_complement(self, eta: Array) -> Array:
        with np.errstate(over="ignore"):  # -inf: the complement is 0 beyond all doubles
            return -np.exp(eta)


class LogLog(Link, verified=True):
    """eta = -log(-log(mu)), the mirror image of the complementary log-log link.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> link = gk.LogLog()
    >>> eta = link(np.array([0.5, 0.9]))
    >>> eta.round(4), link.mean(eta).mu.round(4)
    (array([0.3665, 2.2504]), array([0.5, 0.9]))
    """

    name = "loglog"

    def __call__(self, mu: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):  # -inf at 0, inf at 1
            return -np.log(-np.log(mu))

    def mean(self, eta: Array) -> Mean:
        comu, mu, dmu = _gompertz(-eta)
        return Mean(mu, comu, dmu)

    def curvature(self, eta: Array) -> Array:
        # dmu (exp(-eta) - 1); capped because 0 * inf is 0 here
        with np.errstate(under="ignore"):  # 0 far out
            return self.mean(eta).dmu * np.expm1(np.minimum(-eta, _EXP_SAFE))

    def log_mean(self, eta: Array) -> Array:
        with np.errstate(over="ignore"):  # -inf: the mean is 0 beyond all doubles
            return -np.exp(-eta)


def _gompertz(eta: Array) -> tuple[Array, Array, Array]:
    """Return 1 - exp(-h), exp(-h) and h exp(-h) with h = exp(eta)."""
    with np.errstate(under="ignore"):  # exp(-h) is 0 from eta = 7 on
        hazard = np.exp(np.minimum(eta, _EXP_SAFE))
        survival = np.exp(-hazard)
        return -np.expm1(-hazard), survival, np.multiply(hazard, survival, out=hazard)
