"""A design held as one dense block of float64, column by column.

Weighted products go over blocks of rows that stay in cache, so that no weighted copy of
the whole matrix is made: ``gram`` costs n p^2 multiplications and one block of memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import dsyrk

from glmkit._typing import Array, IntArray
from glmkit.design.compiled import Compilable, CompiledColumns, compiled_columns, matrix_at
from glmkit.design.matrix import Swept, Visit
from glmkit.design.sweeping import sweep_blocks
from glmkit.numerics.compensated import compensated_tdot

__all__ = ["BLOCK_ELEMENTS", "DenseDesign", "symmetric_of_upper"]

# Elements of a row block: 1 MiB of float64, which stays in the second-level cache.
BLOCK_ELEMENTS = 131_072


@dataclass(frozen=True, eq=False)
class DenseDesign(Compilable):
    """A dense design matrix.

    Parameters
    ----------
    values : (n, p) array
        The columns; Fortran order serves best.
    """

    values: Array

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        n, p = self.values.shape
        return n, p

    def dot(self, beta: Array) -> Array:
        """Return X beta."""
        return np.asarray(self.values @ beta)

    def tdot(self, v: Array) -> Array:
        """Return X'v."""
        return np.asarray(self.values.T @ v)

    def accurate_tdot(self, v: Array) -> Array:
        """Return X'v, accumulated in double-double."""
        return compensated_tdot(self.values, v)

    def gram(self, w: Array) -> Array:
        """Return X' diag(w) X for weights w >= 0."""
        p = self.shape[1]
        if p == 0:
            return np.zeros((0, 0))  # BLAS refuses empty matrices
        root = np.sqrt(w)
        total = np.zeros((p, p), order="F")
        for block in self._blocks():
            weighted = self.values[block] * root[block, None]
            total = dsyrk(1.0, weighted, beta=1.0, c=total, trans=1, overwrite_c=1)
        return symmetric_of_upper(total)

    def gram_and_tdot(self, w: Array, v: Array) -> tuple[Array, Array]:
        """Return X' diag(w) X for weights w >= 0, and X'v."""
        return self.gram(w), self.tdot(v)

    def sweep(self, beta: Array, visit: Visit) -> Swept:
        """Return what visits to blocks of rows, each with its X beta, add up to."""
        if self.compiled is not None:
            return self.compiled.sweep(beta, visit)

        def blocks(within: slice) -> Iterator[tuple[slice, Array]]:
            for block in self._blocks():
                first, last = within.start + block.start, min(within.start + block.stop, within.stop)
                if first >= last:
                    return
                yield slice(first, last), np.array(self.values[first:last], order="F")

        return sweep_blocks(blocks, self.shape, beta, visit)

    def made_compiled(self) -> CompiledColumns | None:
        """Return the same for the compiled pass, where it gains."""
        n, p = self.shape
        return compiled_columns(n, np.arange(p), (), lambda: matrix_at(self.values))

    def matrix(self, rows: slice) -> Array:
        """Return some rows as a matrix made anew."""
        return np.array(self.values[rows], order="F")

    def take(self, columns: IntArray) -> DenseDesign:
        """Return the design of these columns; the same object when all are kept."""
        p = self.shape[1]
        if len(columns) == p and bool(np.all(columns == np.arange(p))):
            return self
        return DenseDesign(np.asfortranarray(self.values[:, columns]))

    def select(self, rows: IntArray) -> DenseDesign:
        """Return the design of these rows."""
        return DenseDesign(np.asfortranarray(self.values[rows]))

    def sampled(self, rows: IntArray) -> DenseDesign:
        """Return the design of these rows."""
        return self.select(rows)

    def shifted(self, shift: Array) -> DenseDesign:
        """Return X - 1 shift'."""
        return self if not np.any(shift) else DenseDesign(np.asfortranarray(self.values - shift))

    def row_norms(self, root: Array) -> Array:
        """Return the squared length of each row of X root."""
        norms = np.empty(self.shape[0])
        for block in self._blocks():
            mapped = self.values[block] @ root
            norms[block] = np.einsum("ij,ij->i", mapped, mapped)
        return norms

    def moments(self, w: Array) -> tuple[Array, Array]:
        """Return the weighted mean and standard deviation of each column."""
        share = w / np.sum(w)
        mean = self.tdot(share)
        variance = np.zeros(self.shape[1])
        for block in self._blocks():
            centred = self.values[block] - mean
            variance += share[block] @ (centred * centred)
        return mean, np.sqrt(variance)

    def cells(self) -> None:
        """Return None: no code tells equal rows."""
        return

    def column(self, j: int) -> Array:
        """Return one column, (n,)."""
        return self.values[:, j]

    def dense(self) -> Array:
        """Return the matrix itself."""
        return self.values

    def _blocks(self) -> list[slice]:
        n, p = self.shape
        size = max(256, BLOCK_ELEMENTS // max(p, 1))
        return [slice(first, first + size) for first in range(0, n, size)]


def symmetric_of_upper(upper: Array) -> Array:
    """Return the symmetric matrix whose upper triangle this is; below, it holds zeros."""
    whole = np.asarray(upper + upper.T)
    whole.ravel(order="K")[:: len(whole) + 1] *= 0.5
    return whole
