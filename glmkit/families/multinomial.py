"""The multinomial family: softmax regression on labels, or on counts per label.

p_il = exp(eta_il) / sum over m of exp(eta_im), with eta = 0 for the baseline; y_il is the
share of label l in row i, m_i the trials behind it (McCullagh & Nelder 1989, section 5.2).
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from scipy import special

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.errors import FamilyError
from glmkit.families._kernels import relative_entropy
from glmkit.families.vector import MOVED, ComponentSpec, OpenRows, VectorFamily, level_names

__all__ = ["Multinomial"]


@dataclass(frozen=True, repr=False)
class Multinomial(VectorFamily):
    """The multinomial family with the softmax link; dispersion 1.

    Parameters
    ----------
    ref : label, optional
        The baseline, a level of the response; the first one if left out.

    Examples
    --------
    >>> import glmkit as gk
    >>> gk.Multinomial(), gk.Multinomial(ref="b")
    (Multinomial(), Multinomial(ref='b'))
    """

    ref: Hashable = None

    name: ClassVar[str] = "multinomial"
    title: ClassVar[str] = "Multinomial"
    support: ClassVar[str] = "labels, or counts per label"
    response_kind: ClassVar[str] = "multinomial"
    component_title: ClassVar[str] = "level"
    ratio_name: ClassVar[str] = "relative risk ratio"
    loss_name: ClassVar[str] = "softmax cross-entropy"

    @property
    def heading(self) -> str:
        return "Multinomial model: softmax link"

    # -- the response ------------------------------------------------------------------

    def baseline(self, levels: Sequence[Hashable]) -> int:
        """Return the position of the baseline.

        Raises
        ------
        FamilyError
            `ref` is not one of the levels.
        """
        if self.ref is None:
            return 0
        for position, level in enumerate(levels):
            if level == self.ref or str(level) == str(self.ref):
                return position
        known = ", ".join(repr(level) for level in levels)
        raise FamilyError(
            f"ref={self.ref!r} is not a level of the response that occurs. Choose one of: {known}.",
            ref=self.ref,
            levels=tuple(levels),
        )

    def levels_text(self, levels: Sequence[Hashable]) -> str:
        base = self.baseline(levels)
        names = [f"{level} (baseline)" if k == base else level for k, level in enumerate(level_names(levels))]
        return ", ".join(names)

    def components(self, levels: Sequence[Hashable]) -> tuple[ComponentSpec, ...]:
        base, unit = self.baseline(levels), np.eye(len(levels))
        names = self.outcomes(levels)
        return tuple(ComponentSpec(names[k], unit[k]) for k in range(len(levels)) if k != base)

    def predictors(self, levels: Sequence[Hashable]) -> int:
        return len(levels)

    def degrees(self, levels: Sequence[Hashable]) -> int:
        return len(levels) - 1

    def outcomes(self, levels: Sequence[Hashable]) -> tuple[str, ...]:
        return level_names(levels)

    def predictor_names(self, levels: Sequence[Hashable]) -> tuple[str, ...]:
        return self.outcomes(levels)

    def offset_pattern(self, levels: Sequence[Hashable], part: int = 0) -> Array | None:
        # With two levels the offset of the binomial logit; with more, a row's offset has no level.
        return self.components(levels)[0].pattern if len(levels) == 2 else None

    def offset_by_level(
        self, levels: Sequence[Hashable], values: Array, named: Sequence[Hashable] | None
    ) -> Array:
        base, names = self.baseline(levels), level_names(levels)
        if named is None:
            others = [k for k in range(len(levels)) if k != base]
            places = list(range(len(levels))) if values.shape[1] == len(levels) else others
        else:
            places = [names.index(name) if name in names else -1 for name in level_names(named)]
        if len(places) != values.shape[1] or -1 in places or len(set(places)) < len(places):
            raise self._not_by_level(names, base, values.shape[1], named)
        total = np.zeros((len(values), len(levels)))
        total[:, places] = values
        return np.asarray(total - total[:, [base]])

    def _not_by_level(
        self, names: Sequence[str], base: int, width: int, named: Sequence[Hashable] | None
    ) -> FamilyError:
        what = f"has {width} column{'s' * (width > 1)}" if named is None else f"has the columns {list(named)}"
        others = ", ".join(name for k, name in enumerate(names) if k != base)
        return FamilyError(
            f"The offset {what}, but the levels are {', '.join(names)} with {names[base]} as the baseline. Give "
            f"{len(names) - 1} columns (for {others}), {len(names)} in the order of the levels, or name them by level.",
            family=self,
            levels=tuple(names),
        )

    def check_response(self, y: Array, weights: Array) -> BoolArray:
        return np.asarray(~np.all(np.isfinite(y), axis=1))

    # -- likelihood --------------------------------------------------------------------

    def unit_deviance(self, y: Array, eta: Array) -> Array:
        if np.all((y == 0.0) | (y == 1.0)):  # -2 log p of the label: 0 - eta is exact in the tail
            return np.asarray(-2.0 * np.sum(np.where(y > 0.0, _log_softmax(eta), 0.0), axis=1))
        loss = relative_entropy(y.ravel(), special.softmax(eta, axis=1).ravel())
        return np.asarray(2.0 * np.sum(loss.reshape(y.shape), axis=1))

    def gradient(self, y: Array, eta: Array) -> Array:
        return y - special.softmax(eta, axis=1)

    def curvature(self, y: Array, eta: Array) -> Array:
        p = special.softmax(eta, axis=1)
        whole = -p[:, :, None] * p[:, None, :]
        diagonal = np.arange(p.shape[1])
        # p (1 - p) with 1 - p as the sum of the others: no cancellation when p is close to 1.
        whole[:, diagonal, diagonal] = p * _others(p)
        return whole

    def saturated(self, y: Array, weights: Array, trials: Array | None = None) -> Array:
        return saturated_shares(y, weights, trials)

    def start(self, y: Array, weights: Array) -> Array:
        total = weights @ y
        # As one trial more, shared out evenly: finite when a level occurs once or never.
        share = (total + 1.0 / y.shape[1]) / (np.sum(total) + 1.0)
        return np.broadcast_to(np.log(share), y.shape)

    # -- what a predictor means --------------------------------------------------------

    def fitted(self, eta: Array) -> Array:
        return np.asarray(special.softmax(eta, axis=1))

    def jacobian(self, eta: Array) -> Array:
        return self.curvature(eta, eta)

    def variance(self, eta: Array) -> Array:
        p = special.softmax(eta, axis=1)
        return np.asarray(p * _others(p))

    def pearson(self, y: Array, eta: Array) -> Array:
        p = special.softmax(eta, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):  # 0 where nothing was expected or seen
            share = (y - p) ** 2 / p
        return np.asarray(np.sum(np.where(y == p, 0.0, share), axis=1))

    def rvs(self, eta: Array, trials: Array | None, rng: np.random.Generator) -> Array:
        return draw_levels(self.fitted(eta), trials, rng)

    # -- existence ---------------------------------------------------------------------

    def open_rows(self, y: Array) -> OpenRows:
        """Return eta_c - eta_l for a label c that occurred in the row and every other label l."""
        levels, seen = y.shape[1], np.argmax(y, axis=1)
        row, other = _others_of(seen, levels)
        pattern = np.zeros((len(row), levels))
        pattern[np.arange(len(row)), seen[row]] = 1.0
        pattern[np.arange(len(row)), other] = -1.0
        return OpenRows(row, pattern, y[row, other] > 0.0)

    def room(self, y: Array, eta: Array) -> Array:
        return np.asarray(np.min(np.where(y > 0.0, np.inf, special.softmax(eta, axis=1)), axis=1))

    def fitted_in_the_limit(
        self, eta: Array, rows: Array, offset: Array, limit: Callable[[Array], Array], fitted: Array
    ) -> Array:
        # Two infinite predictors may have a finite difference.
        out, known = np.array(fitted), dict[bytes, Array]()
        for i in np.flatnonzero(~np.all(np.isfinite(eta), axis=1)):
            alike = rows[i].tobytes() + offset[i].tobytes()
            if alike not in known:
                hint = np.where(np.isnan(eta[i]), -np.inf, eta[i])
                known[alike] = _limiting_shares(hint, partial(_lead, rows[i], offset[i], limit))
            out[i] = known[alike]
        return out

    def barrier(self, moved: Array) -> Array:
        behind = moved < np.max(moved, axis=1, keepdims=True) - MOVED
        return np.where(behind, -np.inf, 0.0)


def saturated_shares(y: Array, weights: Array, trials: Array | None) -> Array:
    """Return log of the multinomial coefficient plus sum of n log y, (n,), counts rounded as the binomial's."""
    if trials is None or not np.any(trials > 1.0):
        return np.zeros(len(y))
    counts = np.rint(y * trials[:, None])
    size = np.sum(counts, axis=1)
    value = special.gammaln(size + 1.0) - np.sum(special.gammaln(counts + 1.0), axis=1)
    value += np.sum(special.xlogy(counts, y), axis=1)
    some = trials > 0.0
    return np.where(some, weights / np.where(some, trials, 1.0) * value, 0.0)


