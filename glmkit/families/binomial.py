"""The binomial family; the response is the proportion y of successes in m trials.

Symbols as in :mod:`glmkit.families.base`, comu = 1 - mu. Weights hold the trials already.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import numpy as np
from scipy import special

from glmkit._typing import Array, BoolArray
from glmkit.families._draws import binomial_draws
from glmkit.families._kernels import log_choose_ratio, relative_entropy
from glmkit.families._quantiles import count_quantile
from glmkit.families.base import Family
from glmkit.families.link import Link, Mean
from glmkit.families.links import CLogLog, Log, Logit
from glmkit.numerics.tails import log_beta_lower

__all__ = ["Bernoulli", "Binomial"]

_WHOLE: Final = 1e-3
"""Distance up to which successes count as whole: R's, above the rounding of 5/7 * 7."""
_RARE: Final = 0.03
"""Below it -log(1 - q) loses two digits, and log1p is worth its price."""


class Binomial(Family, verified=True):
    """The binomial family: V = mu (1 - mu), dispersion 1.

    Examples
    --------
    >>> Binomial(), Binomial().ratio_name, Binomial("log").ratio_name
    (Binomial(link="logit"), 'odds ratio', 'risk ratio')
    """

    name: ClassVar[str] = "binomial"
    title: ClassVar[str] = "Binomial"
    variance_text: ClassVar[str] = "mu (1 - mu)"
    support: ClassVar[str] = "0/1, or proportions between 0 and 1"
    default_link: ClassVar[Link] = Logit()
    canonical_link: ClassVar[Link | None] = Logit()
    response_kind: ClassVar[str] = "binomial"
    bounded_mean: ClassVar[bool] = True
    overdispersion_cure: ClassVar[str] = "QuasiBinomial()"
    spread_alternatives: ClassVar[tuple[str, ...]] = ("beta-binomial",)
    ratio_names: ClassVar[Mapping[Link, str]] = {
        Logit(): "odds ratio", Log(): "risk ratio", CLogLog(): "hazard ratio",
    }  # fmt: skip

    @property
    def loss_name(self) -> str:
        return "binary cross-entropy with logits" if self.canonical else "binary cross-entropy"

    def in_support(self, y: Array, trials: Array | None = None) -> BoolArray:
        return (y >= 0.0) & (y <= 1.0)

    def valid_mean(self, m: Mean) -> BoolArray:
        # A mean of 0 or 1 is an underflow, and harmless, when it is flat.
        inner = (m.mu > 0.0) & (m.comu > 0.0)
        flat = (m.dmu == 0.0) & ((m.mu == 0.0) | (m.comu == 0.0))
        return np.asarray(inner | flat)

    def _start(self, y: Array, weights: Array) -> Array:
        return (weights * y + 0.5) / (weights + 1.0)

    def variance(self, m: Mean) -> Array:
        with np.errstate(under="ignore"):  # 0 beyond the range of doubles
            return m.mu * m.comu

    def variance_slope(self, m: Mean) -> Array:
        return m.comu - m.mu

    def _working_weight(self, m: Mean) -> Array:
        # (dmu / mu) (dmu / comu); 0 where the mean has underflowed
        with np.errstate(under="ignore"):  # 0 beyond the range of doubles
            return _ratio(m.dmu, m.mu) * _ratio(m.dmu, m.comu)

    def response_residual(self, y: Array, m: Mean) -> Array:
        # y comu - (1 - y) mu: at y = 1 this is comu itself
        residual = y * m.comu
        residual -= (1.0 - y) * m.mu
        return residual

    def _score_residual(self, y: Array, m: Mean) -> Array:
        # y dmu / mu - (1 - y) dmu / comu would cancel near y = mu; this form does not
        residual = self.response_residual(y, m)
        larger = np.maximum(m.mu, m.comu)
        smaller = np.minimum(m.mu, m.comu)
        return _ratio(residual, smaller) * (m.dmu / larger)

    def pearson(self, y: Array, m: Mean) -> Array:
        larger = np.maximum(m.mu, m.comu)
        smaller = np.minimum(m.mu, m.comu)
        with np.errstate(divide="ignore"):  # inf where an impossible thing happened
            return _ratio(self.response_residual(y, m), np.sqrt(smaller)) / np.sqrt(larger)

    def unit_deviance(self, y: Array, m: Mean) -> Array:
        if _binary(y):
            return _binary_deviance(y, m)
        # (y - mu) + ((1 - y) - comu) = 0 turns the two terms into two relative entropies
        deviance = relative_entropy(y, m.mu)
        deviance += relative_entropy(1.0 - y, m.comu)
        deviance *= 2.0
        return deviance

    def saturated(
        self, y: Array, weights: Array, dispersion: float = 1.0, trials: Array | None = None
    ) -> Array:
        size = self._size(y, weights, trials)
        count = np.rint(size)
        value = log_choose_ratio(np.rint(size * y), count)
        return np.where(count > 0.0, weights / np.where(size > 0.0, size, 1.0) * value, 0.0)

    def loglik(
        self,
        y: Array,
        m: Mean,
        weights: Array,
        dispersion: float = 1.0,
        trials: Array | None = None,
    ) -> Array:
        """Return the log-likelihood of each row, (n,): R's (w/m) log C(m, my) mu^my comu^(m - my).

        Trials and successes are rounded to whole numbers as in R, except that rows with
        y = 0 or y = 1 keep fractional weights.
        """
        outcome, share = self._counted(y, weights, trials)
        loss = 0.5 * share * self.unit_deviance(outcome, m)
        return self.saturated(y, weights, dispersion, trials) - np.where(share > 0.0, loss, 0.0)

    def _counted(self, y: Array, weights: Array, trials: Array | None) -> tuple[Array, Array]:
        """Return the proportion of rounded counts, and the weight its deviance carries."""
        size = self._size(y, weights, trials)
        count = np.rint(size)
        some = np.where(count > 0.0, count, 1.0)
        sure = (y == 0.0) | (y == 1.0)
        outcome = np.where(sure, y, np.minimum(np.rint(size * y) / some, 1.0))
        factor = np.where(sure, 1.0, count / np.where(size > 0.0, size, 1.0))
        return outcome, weights * factor

    def broken_rows(self, y: Array, weights: Array, trials: Array | None = None) -> int:
        size = self._size(y, weights, trials)
        successes = size * y
        broken = (np.abs(successes - np.rint(successes)) > _WHOLE) & (y > 0.0) & (y < 1.0)
        return int(np.count_nonzero(broken & (weights > 0.0)))

    def broken_note(self, rows: int) -> str | None:
        if not rows:
            return None
        return (
            f"The number of successes is not whole in {rows} rows; the log-likelihood, AIC and "
            "BIC use the nearest whole numbers, as R does."
        )

    def _size(self, y: Array, weights: Array | None, trials: Array | None) -> Array:
        """Return the trials of each row: as R decides, the weights unless trials exceed 1."""
        if trials is not None and (weights is None or (trials > 1.0).any()):
            return trials
        return np.ones_like(y) if weights is None else weights

    def _parameter(self, m: Mean, dispersion: float, weights: Array | None, trials: Array | None) -> Array:
        return np.rint(self._size(m.mu, weights, trials))

    def _drawable(self, m: Mean, parameter: Array) -> BoolArray:
        return np.isfinite(m.mu) & (parameter > 0.0)

    def _still(self, m: Mean, parameter: Array) -> BoolArray:
        return np.zeros(m.mu.shape, dtype=bool)

    def below(self, y: Array, weights: Array | None = None, trials: Array | None = None) -> Array:
        size = np.rint(self._size(y, weights, trials))
        with np.errstate(divide="ignore", invalid="ignore"):  # without trials there is no response
            return (np.rint(size * y) - 1.0) / size

    def _cdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        count = _successes(y, parameter)
        inner = np.clip(count, 0.0, np.maximum(parameter - 1.0, 0.0))
        value = special.betainc(np.maximum(parameter - inner, 1.0), inner + 1.0, m.comu)
        return np.where(count < 0.0, 0.0, np.where(count >= parameter, 1.0, value))

    def _sf(self, y: Array, m: Mean, parameter: Array) -> Array:
        count = _successes(y, parameter)
        inner = np.clip(count, 0.0, np.maximum(parameter - 1.0, 0.0))
        value = special.betainc(inner + 1.0, np.maximum(parameter - inner, 1.0), m.mu)
        return np.where(count < 0.0, 1.0, np.where(count >= parameter, 0.0, value))

    def _logcdf(self, y: Array, m: Mean, parameter: Array) -> Array:
        count = _successes(y, parameter)
        inner = np.clip(count, 0.0, np.maximum(parameter - 1.0, 0.0))
        value = log_beta_lower(np.maximum(parameter - inner, 1.0), inner + 1.0, m.comu, m.mu)
        return np.where(count < 0.0, -np.inf, np.where(count >= parameter, 0.0, value))

    def _logsf(self, y: Array, m: Mean, parameter: Array) -> Array:
        count = _successes(y, parameter)
        inner = np.clip(count, 0.0, np.maximum(parameter - 1.0, 0.0))
        value = log_beta_lower(inner + 1.0, np.maximum(parameter - inner, 1.0), m.mu, m.comu)
        return np.where(count < 0.0, 0.0, np.where(count >= parameter, -np.inf, value))

    def _quantile(self, p: Array, m: Mean, parameter: Array) -> Array:
        some = np.where(parameter > 0.0, parameter, np.nan)
        count = count_quantile(lambda k: self._cdf(k / some, m, parameter), p, parameter * m.mu, parameter)
        return count / some

    def _draw(self, m: Mean, parameter: Array, rng: np.random.Generator) -> Array:
        return binomial_draws(parameter, np.clip(m.mu, 0.0, 1.0), rng) / parameter

    def nll(self, y: Array, eta: Array) -> Array:
        yes = np.where(y > 0.0, self.link.log_mean(eta), 0.0)
        no = np.where(y < 1.0, self.link.log_complement(eta), 0.0)
        return -(y * yes + (1.0 - y) * no)


