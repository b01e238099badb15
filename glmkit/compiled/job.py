"""What the compiled pass is given to do, as an array of addresses, and the arrays they are of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.compiled import layout as of
from glmkit.compiled.load import Pass

__all__ = ["Coded", "Columns", "Job", "Tables", "address"]


def address(array: Array | IntArray | None) -> int:
    """Return where an array begins; 0 of none."""
    return 0 if array is None else int(array.__array_interface__["data"][0])


@dataclass(frozen=True, eq=False)
class Columns:
    """Where dense columns lie.

    Parameters
    ----------
    table : (d, 4) array of int
        As `glmkit.compiled.layout` has it.
    shift : (d,) array
        Is subtracted.
    kept : sequence
        What the addresses are of.
    """

    table: IntArray
    shift: Array
    kept: Sequence[object]


class Coded(Protocol):
    """Columns m_r M[c_r, :] of a design."""

    @property
    def codes(self) -> IntArray:
        """c, (n,)."""
        ...

    @property
    def matrix(self) -> Array:
        """M, (L, k)."""
        ...

    @property
    def multiplier(self) -> Array | None:
        """m, (n,); None where it is 1."""
        ...


class Tables(Protocol):
    """What sums are added to."""

    plain_tdot: Array  # (d,)
    plain_gram: Array  # (d, d): products are added on and below the diagonal
    tables: list[Array]  # (L, 2 + d) of each piece, column by column
    pairs: list[Array]  # (L H,) of each piece with each before it


class Job:
    """A pass over the rows of dense and coded columns.

    Parameters
    ----------
    kind : int
        What becomes of a row.
    columns : Columns
    coded : sequence of Coded
    beta : (d,) array, optional
        Coefficients of the dense columns.
    by_level : sequence of (L,) arrays
        What each piece adds to the predictor, by level.
    """

    def __init__(
        self,
        kind: int,
        columns: Columns,
        coded: Sequence[Coded],
        beta: Array | None = None,
        by_level: Sequence[Array] = (),
    ) -> None:
        d = len(columns.table)
        beta = np.zeros(d) if beta is None else np.ascontiguousarray(beta)
        self._fields = np.zeros(of.FIELDS, dtype=np.int64)
        self._where = np.zeros((len(coded), of.PIECE_FIELDS), dtype=np.int64)
        for row, piece in zip(self._where, coded, strict=True):
            row[[0, 1]] = address(piece.codes), piece.codes.itemsize
            row[[of.MULTIPLIER, of.LEVELS]] = address(piece.multiplier), len(piece.matrix)
        values = [np.ascontiguousarray(one) for one in by_level]
        for row, one in zip(self._where, values, strict=False):
            row[of.VALUES] = address(one)
        self._kept = [columns, coded, beta, values]
        self._fields[[of.KIND, of.D, of.PIECES]] = kind, d, len(coded)
        self._fields[[of.COLUMNS, of.SHIFT, of.BETA]] = (
            address(columns.table),
            address(columns.shift),
            address(beta),
        )

    def rows(self, first: int = 0, **vectors: Array | None) -> IntArray:
        """Return the fields of this job over vectors y, weights, offset and eta that begin with row `first`."""
        fields = self._fields.copy()
        places = {"y": of.Y, "weights": of.WEIGHTS, "offset": of.OFFSET, "eta": of.ETA}
        for name, vector in vectors.items():
            if vector is not None:
                fields[places[name]] = address(vector) - 8 * first
        return fields

    def run(
        self,
        run: Pass,
        fields: IntArray,
        rows: slice,
        tables: Tables | None = None,
        *,
        informed: bool = False,
        sums: Array | None = None,
        pearson: bool = False,
    ) -> bool:
        """Visit rows and add to the tables; return whether all predictors were in the range of compiled code."""
        where, own = self._where.copy(), fields.copy()
        scratch = np.empty(of.scratch_numbers(int(fields[of.D]), len(where)))
        own[[of.WHERE, of.SCRATCH, of.SUMS, of.PEARSON]] = (
            address(where),
            address(scratch),
            address(sums),
            pearson,
        )
        if tables is not None:
            pairs = np.array([address(pair) for pair in tables.pairs] or [0], dtype=np.int64)
            if len(where):
                where[:, of.TABLE] = [address(table) for table in tables.tables]
            own[[of.PAIRS, of.TDOT]] = address(pairs), address(tables.plain_tdot)
            own[of.GRAM] = address(tables.plain_gram) if informed else 0
        return run(address(own), rows.start, rows.stop) == 1
