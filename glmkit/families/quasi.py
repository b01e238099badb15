"""Quasi-likelihood: a mean and a variance function, an estimated dispersion, no distribution.

Wedderburn (1974). The quasi-deviance for a variance function is the deviance of the
family that has it. The log-likelihood is NaN; drawing and tail probabilities are refused.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.errors import FamilyError
from glmkit.families.base import Family
from glmkit.families.binomial import Binomial
from glmkit.families.link import Link, Mean
from glmkit.families.link_names import LinkLike
from glmkit.families.links import Log
from glmkit.families.positive import Gamma, InverseGaussian
from glmkit.families.standard import Gaussian, Poisson

__all__ = ["Quasi", "QuasiBinomial", "QuasiPoisson"]

_EDGE: Final = 0.001
"""R's distance from 0 and 1 of the starting means of ``quasi`` for proportions."""


class _NoLikelihood(Family, verified=True):
    """A family whose dispersion is estimated and whose likelihood does not exist."""

    dispersion: ClassVar[float | None] = None
    has_likelihood: ClassVar[bool] = False

    def saturated(
        self, y: Array, weights: Array, dispersion: float = 1.0, trials: Array | None = None
    ) -> Array:
        return np.full(y.shape, np.nan)

    def loglik(
        self,
        y: Array,
        m: Mean,
        weights: Array,
        dispersion: float = 1.0,
        trials: Array | None = None,
    ) -> Array:
        """Return NaN for each row, (n,): there is no likelihood."""
        return np.full(y.shape, np.nan)

    def broken_note(self, rows: int) -> str | None:
        return f"{self.title} models have no likelihood: the log-likelihood, AIC and BIC are NaN."

    def _cdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        raise self._no_distribution()

    def _sf(self, y: Array, m: Mean, parameter: Array) -> Array:
        raise self._no_distribution()

    def _logcdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        raise self._no_distribution()

    def _logsf(self, y: Array, m: Mean, parameter: Array) -> Array:
        raise self._no_distribution()

    def _quantile(self, p: Array, m: Mean, parameter: Array) -> Array:
        raise self._no_distribution()

    def _draw(self, m: Mean, parameter: Array, rng: np.random.Generator) -> Array:
        raise self._no_distribution()


class QuasiPoisson(_NoLikelihood, Poisson, verified=True):
    """Poisson with an estimated dispersion: the same coefficients, honest standard errors.

    Parameters
    ----------
    link : Link, Link class or str, optional
        The log link if left out.

    Notes
    -----
    There is no distribution: the log-likelihood is NaN, and draws, quantiles and tail
    probabilities raise `NoLikelihoodError`.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.QuasiPoisson(), gk.QuasiPoisson().dispersion is None
    (QuasiPoisson(link="log"), True)
    """

    name: ClassVar[str] = "quasipoisson"
    title: ClassVar[str] = "Quasi-Poisson"
    support: ClassVar[str] = "numbers >= 0"


class QuasiBinomial(_NoLikelihood, Binomial, verified=True):
    """Binomial with an estimated dispersion: the same coefficients, honest standard errors.

    Parameters
    ----------
    link : Link, Link class or str, optional
        The logit link if left out.

    Notes
    -----
    There is no distribution: the log-likelihood is NaN, and draws, quantiles and tail
    probabilities raise `NoLikelihoodError`.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.QuasiBinomial("cloglog").ratio_name
    'hazard ratio'
    """

    name: ClassVar[str] = "quasibinomial"
    title: ClassVar[str] = "Quasi-binomial"


_BY_VARIANCE: Final[Mapping[str, type[Family]]] = {
    "constant": Gaussian,
    "mu": Poisson,
    "mu^2": Gamma,
    "mu^3": InverseGaussian,
    "mu(1-mu)": Binomial,
}


