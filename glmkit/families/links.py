"""The links of means that are not probabilities, with names as R's, exact for every eta a double can hold.

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

from glmkit._typing import Array, BoolArray
from glmkit.errors import FamilyError
from glmkit.families.link import FunctionLink, Link, Mean, check_link, read_only
from glmkit.families.probability_links import Cauchit, CLogLog, Logit, LogLog, Probit

__all__ = [
    "CLogLog", "Cauchit", "FunctionLink", "Identity", "Inverse", "InverseSquare", "Link",
    "Log", "LogLog", "Logit", "Mean", "Power", "Probit", "Sqrt", "check_link",
]  # fmt: skip

_NAN: Final = np.float64(np.nan).tobytes()


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
    """eta = mu.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> link = gk.Identity()
    >>> eta = link(np.array([0.5, 4.0]))
    >>> eta.round(4), link.mean(eta).mu.round(4)
    (array([0.5, 4. ]), array([0.5, 4. ]))
    """

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
    """eta = log(mu).

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> link = gk.Log()
    >>> eta = link(np.array([0.5, 4.0]))
    >>> eta.round(4), link.mean(eta).mu.round(4)
    (array([-0.6931,  1.3863]), array([0.5, 4. ]))
    """

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
    """eta = 1 / mu; negative eta are means of a family that admits them, zero is nobody's.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> link = gk.Inverse()
    >>> eta = link(np.array([0.5, 4.0]))
    >>> eta.round(4), link.mean(eta).mu.round(4)
    (array([2.  , 0.25]), array([0.5, 4. ]))
    """

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
    """eta = 1 / mu^2, mu > 0.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> link = gk.InverseSquare()
    >>> eta = link(np.array([0.5, 4.0]))
    >>> eta.round(4), link.mean(eta).mu.round(4)
    (array([4.    , 0.0625]), array([0.5, 4. ]))
    """

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
    """eta = sqrt(mu), eta > 0.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> link = gk.Sqrt()
    >>> eta = link(np.array([0.5, 4.0]))
    >>> eta.round(4), link.mean(eta).mu.round(4)
    (array([0.7071, 2.    ]), array([0.5, 4. ]))
    """

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

    Parameters
    ----------
    p : float
        The power: finite, and not 0.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> gk.Power(0.5).name, gk.Power(0.5)(np.array([4.0]))
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
        """The name, ``mu^p`` with p to six digits.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.Power(2 / 3).name
        'mu^0.666667'
        """
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
