"""The distribution of a new observation, the uncertainty of the estimates included.

Given the estimates, y has the family's distribution with mean g^-1(eta) and dispersion phi.
The estimates are taken as normal: phi = phi_hat s with s ~ df / chi-square_df where the
dispersion is estimated (s = 1 where it is known), and eta | s ~ N(eta_hat, s se^2). Both are
integrated out by Gauss-Hermite quadrature, s through the normal quantile of its chi-square,
which makes it smooth. For the normal family with the identity link the result is Student's
t in closed form. What of eta leads outside the range of the mean is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from glmkit._typing import Array
from glmkit.families.base import Family, Mean
from glmkit.inference.reference import interval_quantile

__all__ = ["Predictive"]

KNOWN_NODES = 25  # over eta alone
ETA_NODES, DISPERSION_NODES = 9, 9  # over eta and the dispersion
CLOSE = 1e-9  # relative width at which a quantile of a continuous family is found
MOST_STEPS = 400  # of a search; each doubles a bracket or narrows it
ROWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Predictive:
    """The predictive distributions of m new observations.

    Parameters
    ----------
    family : Family
    eta, error : (m,) arrays
        Estimate and standard error on the link scale, error not nan.
    dispersion, df : float
        The dispersion; its degrees of freedom, inf where it is known.
    weights, trials : (m,) arrays or None
    """

    family: Family
    eta: Array
    error: Array
    dispersion: float
    df: float
    weights: Array | None = None
    trials: Array | None = None

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return the ends of the equal-tailed interval, (m,) each.

        Of a discrete family they are responses, and each tail outside holds at most
        (1 - level) / 2.
        """
        if self.family.normal and self.family.canonical:
            return self._student(level)
        tail = 0.5 * (1.0 - level)
        parts = [self._rows(slice(i, i + ROWS_AT_ONCE)) for i in range(0, len(self.eta), ROWS_AT_ONCE)]
        ends = [np.concatenate([part.quantile(p) for part in parts] or [self.eta]) for p in (tail, 1 - tail)]
        return ends[0], ends[1]

    def _student(self, level: float) -> tuple[Array, Array]:
        weights = np.ones(len(self.eta)) if self.weights is None else self.weights
        with np.errstate(divide="ignore"):  # weight 0: an infinite spread
            spread = np.sqrt(self.dispersion / weights + self.error**2)
        half = interval_quantile(level, self.df) * spread
        return self.eta - half, self.eta + half

    def _rows(self, rows: slice) -> Predictive:
        weights = None if self.weights is None else self.weights[rows]
        trials = None if self.trials is None else self.trials[rows]
        law = (self.family, self.eta[rows], self.error[rows], self.dispersion, self.df)
        return Predictive(*law, weights, trials)

    def quantile(self, p: float) -> Array:
        """Return the smallest response y with P(Y <= y) >= p, (m,)."""
        mixture = _Mixture.of(self)
        start = self.family.quantile(
            np.full(len(self.eta), p), self.family.mean(self.eta), self.dispersion, self.weights, self.trials
        )
        low, high = _bracket(mixture, start, p)
        return _root(mixture, low, high, p)


@dataclass(frozen=True, eq=False)
class _Mixture:
    """The family's distribution at K nodes for each of m rows, with their weights."""

    family: Family
    mean: Mean  # (m K,) each
    share: Array  # (m, K)
    dispersion: float
    weights: Array | None  # (m K,)
    trials: Array | None  # (m K,)
    spacing: Array  # (m,) between neighbouring responses; 0 for a continuous family

    @classmethod
    def of(cls, law: Predictive) -> _Mixture:
        z, s, share = _nodes(law.df)
        eta = (law.eta[:, None] + law.error[:, None] * np.sqrt(s) * z).ravel()
        family = law.family
        with np.errstate(all="ignore"):  # nodes outside the link's domain are left out below
            mean = family.mean(eta)
            valid = family.link.valid(eta) & family.valid_mean(mean)
        inside = family.mean(np.where(valid, eta, np.repeat(law.eta, len(z))))
        shares = np.where(valid.reshape(-1, len(z)), share, 0.0)
        total = np.sum(shares, axis=1, keepdims=True)
        # A mean on the edge, fixed there: all nodes stand at the estimate itself.
        shares = np.where(total > 0.0, shares / np.where(total > 0.0, total, 1.0), share)
        ones = np.ones(len(law.eta))
        weights = (ones if law.weights is None else law.weights)[:, None] / s
        given = None if law.weights is None and np.isinf(law.df) else weights.ravel()
        trials = None if law.trials is None else np.repeat(law.trials, len(z))
        spacing = ones - family.below(ones, law.weights, law.trials)
        return cls(family, inside, shares, law.dispersion, given, trials, spacing)

    def cdf(self, y: Array) -> Array:
        """Return P(Y <= y), (m,)."""
        repeated = np.repeat(y, self.share.shape[1])
        values = self.family.cdf(repeated, self.mean, self.dispersion, self.weights, self.trials)
        return np.asarray(np.sum(values.reshape(self.share.shape) * self.share, axis=1))


