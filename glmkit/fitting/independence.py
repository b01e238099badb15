"""Which columns of a design are independent, decided once, left to right, as R decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.centring import Centring, centring_of
from glmkit.design.matrix import Design
from glmkit.errors import DesignError
from glmkit.families.base import Family, Mean
from glmkit.fitting.cells import CellSums
from glmkit.fitting.large import laid_out
from glmkit.fitting.points import counted
from glmkit.fitting.problem import Problem
from glmkit.numerics.factor import InformationFactor
from glmkit.numerics.rank import Rank, independent_columns, vouching_factor

__all__ = [
    "Begun",
    "ExtremeColumnsError",
    "Independence",
    "begun_at",
    "independence_of",
    "independence_under",
    "original_combinations",
    "refuse_extremes",
    "suspected_columns",
    "uncentred_norms",
]

# Coefficients of a combination below this share of the largest are rounding.
COMBINATION_ROUNDING = 1e-9
# Columns whose largest value lies outside these have squares, or variances of coefficients, that leave
# the range of doubles; the second pair tells, from the Gram matrix alone, where to look.
EXTREMES = 1e-140, 1e140
SUSPECTED = 1e-270, 1e270
# Rows of which the starting means are kept from the look at the columns to the first least squares.
FEW_ROWS = 65_536


class ExtremeColumnsError(DesignError):
    """Columns so large or small that their squares or variances are no doubles.

    Attributes
    ----------
    columns : list of int
        Their positions in the design.
    largest : list of float
        The largest absolute value of each.
    """

    columns: list[int]
    largest: list[float]

    def named(self, names: Sequence[str]) -> DesignError:
        """Return the error in the words of the user's columns."""
        said = [
            f"{names[column]!r} (largest {value:.3g})"
            for column, value in zip(self.columns, self.largest, strict=True)
        ]
        return DesignError(extremes_text(", ".join(said)), columns=[names[k] for k in self.columns])


class Begun(NamedTuple):
    """The family's starting mean of each row, (n,) each."""

    eta: Array
    mean: Mean
    working: Array  # weights of a row of weight 1


@dataclass(frozen=True, eq=False)
class Independence:
    """The independent columns, ready to be fitted.

    Parameters
    ----------
    kept, dropped : integer arrays
        Columns of the design as coded.
    combinations : (rank, dropped) array
        ``X[:, dropped] = X[:, kept] @ combinations``.
    centring : Centring
        Of the kept columns.
    design : Design
        The kept columns, moved by the centring.
    factor : InformationFactor or None
        Of their Gram matrix with the weights they were judged by, for the first least squares; a fit lets go of it.
    begun : Begun or None
        Where these weights were taken, of few rows; a fit lets go of it too.
    """

    kept: IntArray
    dropped: IntArray
    combinations: Array
    centring: Centring
    design: Design
    factor: InformationFactor | None = None
    begun: Begun | None = None

    def subset(self, columns: IntArray, design: Design) -> Independence | None:
        """Return the independence of some columns, (q,), of which `design` consists.

        None where it has to be decided anew: a dropped column may be independent of fewer,
        and far columns cannot stay centred without the constant.
        """
        if len(self.dropped):
            return None
        constant, shift = self.centring.constant[columns], self.centring.shift[columns]
        whole = np.count_nonzero(constant) == np.count_nonzero(self.centring.constant)
        if self.centring.moves and not whole:
            return None
        q = len(columns)
        centring = Centring(constant if whole else np.zeros(q), shift)
        fitted = self.design.take(columns) if np.any(shift) else design
        return Independence(np.arange(q), np.arange(0), np.zeros((q, 0)), centring, fitted)


def independence_of(problem: Problem, family: Family, cells: CellSums | None = None) -> Independence:
    """Return the independent columns, weighted as at the family's starting mean; over cells where rows are equal."""
    if cells is None:
        begun = begun_at(family, problem.y, problem.weights)
        working = counted(problem.weights, begun.working)
        kept = begun if len(working) <= FEW_ROWS else None
        return independence_under(problem.design, problem.weights, problem.constant, working, kept)
    working = counted(cells.weights, begun_at(family, cells.means, cells.weights).working)
    found = independence_under(cells.design, cells.weights, problem.constant, working)
    fitted = problem.design.shifted(found.centring.shift) if found.centring.moves else problem.design
    return replace(found, design=fitted.take(found.kept), factor=None)


