"""The links, with names as R's, exact for every eta a double can hold.

Symbols: eta = g(mu), mu = g^-1(eta), comu = 1 - mu, dmu = d mu / d eta. Formulas are
those of McCullagh & Nelder (1989), section 4.3.1, written so that neither mu nor comu is
ever a difference of nearly equal numbers. Overflow to infinity and underflow to zero are
the right answers beyond the range of doubles, hence the ``np.errstate`` lines.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from glmkit._typing import Array, BoolArray
from glmkit.errors import FamilyError
from glmkit.families.link import FunctionLink, Link, Mean, check_link, read_only
from glmkit.numerics.special import log_normal_cdf

__all__ = [
    "CLogLog", "Cauchit", "FunctionLink", "Identity", "Inverse", "InverseSquare", "Link",
    "Log", "LogLog", "Logit", "Mean", "Power", "Probit", "Sqrt", "check_link",
]  # fmt: skip

_NAN: Final = np.float64(np.nan).tobytes()
_SQRT_HALF: Final = float(np.sqrt(0.5))
_PEAK: Final = float(1.0 / np.sqrt(2.0 * np.pi))
_SQRT_HALF_PI: Final = float(np.sqrt(0.5 * np.pi))
_LARGEST: Final = float(np.finfo(np.float64).max)
_EXP_SAFE: Final = 700.0
"""exp(700) = 1e304: the largest round argument whose exponential is still finite."""


class _Unbounded(Link, verified=True):
    """A link for means that are not probabilities; subclasses give mu and dmu."""

    def mean(self, eta: Array) -> Mean:
        mu, dmu = self._mean_and_slope(eta)
        return Mean(mu, self._complement(eta, mu), dmu)

    def mean_without_complement(self, eta: Array) -> Mean:
        mu, dmu = self._mean_and_slope(eta)
        return Mean(mu, _unread(mu.shape), dmu)

    @abstractmethod
    def _mean_and_slope(self, eta: Array) -> tuple[Array, Array]:
        """Return mu and dmu."""

    @abstractmethod
    def _complement(self, eta: Array, mu: Array) -> Array:
        """Return 1 - mu without cancellation near mu = 1."""


def _unread(shape: tuple[int, ...]) -> Array:
    """Return NaN in any shape without writing it (np.broadcast_to is slow on small arrays)."""
    return np.ndarray(shape, np.float64, _NAN, strides=(0,) * len(shape))


class Identity(_Unbounded, verified=True):
    """eta = mu."""

    name = "identity"

    def __call__(self, mu: Array) -> Array:
        return np.array(mu, dtype=np.float64)

    def _mean_and_slope(self, eta: Array) -> tuple[Array, Array]:
        return read_only(eta), np.ones_like(eta)

    def _complement(self, eta: Array, mu: Array) -> Array:
        return 1.0 - mu

    def curvature(self, eta: Array) -> Array:
        return np.zeros_like(eta)


class Log(_Unbounded, verified=True):
    """eta = log(mu)."""

    name = "log"

    def __call__(self, mu: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):  # log(0) = -inf, log(-1) = NaN
            return np.log(mu)

    def _mean_and_slope(self, eta: Array) -> tuple[Array, Array]:
        with np.errstate(over="ignore", under="ignore"):  # beyond the range of doubles
            mu = read_only(np.exp(eta))
        return mu, mu

    def _complement(self, eta: Array, mu: Array) -> Array:
        with np.errstate(over="ignore", under="ignore"):  # 1 - mu = -inf when mu = inf
            comu: Array = np.expm1(eta)
        return np.negative(comu, out=comu)

    def curvature(self, eta: Array) -> Array:
        with np.errstate(over="ignore", under="ignore"):  # beyond the range of doubles
            return np.exp(eta)

    def log_mean(self, eta: Array) -> Array:
        return read_only(eta)


class Inverse(_Unbounded, verified=True):
    """eta = 1 / mu; negative eta are means of a family that admits them, zero is nobody's."""

    name = "inverse"

    def __call__(self, mu: Array) -> Array:
        with np.errstate(divide="ignore", over="ignore"):  # 1/0 = inf
            return np.asarray(1.0 / mu)

    def _mean_and_slope(self, eta: Array) -> tuple[Array, Array]:
        with np.errstate(divide="ignore", over="ignore", under="ignore"):  # 1/0 = inf
            mu = np.asarray(1.0 / eta)
            return mu, -mu * mu

    def _complement(self, eta: Array, mu: Array) -> Array:
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # -inf at eta = 0
            return np.asarray((eta - 1.0) / eta)

    def curvature(self, eta: Array) -> Array:
        with np.errstate(divide="ignore", over="ignore", under="ignore"):  # 1/0 = inf
            mu = 1.0 / eta
            return np.asarray(2.0 * mu * mu * mu)

    def valid(self, eta: Array) -> BoolArray:
        return np.asarray(np.isfinite(eta) & (eta != 0.0))