class Bernoulli(Binomial, verified=True):
    """The binomial family of single trials: refuses trials above 1; weights count cases.

    Examples
    --------
    >>> import numpy as np
    >>> y, weights = np.array([0.0, 1.0, 0.5]), np.ones(3)
    >>> Bernoulli().check_response(y, weights)
    array([False, False,  True])
    """

    name: ClassVar[str] = "bernoulli"
    title: ClassVar[str] = "Bernoulli"
    support: ClassVar[str] = "0/1, one trial a row"

    def in_support(self, y: Array, trials: Array | None = None) -> BoolArray:
        single: BoolArray = (y == 0.0) | (y == 1.0)
        return single if trials is None else np.asarray(single & (trials <= 1.0))

    def _size(self, y: Array, weights: Array | None, trials: Array | None) -> Array:
        return np.ones_like(y)


def _successes(y: Array, size: Array) -> Array:
    """Return floor(size * y), a hair short of a whole number counting as that number."""
    with np.errstate(invalid="ignore"):  # size 0
        scaled = size * y
        nearest = np.rint(scaled)
        return np.where(np.abs(scaled - nearest) <= 1e-9 * np.maximum(size, 1.0), nearest, np.floor(scaled))


def _ratio(top: Array, bottom: Array) -> Array:
    """Return top / bottom, 0 where both vanish."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # 0/0 is replaced
        value = np.asarray(top / bottom)
    if np.isnan(value).any():
        value[(top == 0.0) & (bottom == 0.0)] = 0.0
    return value


def _binary(y: Array) -> bool:
    return not (y * (1.0 - y)).any()


def _binary_deviance(y: Array, m: Mean) -> Array:
    """Return -2 log(mu) where y = 1, -2 log(comu) where y = 0."""
    miss = y * m.comu
    hit = 1.0 - y
    miss += hit * m.mu
    hit *= m.comu
    hit += y * m.mu
    with np.errstate(divide="ignore"):  # inf where an impossible thing happened
        deviance = np.log(hit, out=hit)
    deviance *= -2.0
    likely = miss < _RARE
    if likely.any():
        deviance[likely] = -2.0 * np.log1p(-miss[likely])
    return deviance