@dataclass(frozen=True, init=False, repr=False)
class Quasi(_NoLikelihood, verified=True):
    """Quasi-likelihood with a choice of variance function and any link.

    Parameters
    ----------
    variance : {"mu", "constant", "mu^2", "mu^3", "mu(1-mu)"}
        The variance function; ``**`` may stand for ``^``.
    link : Link, Link class or str, optional
        The log link if left out.
    variance_name : str, optional
        The variance again, under the name of the field that holds it, for
        `dataclasses.replace`.

    Notes
    -----
    Responses of 0 are refused with ``mu^2`` and ``mu^3``, whose quasi-deviance is
    infinite there (R replaces it by an arbitrary constant for ``mu^2``).

    There is no distribution: the log-likelihood is NaN, and draws, quantiles and tail
    probabilities raise `NoLikelihoodError`.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.Quasi("mu^2"), gk.Quasi().has_likelihood
    (Quasi(variance="mu^2", link="log"), False)
    """

    variance_name: str = "mu"

    name: ClassVar[str] = "quasi"
    title: ClassVar[str] = "Quasi-likelihood"
    default_link: ClassVar[Link] = Log()
    bounded_mean: ClassVar[bool] = True

    def __init__(
        self,
        variance: str = "mu",
        link: LinkLike | None = None,
        *,
        variance_name: str | None = None,
    ) -> None:
        super().__init__(link)
        given = variance if variance_name is None else variance_name
        name = "".join(str(given).lower().split()).replace("**", "^")
        if name not in _BY_VARIANCE:
            raise FamilyError(
                f"There is no variance function {given!r}. Use one of {', '.join(_BY_VARIANCE)}.",
                variance=given,
            )
        object.__setattr__(self, "variance_name", name)

    def __repr__(self) -> str:
        return f'Quasi(variance="{self.variance_name}", link="{self.link.name}")'

    @property
    def like(self) -> Family:
        """The family with the same variance function and link."""
        return _BY_VARIANCE[self.variance_name](self.link)

    @property
    def support(self) -> str:  # type: ignore[override]
        """The admitted responses, in words."""
        return "numbers between 0 and 1" if self.like.bounded_mean else self.like.support

    @property
    def variance_text(self) -> str:  # type: ignore[override]
        """The variance function as equations write it."""
        return self.like.variance_text

    @property
    def canonical_link(self) -> Link | None:  # type: ignore[override]
        """The link under which the quasi-score is linear in the response."""
        return self.like.canonical_link

    @property
    def canonical_slope(self) -> float:  # type: ignore[override]
        """The slope d theta / d eta for the canonical link: dmu / V(mu), a constant."""
        return self.like.canonical_slope

    @property
    def ratio_name(self) -> str:
        return self.like.ratio_name

    @property
    def loss_name(self) -> str:
        return self.like.loss_name

    def in_support(self, y: Array, trials: Array | None = None) -> BoolArray:
        return self.like.in_support(y, trials)

    def valid_mean(self, m: Mean) -> BoolArray:
        return self.like.valid_mean(m)

    def _start(self, y: Array, weights: Array) -> Array:
        if self.variance_name == "mu(1-mu)":
            return np.clip(y, _EDGE, 1.0 - _EDGE)
        return y + 0.1 * (y == 0.0) if self.variance_name == "mu" else y

    def variance(self, m: Mean) -> Array:
        return self.like.variance(m)

    def variance_slope(self, m: Mean) -> Array:
        return self.like.variance_slope(m)

    def working_weight(self, m: Mean) -> Array:
        return self.like.working_weight(m)

    def response_residual(self, y: Array, m: Mean) -> Array:
        return self.like.response_residual(y, m)

    def score_residual(self, y: Array, m: Mean) -> Array:
        return self.like.score_residual(y, m)

    def pearson(self, y: Array, m: Mean) -> Array:
        return self.like.pearson(y, m)

    def unit_deviance(self, y: Array, m: Mean) -> Array:
        return self.like.unit_deviance(y, m)

    def nll(self, y: Array, eta: Array) -> Array:
        return self.like.nll(y, eta)