def _nodes(df: float) -> tuple[Array, Array, Array]:
    """Return standard normal nodes for eta, factors s of the dispersion, and weights, (K,) each."""
    if np.isinf(df):
        z, share = _normal_nodes(KNOWN_NODES)
        return z, np.ones(len(z)), share
    z, eta_share = _normal_nodes(ETA_NODES)
    v, phi_share = _normal_nodes(DISPERSION_NODES)
    s = df / special.chdtri(df, special.ndtr(v))  # chdtri is the upper quantile
    return np.repeat(z, len(v)), np.tile(s, len(z)), np.outer(eta_share, phi_share).ravel()


def _normal_nodes(n: int) -> tuple[Array, Array]:
    z, share = np.polynomial.hermite_e.hermegauss(n)
    return z, share / np.sqrt(2.0 * np.pi)


def _bracket(mixture: _Mixture, start: Array, p: float) -> tuple[Array, Array]:
    """Return low with P(Y <= low) < p and high with P(Y <= high) >= p, (m,) each, on the lattice."""
    step = np.where(mixture.spacing > 0, mixture.spacing, 0.1 * np.abs(start) + 1e-300)
    low, high = start.copy(), start.copy()
    for _ in range(MOST_STEPS):
        short, long = mixture.cdf(high) < p, mixture.cdf(low) >= p
        if not np.any(short | long):
            break
        high = np.where(short, high + step, high)
        low = np.where(long, low - step, low)
        step = 2.0 * step
    return low, high


def _root(mixture: _Mixture, low: Array, high: Array, p: float) -> Array:
    """Return the end of the bracket where P(Y <= y) reaches p; secants and halvings in turn."""
    spacing = mixture.spacing
    under, over = mixture.cdf(low) - p, mixture.cdf(high) - p
    for turn in range(MOST_STEPS):
        wide = high - low > np.maximum(1.5 * spacing, CLOSE * np.maximum(np.abs(low), np.abs(high)))
        if not np.any(wide):
            break
        with np.errstate(divide="ignore", invalid="ignore"):  # closed brackets
            secant = low + (high - low) * (-under / (over - under))
        middle = 0.5 * (low + high) if turn % 3 == 2 else secant
        middle = _on_lattice(middle, low, high, spacing)
        value = mixture.cdf(middle) - p
        rise, fall = wide & (value < 0), wide & (value >= 0)
        # Illinois: an end that stays counts half, so that it moves in the end.
        over = np.where(fall, value, np.where(rise, 0.5 * over, over))
        under = np.where(rise, value, np.where(fall, 0.5 * under, under))
        low, high = np.where(rise, middle, low), np.where(fall, middle, high)
    return high


def _on_lattice(middle: Array, low: Array, high: Array, spacing: Array) -> Array:
    """Return a point strictly between low and high; a response, where responses are discrete."""
    discrete = spacing > 0
    step = np.where(discrete, spacing, 1.0)
    snapped = low + step * np.round((middle - low) / step)
    snapped = np.minimum(np.maximum(snapped, low + step), high - step)
    inside = np.minimum(np.maximum(middle, low), high)
    return np.where(discrete, snapped, np.where(np.isfinite(middle), inside, 0.5 * (low + high)))
