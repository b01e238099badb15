"""What a family is: the protocol every family of distributions answers.

Symbols, those of McCullagh & Nelder (1989), chapter 2: V the variance function, phi the
dispersion, w the prior weight, so that var(y) = phi V(mu) / w; d the unit deviance,
d(y, mu) = 2 * integral from mu to y of (y - t) / V(t) dt. The log-likelihood of every
family here is its value at mu = y less w d / (2 phi).

Values that several rows share may be returned as read-only views; nothing a family
returns may be written into.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Self

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.errors import FamilyError
from glmkit.families._checks import TRIAL_MEANS, check_variance, differences
from glmkit.families.distribution import Distribution
from glmkit.families.kind import AnyKind
from glmkit.families.likelihood_remarks import LikelihoodRemarks
from glmkit.families.link import Link, Mean, read_only
from glmkit.families.link_names import LinkLike, link_from
from glmkit.families.links import Log
from glmkit.families.parameters import Parameters

__all__ = ["Family", "Mean"]


@dataclass(frozen=True, init=False, repr=False)
class Family(AnyKind, Parameters, Distribution, LikelihoodRemarks, ABC):
    """A family of distributions with its link; a frozen value.

    Parameters
    ----------
    link : Link, Link class or str, optional
        :attr:`default_link` if left out.

    Examples
    --------
    >>> from glmkit.families import Poisson, Sqrt
    >>> Poisson(), Poisson("sqrt") == Poisson(link=Sqrt()) == Poisson(Sqrt)
    (Poisson(link="log"), True)
    """

    link: Link = None  # type: ignore[assignment]  # stands for default_link

    name: ClassVar[str]
    """R's spelling."""
    support: ClassVar[str]
    """The admitted responses, in words."""
    default_link: ClassVar[Link]
    canonical_link: ClassVar[Link | None] = None
    canonical_slope: ClassVar[float] = 1.0
    """d theta / d eta for the canonical link: dmu / V(mu), a constant."""
    dispersion: ClassVar[float | None] = 1.0
    """1.0 when known, None when it is estimated."""
    response_kind: ClassVar[str] = "numeric"
    has_likelihood: ClassVar[bool] = True
    variance_text: ClassVar[str] = "V(mu)"
    """The variance function as equations write it, in ``mu`` and the family's own parameters."""
    counts: ClassVar[bool] = False
    """Whether responses are counts, of which zeros may be too many."""
    spread_alternatives: ClassVar[tuple[str, ...]] = ()
    """Larger variances that have a test of their own: linear and quadratic in the mean, or beta-binomial."""
    bounded_mean: ClassVar[bool] = False
    """Whether the family reads 1 - mu."""
    normal: ClassVar[bool] = False
    """Whether the response is normal about its mean."""
    ratio_names: ClassVar[Mapping[Link, str]] = {}
    overdispersion_cure: ClassVar[str] = "a quasi family, whose dispersion is estimated"
    """What to try when the response varies more than the family allows, in words."""

    _verified: ClassVar[bool] = False

    def __init_subclass__(cls, verified: bool = False) -> None:
        cls._verified = verified

    def __init__(self, link: LinkLike | None = None) -> None:
        object.__setattr__(self, "link", link)
        self.__post_init__()

    def __post_init__(self) -> None:
        """Read the link; check the deviance of own families."""
        link = self.default_link if self.link is None else link_from(self.link)
        object.__setattr__(self, "link", link)
        if not self._verified:
            self._check()

    def _check(self) -> None:
        m = _flat_mean(TRIAL_MEANS)
        admitted = self.in_support(m.mu) & self.valid_mean(m)
        mu = TRIAL_MEANS[admitted]
        variance = self.variance(_flat_mean(mu))
        check_variance(repr(self), mu, variance, lambda y, t: self.unit_deviance(y, _flat_mean(t)))

    def __repr__(self) -> str:
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "link"}
        shown = [f"{name}={_shown(value)}" for name, value in named.items()]
        return f"{type(self).__name__}({', '.join([*shown, f'link={_shown(self.link.name)}'])})"

    def with_link(self, link: LinkLike) -> Self:
        """Return the same family with another link.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.Gamma().with_link("log")
        Gamma(link="log")
        """
        return replace(self, link=link_from(link))

    # -- names -------------------------------------------------------------------------

    @property
    def discrete(self) -> bool:
        """Whether the likelihood is a probability, which does not change with the unit of the response."""
        return self.counts or self.response_kind != "numeric"

    @property
    def heading(self) -> str:
        """The kind of model, family and link."""
        return f"Generalized linear model: {self.title}, {self.link.name} link"

    @property
    def canonical(self) -> bool:
        """Whether the link is the canonical one, so that dmu = canonical_slope * V(mu).

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.Poisson().canonical, gk.Poisson("sqrt").canonical
        (True, False)
        """
        return self.link == self.canonical_link

    @property
    def constant_weight(self) -> float | None:
        """The working weight dmu^2 / V(mu) where it is the same for every mean; None elsewhere."""
        return None

    @property
    def log_rates(self) -> bool:
        """Whether the score of a row is y - mu and the link the log: an offset makes rates of counts."""
        return self.canonical and self.link == Log()

    @property
    def loglik_by_deviance(self) -> bool:
        """Whether the log-likelihood is :meth:`saturated` less the deviance's share, row by row."""
        return type(self).loglik is Family.loglik

    @property
    def ratio_name(self) -> str:
        """What exp(coefficient) is, such as "odds ratio"; empty when it is no ratio.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.Binomial().ratio_name, gk.Binomial("log").ratio_name
        ('odds ratio', 'risk ratio')
        """
        return self.ratio_names.get(self.link, "")

    @property
    def loss_name(self) -> str:
        """What :meth:`nll` is called as a training loss.

        Examples
        --------
        >>> import glmkit as gk
        >>> gk.Bernoulli().loss_name
        'binary cross-entropy with logits'
        """
        return f"{self.title} NLL"

    # -- responses and means -----------------------------------------------------------

    def check_response(self, y: Array, weights: Array, trials: Array | None = None) -> BoolArray:
        """Return the mask, (n,), of rows the family cannot take.

        Rows of weight zero may lie outside the support, but must be finite.
        """
        with np.errstate(invalid="ignore"):  # NaN compares false, and is not finite
            return ~np.isfinite(y) | ((weights > 0.0) & ~self.in_support(y, trials))

    @abstractmethod
    def in_support(self, y: Array, trials: Array | None = None) -> BoolArray:
        """Return which responses, (n,), the family admits."""

    def mean(self, eta: Array) -> Mean:
        """Return the link's mean, sparing 1 - mu where this family never reads it.

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.Poisson().mean(np.log([2.0, 3.0])).mu
        array([2., 3.])
        """
        return self.link.mean(eta) if self.bounded_mean else self.link.mean_without_complement(eta)

    @abstractmethod
    def valid_mean(self, m: Mean) -> BoolArray:
        """Return which means, (n,), lie in the family's range (or underflow towards its edge)."""

    def start(self, y: Array, weights: Array, average: float | None = None) -> Array:
        """Return starting means, (n,): R's, and their weighted mean (or `average`) where the link has none.

        Raises
        ------
        FamilyError
            When the weighted mean of y does not suit the link either.
        """
        mu = np.asarray(self._start(y, weights), dtype=np.float64)
        bad = ~self._admits(mu)
        if bad.any():
            if average is None:
                average = float(np.average(mu, weights=weights) if weights.sum() > 0.0 else np.mean(mu))
            mu = np.where(bad, average, mu)
            if not self._admits(np.atleast_1d(average)).all():
                raise FamilyError(
                    f"No starting values: the {self.link.name} link of {self!r} does not admit "
                    f"{average:.6g}, the mean of the response. Pass start= with coefficients "
                    "whose fitted means lie in its range.",
                    rows=np.flatnonzero(bad).tolist(),
                )
        return mu

    def start_total(self, y: Array, weights: Array) -> float:
        """Return the weighted sum of R's starting means, of which `start` may need the average."""
        return float(weights @ np.asarray(self._start(y, weights), dtype=np.float64))

    def _start(self, y: Array, weights: Array) -> Array:
        return y

    def _admits(self, mu: Array) -> BoolArray:
        """Return which means survive the way through the link and back."""
        eta = self.link(mu)
        return np.isfinite(eta) & self.link.valid(eta) & self.valid_mean(self.mean(eta))

    # -- moments -----------------------------------------------------------------------

    @abstractmethod
    def variance(self, m: Mean) -> Array:
        """Return V(mu), (n,).

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.Gamma("log").variance(gk.Gamma("log").mean(np.log([2.0, 3.0]))).round(12)
        array([4., 9.])
        """

    def variance_slope(self, m: Mean) -> Array:
        """Return dV / dmu, (n,); by differences for a family that does not say."""
        return differences(lambda mu: self.variance(_flat_mean(mu)), m.mu)

    def working_weight(self, m: Mean) -> Array:
        """Return dmu^2 / V(mu), (n,), in a form that does not overflow before its value does.

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.Poisson().working_weight(gk.Poisson().mean(np.log([2.0, 3.0])))
        array([2., 3.])
        """
        if self.canonical:  # dmu = c V, so that dmu^2 / V = c dmu
            slope = self.canonical_slope
            return read_only(m.dmu) if slope == 1.0 else slope * m.dmu
        return self._working_weight(m)

    def _working_weight(self, m: Mean) -> Array:
        return m.dmu / self.variance(m) * m.dmu

    def response_residual(self, y: Array, m: Mean) -> Array:
        """Return y - mu, (n,), without cancellation where the mean has an exact complement."""
        return y - m.mu

    def working_residual(self, y: Array, m: Mean) -> Array:
        """Return (y - mu) / dmu, (n,); 0 where the mean is flat, dmu = 0."""
        flat = m.dmu == 0.0
        with np.errstate(over="ignore", invalid="ignore"):  # a step as far as can be, or from infinity
            return np.where(flat, 0.0, self.response_residual(y, m) / np.where(flat, 1.0, m.dmu))

    def score_residual(self, y: Array, m: Mean) -> Array:
        """Return (y - mu) dmu / V(mu), (n,): minus half the deviance's derivative by eta."""
        if self.canonical:
            residual = self.response_residual(y, m)
            return residual if self.canonical_slope == 1.0 else self.canonical_slope * residual
        return self._score_residual(y, m)

    def _score_residual(self, y: Array, m: Mean) -> Array:
        return self.response_residual(y, m) * (m.dmu / self.variance(m))

    def pearson(self, y: Array, m: Mean) -> Array:
        """Return (y - mu) / sqrt(V(mu)), (n,)."""
        return self.response_residual(y, m) / np.sqrt(self.variance(m))

    # -- deviance and likelihood -------------------------------------------------------

    @abstractmethod
    def unit_deviance(self, y: Array, m: Mean) -> Array:
        """Return d(y, mu) >= 0, (n,), accurate where y is close to mu.

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.Poisson().unit_deviance(np.array([0.0]), gk.Poisson().mean(np.log([4.0])))
        array([8.])
        """

    def saturated(
        self, y: Array, weights: Array, dispersion: float = 1.0, trials: Array | None = None
    ) -> Array:
        """Return the log-likelihood of each row at mu = y, (n,), its weight included.

        NaN for a family that does not say; set ``has_likelihood = False`` there.
        """
        return np.full(y.shape, np.nan)

    def loglik(
        self,
        y: Array,
        m: Mean,
        weights: Array,
        dispersion: float = 1.0,
        trials: Array | None = None,
    ) -> Array:
        """Return the log-likelihood of each row, (n,), with R's conventions for weights.

        Weights of the Gaussian and Tweedie families divide the dispersion; those of the
        others multiply the log density. Rows of weight zero give 0. NaN where the number
        does not exist (see :meth:`likelihood_note`).
        """
        deviance = self.unit_deviance(y, m)
        with np.errstate(divide="ignore", invalid="ignore"):  # dispersion 0: a perfect fit
            loss = np.where(deviance == 0.0, 0.0, weights * deviance / (2.0 * dispersion))
            value = self.saturated(y, weights, dispersion, trials) - loss
        return np.where(weights > 0.0, value, 0.0)

    def profiled(self, deviance: float, dispersion: float, nobs: float) -> float:
        """Return -2 log L up to a constant, as models with fewer terms are compared: deviance / phi.

        The dispersion is held at the model's. A family whose likelihood is known at the
        maximum over the dispersion gives that instead.
        """
        return deviance / dispersion if dispersion > 0 else float("nan")

    def loglik_dispersion(
        self, deviance: float, weights: Array, freq: Array | None = None, y: Array | None = None
    ) -> float:
        """Return the dispersion at which R evaluates the likelihood: deviance / sum of weights."""
        if self.dispersion is not None:
            return self.dispersion
        return deviance / float(np.sum(weights if freq is None else weights * freq))

    # -- a training loss ---------------------------------------------------------------

    def nll(self, y: Array, eta: Array) -> Array:
        """Return -log L at weight and dispersion 1 up to terms free of eta, (n,).

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.Bernoulli().nll(np.array([1.0]), np.array([0.0])).round(4)  # log 2
        array([0.6931])
        """
        return 0.5 * self.unit_deviance(y, self.mean(eta))

    def nll_gradient(self, y: Array, eta: Array) -> Array:
        """Return d nll / d eta, (n,).

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.Bernoulli().nll_gradient(np.array([1.0]), np.array([0.0]))  # mu - y
        array([-0.5])
        """
        return -self.score_residual(y, self.mean(eta))


def _flat_mean(mu: Array) -> Mean:
    """Return trial means, for checks that do not involve a link."""
    return Mean(mu, 1.0 - mu, np.ones_like(mu))


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