def _lead(
    rows: Array, offset: Array, limit: Callable[[Array], Array], levels: IntArray, over: IntArray
) -> Array:
    """Return how far each of some levels is ahead of others in one row, (k,)."""
    return np.asarray(limit(rows[levels] - rows[over]) + offset[levels] - offset[over])


def _limiting_shares(eta: Array, lead: Callable[[IntArray, IntArray], Array]) -> Array:
    """Return the probabilities of the levels of one row, (L,); nan where they depend on the path to the limit.

    Parameters
    ----------
    eta : (L,) array
        Predictors; a hint who may lead.
    lead : callable
        Gives eta_l - eta_m in the limit for levels l and m, (k,) each; nan where it depends on the path.
    """
    levels = np.arange(len(eta))
    leader = int(np.argmax(eta))
    for _ in levels:
        behind = lead(np.full(len(eta), leader), levels)
        ahead = np.flatnonzero(behind == -np.inf)
        if len(ahead) == 0:
            break
        leader = int(ahead[0])
    if not np.any(np.isnan(behind)):
        return np.asarray(special.softmax(-behind))
    # p_l = 1 / sum over m of exp(eta_m - eta_l), 0 where a level is infinitely far ahead, whatever the others do.
    first, second = np.triu_indices(len(eta), 1)
    away = np.zeros((len(eta), len(eta)))
    away[second, first] = lead(first, second)
    away[first, second] = -away[second, first]
    lost = np.any(away == np.inf, axis=1)
    with np.errstate(over="ignore"):
        return np.where(lost, 0.0, 1.0 / np.sum(np.exp(away), axis=1))