def begun_at(family: Family, y: Array, weights: Array) -> Begun:
    """Return the family's starting mean."""
    eta = family.link(family.start(y, weights))
    mean = family.mean(eta)
    return Begun(eta, mean, family.working_weight(mean))


def independence_under(
    design: Design, weights: Array, constant: Array | None, working: Array, begun: Begun | None = None
) -> Independence:
    """Return the independent columns of a design, judged with the weights `working` (n,)."""
    with np.errstate(over="ignore", invalid="ignore"):  # what leaves the range is refused by name
        centring = centring_of(design, weights, constant)
        shifted = design.shifted(centring.shift)
        gram = shifted.gram(working)
    suspected = suspected_columns(np.diag(gram))
    if len(suspected):
        values = np.abs(design.take(suspected).dense()[weights > 0])
        refuse_extremes(suspected, np.max(values, axis=0, initial=0.0))
    moved = shifted.tdot(working) if np.any(centring.shift) else np.zeros(design.shape[1])
    norms = uncentred_norms(gram, moved, float(np.sum(working)), centring.shift)
    p = design.shape[1]
    factor = vouching_factor(gram, norms)
    if factor is not None:
        return Independence(np.arange(p), np.arange(0), np.zeros((p, 0)), centring, shifted, factor, begun)
    rank = independent_columns(np.sqrt(working)[:, None] * laid_out(shifted), norms=norms)
    if np.any(centring.constant[rank.dropped]):
        # The constant is not in the kept span as it stands: fit the columns as they are.
        centring = Centring(np.zeros(p), np.zeros(p))
        shifted = design
        rank = independent_columns(np.sqrt(working)[:, None] * laid_out(shifted))
    combinations = original_combinations(rank, centring)
    kept = centring.take(rank.kept)
    return Independence(rank.kept, rank.dropped, combinations, kept, shifted.take(rank.kept))


def extremes_text(columns: str) -> str:
    """Return what to say of columns beyond `EXTREMES`."""
    return (
        f"Values of these columns are so large or small that their squares are no double precision numbers: {columns}. "
        "Give the column in another unit, so that its values lie nearer 1."
    )


def suspected_columns(squares: Array) -> IntArray:
    """Return the columns whose squared norms, (p,), leave the range of doubles or nearly so."""
    low, high = SUSPECTED
    return np.flatnonzero(~((squares > low) & (squares < high)))


def refuse_extremes(suspected: IntArray, largest: Array) -> None:
    """Raise ExtremeColumnsError where the largest value of a suspected column is beyond `EXTREMES`."""
    extreme = (largest > 0) & ((largest < EXTREMES[0]) | (largest > EXTREMES[1]))
    if np.any(extreme):
        columns = suspected[extreme].tolist()
        listed = ", ".join(f"column {column}" for column in columns)
        raise ExtremeColumnsError(extremes_text(listed), columns=columns, largest=largest[extreme].tolist())


def uncentred_norms(gram: Array, sums: Array, total: float, shift: Array) -> Array:
    """Return the weighted norms of the columns before they were moved, (p,).

    Of the moved columns: their Gram matrix, their weighted sums (p,), and the total of the weights.
    """
    squares = np.diag(gram) + 2.0 * shift * sums + shift**2 * total
    return np.sqrt(np.maximum(squares, 0.0))


def original_combinations(rank: Rank, centring: Centring) -> Array:
    """Return the combinations in terms of the columns as coded.

    x_d - s_d 1 = (X_k - 1 s_k') c  and  1 = X_k a  give  x_d = X_k (c + a (s_d - s_k'c)).
    """
    kept = centring.take(rank.kept)
    back = centring.shift[rank.dropped] - kept.shift @ rank.combinations
    combinations = rank.combinations + np.outer(kept.constant, back)
    largest = np.max(np.abs(combinations), axis=0, initial=0.0)
    return np.where(np.abs(combinations) > COMBINATION_ROUNDING * largest, combinations, 0.0)