class InverseSquare(_Unbounded, verified=True):
    """eta = 1 / mu^2, mu > 0."""

    name = "1/mu^2"

    def __call__(self, mu: Array) -> Array:
        with np.errstate(divide="ignore", over="ignore", under="ignore"):  # 1/0 = inf
            inverse = np.asarray(1.0 / mu)
            return inverse * inverse

    def _mean_and_slope(self, eta: Array) -> tuple[Array, Array]:
        with np.errstate(divide="ignore", over="ignore", invalid="ignore", under="ignore"):
            mu = np.asarray(1.0 / np.sqrt(eta))  # NaN for eta < 0, inf for eta = 0
            return mu, -0.5 * mu / eta

    def _complement(self, eta: Array, mu: Array) -> Array:
        # 1 - s^-1 = (s^2 - 1) / (s^2 + s) with s = sqrt(eta)
        with np.errstate(divide="ignore", invalid="ignore"):  # eta <= 0 is outside the domain
            return np.asarray((eta - 1.0) / (eta + np.sqrt(eta)))

    def curvature(self, eta: Array) -> Array:
        with np.errstate(divide="ignore", over="ignore", invalid="ignore", under="ignore"):
            return np.asarray(0.75 / np.sqrt(eta) / eta / eta)  # inf for eta = 0

    def valid(self, eta: Array) -> BoolArray:
        return (eta > 0.0) & (eta < np.inf)


class Sqrt(_Unbounded, verified=True):
    """eta = sqrt(mu), eta > 0."""

    name = "sqrt"

    def __call__(self, mu: Array) -> Array:
        with np.errstate(invalid="ignore"):  # NaN for mu < 0
            return np.sqrt(mu)

    def _mean_and_slope(self, eta: Array) -> tuple[Array, Array]:
        with np.errstate(over="ignore", under="ignore"):  # beyond the range of doubles
            return eta * eta, 2.0 * eta

    def _complement(self, eta: Array, mu: Array) -> Array:
        with np.errstate(over="ignore"):  # -inf when mu = inf
            return (1.0 - eta) * (1.0 + eta)

    def curvature(self, eta: Array) -> Array:
        return np.full_like(eta, 2.0)

    def valid(self, eta: Array) -> BoolArray:
        return (eta > 0.0) & (eta < np.inf)


@dataclass(frozen=True)
class Power(_Unbounded, verified=True):
    """eta = mu^p, mu > 0, for any p but 0 (whose limit is the log link).

    Examples
    --------
    >>> import numpy as np
    >>> Power(0.5).name, Power(0.5)(np.array([4.0]))
    ('mu^0.5', array([2.]))
    """

    p: float

    def __post_init__(self) -> None:
        if not np.isfinite(self.p) or self.p == 0.0:
            raise FamilyError(
                f"A power link needs a finite power other than 0, not {self.p}. "
                "The limit for a power going to 0 is Log().",
                p=self.p,
            )

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name, ``mu^p`` with p to six digits."""
        return f"mu^{self.p:.6g}"

    def __call__(self, mu: Array) -> Array:
        with np.errstate(all="ignore"):  # NaN for mu < 0, inf or 0 beyond the range of doubles
            return np.asarray(np.power(mu, self.p))

    def _mean_and_slope(self, eta: Array) -> tuple[Array, Array]:
        with np.errstate(all="ignore"):  # NaN for eta < 0, inf or 0 beyond the range of doubles
            q = 1.0 / self.p
            return np.power(eta, q), np.asarray(q * np.power(eta, q - 1.0))

    def _complement(self, eta: Array, mu: Array) -> Array:
        with np.errstate(all="ignore"):  # as for the mean
            near = -np.expm1(np.log(eta) / self.p)
            return np.where(np.abs(near) < 0.5, near, 1.0 - mu)

    def curvature(self, eta: Array) -> Array:
        with np.errstate(all="ignore"):  # as for the mean
            q = 1.0 / self.p
            return np.asarray(q * (q - 1.0) * np.power(eta, q - 2.0))

    def valid(self, eta: Array) -> BoolArray:
        return (eta > 0.0) & (eta < np.inf)


class Logit(Link, verified=True):
    """eta = log(mu / (1 - mu))."""

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
    """eta = Phi^-1(mu), the normal quantile."""

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
    """eta = tan(pi (mu - 1/2)), the Cauchy quantile."""

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
    """eta = log(-log(1 - mu)), the complementary log-log link of grouped survival times."""

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
    """eta = -log(-log(mu)), the mirror image of the complementary log-log link."""

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