def _others_of(seen: IntArray, levels: int) -> tuple[IntArray, IntArray]:
    """Return the row and the label of every label that is not the one seen."""
    row, other = np.nonzero(np.arange(levels)[None, :] != seen[:, None])
    return row, other


def draw_levels(p: Array, trials: Array | None, rng: np.random.Generator) -> Array:
    """Return counts (n, L) where trials are given, else positions of levels (n,); nan without p."""
    known = np.all(np.isfinite(p), axis=1)
    if trials is not None:
        counts = np.full(p.shape, np.nan)
        counts[known] = rng.multinomial(np.rint(trials[known]).astype(np.int64), p[known])
        return counts
    at = np.full(len(p), np.nan)
    cumulative = np.cumsum(p[known], axis=1)
    u = rng.random(int(np.sum(known)))
    at[known] = np.sum(u[:, None] * cumulative[:, -1:] >= cumulative, axis=1)
    return at


def _log_softmax(eta: Array) -> Array:
    """Return log p, (n, L), to full relative accuracy when p is close to 1.

    There log p = -log1p(sum over the others of exp(eta_m - eta_l)).
    """
    value = np.asarray(special.log_softmax(eta, axis=1))
    rest = _others(special.softmax(eta, axis=1))
    return np.where(rest < 0.5, np.log1p(-np.minimum(rest, 0.5)), value)


def _others(p: Array) -> Array:
    """Return 1 - p_l as the sum of the other probabilities, (n, L)."""
    if p.shape[1] == 2:
        return p[:, ::-1]
    exact = np.zeros_like(p)
    exact[:, 1:] = np.cumsum(p[:, :-1], axis=1)
    exact[:, :-1] += np.cumsum(p[:, :0:-1], axis=1)[:, ::-1]
    return exact
