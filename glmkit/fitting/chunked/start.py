"""Independent columns and starting coefficients from merged statistics, never from one piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.centring import FAR, Centring
from glmkit.design.matrix import Design
from glmkit.families.base import Family
from glmkit.fitting.chunked.basics import Basics
from glmkit.fitting.chunked.stream import Stream, summed
from glmkit.fitting.chunked.triangle import stream_root
from glmkit.fitting.independence import (
    Independence,
    original_combinations,
    refuse_extremes,
    suspected_columns,
    uncentred_norms,
)
from glmkit.fitting.objective import CHOLESKY_CONDITION
from glmkit.fitting.problem import Problem
from glmkit.numerics.factor import InformationFactor, cholesky_factor, factor_of_root
from glmkit.numerics.rank import Rank, independent_columns, vouched_by_gram
from glmkit.numerics.scaling import power_of_two
from glmkit.numerics.triangle import solve_triangle

__all__ = ["Beginning", "beginning_of"]


class Beginning(NamedTuple):
    """The independent columns, and the first weighted least squares over them."""

    independence: Independence
    gamma: Array
    factor: InformationFactor


def beginning_of(stream: Stream, family: Family, basics: Basics) -> Beginning:
    """Return the independent columns and starting coefficients.

    Notes
    -----
    The rules of `glmkit.fitting.independence`, on the merged Gram matrix; where that cannot
    vouch, on the triangle of a QR over all pieces, whose columns have the geometry of the rows.
    """
    centring = _centring(basics)
    starting = _Starting(stream, family, basics.average)
    gram, rhs, moved, total = starting.normal_equations(centring.shift)
    starting.check_range(suspected_columns(np.diag(gram)))
    norms = uncentred_norms(gram, moved, float(total), centring.shift)
    p = basics.p
    if vouched_by_gram(gram, norms):
        rank = Rank(np.arange(p), np.arange(0), np.zeros((p, 0)))
    else:
        rank = starting.rank(gram, centring.shift, norms)
        if np.any(centring.constant[rank.dropped]):
            # The constant is not in the kept span as it stands: fit the columns as they are.
            centring = Centring(np.zeros(p), np.zeros(p))
            gram, rhs, _, _ = starting.normal_equations(centring.shift)
            rank = starting.rank(gram, centring.shift, None)
    kept = centring.take(rank.kept)
    independence = Independence(
        rank.kept,
        rank.dropped,
        original_combinations(rank, centring) if len(rank.dropped) else rank.combinations,
        kept,
        basics.first.design.take(rank.kept).shifted(kept.shift),
    )
    factor = cholesky_factor(gram[np.ix_(rank.kept, rank.kept)])
    if factor is not None and factor.condition <= CHOLESKY_CONDITION:
        return Beginning(independence, factor.solve(rhs[rank.kept]), factor)
    return starting.by_qr(independence, gram)


def _centring(basics: Basics) -> Centring:
    constant = basics.first.constant
    if constant is None:
        return Centring(np.zeros(basics.p), np.zeros(basics.p))
    far = (np.abs(basics.mean) > FAR * basics.spread) & (constant == 0)
    return Centring(constant, np.where(far, basics.mean, 0.0))


class _Starting(NamedTuple):
    """The weighted least squares from the family's starting means."""

    stream: Stream
    family: Family
    average: float | None

    def weights_and_response(self, problem: Problem) -> tuple[Array, Array]:
        """Return the working weights and response, (n,) each, 0 in rows that do not count."""
        family, weights = self.family, problem.weights
        eta = family.link(family.start(problem.y, weights, self.average))
        mean = family.mean(eta)
        used = weights > 0
        working = weights * np.where(used, family.working_weight(mean), 0.0)
        response = np.where(used, eta - problem.added + family.working_residual(problem.y, mean), 0.0)
        return working, response

    def normal_equations(self, shift: Array) -> tuple[Array, ...]:
        """Return X'WX, X'Wz, X'w and the sum of w, of the columns moved by `shift`."""

        def terms() -> Iterator[tuple[Array | float, ...]]:
            for piece in self.stream.pieces("start"):
                design = piece.problem.design.shifted(shift)
                working, response = self.weights_and_response(piece.problem)
                sums = (design.tdot(working * response), design.tdot(working))
                yield design.gram(working), *sums, float(np.sum(working))

        return summed(terms(), 4)

    def check_range(self, suspected: IntArray) -> None:
        """Refuse suspected columns whose largest value over all pieces is no double when squared."""
        if len(suspected):
            largest = np.zeros(len(suspected))
            for piece in self.stream.pieces("start"):
                values = piece.problem.design.take(suspected).dense()[piece.problem.weights > 0]
                largest = np.maximum(largest, np.max(np.abs(values), axis=0, initial=0.0))
            refuse_extremes(suspected, largest)

    def rank(self, gram: Array, shift: Array, norms: Array | None) -> Rank:
        """Return which columns are independent, from a QR over all pieces."""
        scale = _scale(gram)
        root = stream_root(self.rows(shift, None), scale)[:, :-1]
        return independent_columns(root * scale, norms=norms)

    def by_qr(self, independence: Independence, gram: Array) -> Beginning:
        """Return the least squares by QR, for columns that are nearly dependent."""
        kept, p = independence.kept, len(independence.kept)
        scale = _scale(gram[np.ix_(kept, kept)])
        root = stream_root(self.rows(independence.centring.shift, independence), scale)
        gamma = solve_triangle(root[:p, :p], root[:p, p]) / scale
        return Beginning(independence, gamma, factor_of_root(root[:p, :p], scale))

    def rows(self, shift: Array, independence: Independence | None) -> Iterator[tuple[Array, Array]]:
        """Yield sqrt(w) X and sqrt(w) z of each piece."""
        for piece in self.stream.pieces("start"):
            design: Design = piece.problem.design
            if independence is not None:
                design = design.take(independence.kept)
            working, response = self.weights_and_response(piece.problem)
            root = np.sqrt(working)
            yield design.shifted(shift).dense() * root[:, None], root * response


def _scale(gram: Array) -> Array:
    return power_of_two(np.sqrt(np.maximum(np.diag(gram), 0.0)))
