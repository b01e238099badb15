"""The cumulative family: ordinal regression by thresholds, such as proportional odds.

With levels 1 .. L in order, P(Y <= k) = F(zeta_k - x'b), k < L, where F is the inverse
link. The predictors of a row are eta_k = zeta_k - x'b - offset, so that a positive
coefficient goes with higher levels, as in MASS::polr and ordinal::clm (McCullagh 1980).

Symbols: f = F', p_k = F(eta_k) - F(eta_{k-1}), r_k = y_k / p_k for shares y_k.

References
----------
McCullagh, P. (1980). Regression models for ordinal data. Journal of the Royal Statistical
Society B 42, 109-142.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, NamedTuple, Self

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.errors import FamilyError
from glmkit.families._kernels import relative_entropy
from glmkit.families.link import Link
from glmkit.families.link_names import LinkLike, link_from
from glmkit.families.links import Logit
from glmkit.families.multinomial import draw_levels, saturated_shares
from glmkit.families.vector import MOVED, ComponentSpec, OpenRows, VectorFamily, level_names

__all__ = ["Cumulative"]

LINKS = ("logit", "probit", "cloglog", "loglog", "cauchit")


class _Ends(NamedTuple):
    """Probabilities below and above each threshold with the density there, (n, K), and of each level."""

    below: Array
    above: Array
    density: Array
    levels: Array  # (n, L)


@dataclass(frozen=True, repr=False)
class Cumulative(VectorFamily):
    """The cumulative family for ordered levels; dispersion 1.

    Parameters
    ----------
    link : Link, Link class or str
        One of logit (proportional odds), probit, cloglog, loglog, cauchit.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.Cumulative(), gk.Cumulative("probit")
    (Cumulative(link="logit"), Cumulative(link="probit"))
    """

    link: LinkLike = "logit"

    name: ClassVar[str] = "cumulative"
    title: ClassVar[str] = "Cumulative"
    support: ClassVar[str] = "ordered levels, or counts per level"
    response_kind: ClassVar[str] = "multinomial"
    ordered_levels: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Read the link."""
        link = link_from(self.link)
        if link.name not in LINKS:
            raise FamilyError(
                f"The link {link.name!r} does not map the whole line onto probabilities. Choose one of: "
                f"{', '.join(LINKS)}.",
                link=link.name,
            )
        object.__setattr__(self, "link", link)

    def __repr__(self) -> str:
        return f'Cumulative(link="{self._link.name}")'

    @property
    def _link(self) -> Link:
        return link_from(self.link)

    def with_link(self, link: LinkLike) -> Self:
        return replace(self, link=link)

    @property
    def heading(self) -> str:
        kind = "Proportional odds model" if self._link == Logit() else "Ordinal model"
        return f"{kind}: cumulative {self._link.name} link"

    @property
    def ratio_name(self) -> str:  # type: ignore[override]
        """What exp(coefficient) is; empty when it is no ratio."""
        return "odds ratio" if self._link == Logit() else ""

    # -- the response ------------------------------------------------------------------

    def levels_text(self, levels: Sequence[Hashable]) -> str:
        return " < ".join(level_names(levels))

    def components(self, levels: Sequence[Hashable]) -> tuple[ComponentSpec, ...]:
        unit = np.eye(len(levels) - 1)
        mean = ComponentSpec("mean", -np.ones(len(levels) - 1), "slopes")
        thresholds = zip(unit, self.predictor_names(levels), strict=True)
        return (mean, *(ComponentSpec("threshold", row, "constant", name) for row, name in thresholds))

    def predictors(self, levels: Sequence[Hashable]) -> int:
        return len(levels) - 1

    def degrees(self, levels: Sequence[Hashable]) -> int:
        return len(levels) - 1

    def outcomes(self, levels: Sequence[Hashable]) -> tuple[str, ...]:
        return level_names(levels)

    def predictor_names(self, levels: Sequence[Hashable]) -> tuple[str, ...]:
        names = self.outcomes(levels)
        return tuple(f"{low}|{high}" for low, high in pairwise(names))

    def check_response(self, y: Array, weights: Array) -> BoolArray:
        return np.asarray(~np.all(np.isfinite(y), axis=1))

    # -- likelihood --------------------------------------------------------------------

    def valid(self, eta: Array) -> BoolArray:
        low, high = eta[:, :-1], eta[:, 1:]
        return np.asarray(np.all((low < high) | (np.isinf(low) & (low == high)), axis=1))

    def unit_deviance(self, y: Array, eta: Array) -> Array:
        p = self._ends(eta).levels
        if np.all((y == 0.0) | (y == 1.0)):
            with np.errstate(divide="ignore"):  # inf where an impossible thing happened
                return np.asarray(-2.0 * np.log(np.sum(y * p, axis=1)))
        loss = relative_entropy(y.ravel(), p.ravel()).reshape(y.shape)
        return np.asarray(2.0 * np.sum(loss, axis=1))

    def gradient(self, y: Array, eta: Array) -> Array:
        # f_k (r_k - r_{k+1})
        ends = self._ends(eta)
        ratio = _ratio(y, ends.levels)
        return np.asarray(ends.density * (ratio[:, :-1] - ratio[:, 1:]))

    def curvature(self, y: Array, eta: Array) -> Array:
        """Return the observed -d2l/deta2, as MASS::polr and ordinal::clm; tridiagonal."""
        ends = self._ends(eta)
        ratio = _ratio(y, ends.levels)
        square = _ratio(ratio, ends.levels)  # y / p^2
        slope = np.where(np.isinf(eta), 0.0, self._link.curvature(np.where(np.isinf(eta), 0.0, eta)))
        diagonal = ends.density**2 * (square[:, :-1] + square[:, 1:]) - slope * (ratio[:, :-1] - ratio[:, 1:])
        return _tridiagonal(diagonal, -ends.density[:, :-1] * ends.density[:, 1:] * square[:, 1:-1])

    def expected_curvature(self, y: Array, eta: Array) -> Array:
        """Return the expectation of :meth:`curvature` at eta, never indefinite."""
        ends = self._ends(eta)
        inverse = _ratio(np.ones_like(ends.levels), ends.levels)
        diagonal = ends.density**2 * (inverse[:, :-1] + inverse[:, 1:])
        return _tridiagonal(diagonal, -ends.density[:, :-1] * ends.density[:, 1:] * inverse[:, 1:-1])

    def saturated(self, y: Array, weights: Array, trials: Array | None = None) -> Array:
        return saturated_shares(y, weights, trials)

    def start(self, y: Array, weights: Array) -> Array:
        total = weights @ y
        share = np.cumsum(total + 1.0 / y.shape[1]) / (np.sum(total) + 1.0)
        return np.broadcast_to(self._link(share[:-1]), (len(y), y.shape[1] - 1))

    # -- what a predictor means --------------------------------------------------------

    def fitted(self, eta: Array) -> Array:
        return self._ends(eta).levels

    def jacobian(self, eta: Array) -> Array:
        density = self._ends(eta).density
        n, k = density.shape
        slopes = np.zeros((n, k + 1, k))
        at = np.arange(k)
        slopes[:, at, at] = density
        slopes[:, at + 1, at] = -density
        return slopes

    def variance(self, eta: Array) -> Array:
        p = self._ends(eta).levels
        return np.asarray(p * (1.0 - p))

    def pearson(self, y: Array, eta: Array) -> Array:
        p = self._ends(eta).levels
        return np.asarray(np.sum(_ratio((y - p) ** 2, p), axis=1))

    def cdf(self, y: Array, eta: Array) -> Array:
        return np.asarray(np.sum(self._labels(y) * np.cumsum(self.fitted(eta), axis=1), axis=1))

    def cdf_below(self, y: Array, eta: Array) -> Array:
        p = self.fitted(eta)
        return np.asarray(np.sum(self._labels(y) * (np.cumsum(p, axis=1) - p), axis=1))

    def _labels(self, y: Array) -> Array:
        if not np.all((y == 0.0) | (y == 1.0)):
            raise self._no_distribution("no one level in a row of counts")
        return y

    def rvs(self, eta: Array, trials: Array | None, rng: np.random.Generator) -> Array:
        return draw_levels(self.fitted(eta), trials, rng)

    def _ends(self, eta: Array) -> _Ends:
        """Return probabilities and densities at the thresholds; those of infinite ones are limits."""
        n, k = eta.shape
        far = np.isinf(eta)
        flat = np.where(far, 0.0, eta).ravel()
        mean = self._link.mean(flat)
        up, down = eta == np.inf, eta == -np.inf
        below = np.where(down, 0.0, np.where(up, 1.0, mean.mu.reshape(n, k)))
        above = np.where(up, 0.0, np.where(down, 1.0, mean.comu.reshape(n, k)))
        density = np.where(far, 0.0, mean.dmu.reshape(n, k))
        levels = np.empty((n, k + 1))
        levels[:, 0], levels[:, -1] = below[:, 0], above[:, -1]
        # Differences are taken in the tail that is the smaller: F(b) - F(a) or (1 - F(a)) - (1 - F(b)).
        lower = below[:, 1:] - below[:, :-1]
        upper = above[:, :-1] - above[:, 1:]
        levels[:, 1:-1] = np.where(below[:, :-1] > 0.5, upper, lower)
        return _Ends(below, above, density, levels)

    # -- existence ---------------------------------------------------------------------

    def open_rows(self, y: Array) -> OpenRows:
        """Return eta_k, which may rise, and -eta_{k-1}, whose fall may too, for each level k seen in a row."""
        row, level = np.nonzero(y > 0.0)
        k = y.shape[1] - 1
        upper, lower = level < k, level > 0
        pattern = np.vstack([np.eye(k)[level[upper]], -np.eye(k)[level[lower] - 1]])
        rows = np.concatenate([row[upper], row[lower]])
        return OpenRows(rows, pattern, np.zeros(len(rows), dtype=bool))

    def room(self, y: Array, eta: Array) -> Array:
        ends = self._ends(eta)
        upper = np.where(y[:, :-1] > 0.0, ends.above, np.inf)
        lower = np.where(y[:, 1:] > 0.0, ends.below, np.inf)
        return np.asarray(np.min(np.minimum(upper, lower), axis=1))

    def barrier(self, moved: Array) -> Array:
        return np.where(np.abs(moved) > MOVED, np.copysign(np.inf, moved), 0.0)


def _ratio(top: Array, bottom: Array) -> Array:
    """Return top / bottom, 0 where top is 0."""
    return np.divide(top, bottom, out=np.zeros_like(bottom), where=(top != 0.0) & (bottom != 0.0))


def _tridiagonal(diagonal: Array, beside: Array) -> Array:
    """Return (n, K, K) symmetric matrices from their diagonals (n, K) and what stands beside (n, K - 1)."""
    n, k = diagonal.shape
    whole = np.zeros((n, k, k))
    at = np.arange(k)
    whole[:, at, at] = diagonal
    whole[:, at[:-1], at[1:]] = whole[:, at[1:], at[:-1]] = beside
    return whole
