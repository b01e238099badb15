"""The compiled pass: predictor, residuals, weights, score and information of a tile of rows while it is in cache.

For a tile of rows, with dense columns X, coded pieces (codes c, multipliers m) and coefficients,

    eta = X beta + sum over pieces of m values[c] + offset,
    v, w, losses = of the family, from exp(eta),
    X'v, X' diag(w) X, and by level: sums of m v, m^2 w, m w X, and of m q w over pairs of pieces.

Sums of a tile are added to those of the tiles before, so that roundings grow with the number of tiles, not of rows.
"""

from __future__ import annotations

import numpy as np
from numba import carray, njit, types

from glmkit.compiled import layout as of
from glmkit.compiled.kernel.levels import (
    add_coded,
    add_coded_predictor,
    add_coded_score,
    read_pieces,
)
from glmkit.compiled.kernel.memory import doubles, exact, integers, matrix, pointer, read_column
from glmkit.compiled.kernel.products import add_gram, add_moments, add_score, predictor, weighted
from glmkit.compiled.kernel.rows import make_rows, out_of_range

__all__ = ["SIGNATURE", "rows_pass"]

# Of the function that is kept: an address and two rows.
SIGNATURE = (types.int64, types.int64, types.int64)
# What is called from outside Python: without an interpreter.
entry = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)

# How a tile goes on.
LEFT, DONE, SUMMED = 0, 1, 2


@exact
def read_columns(job, X, codes, first, m):
    """Read the dense columns, less their shifts."""
    d = len(X)
    columns = carray(pointer(job[of.COLUMNS]), (d, of.COLUMN_FIELDS), np.int64)
    shift = doubles(job[of.SHIFT], d)
    for j in range(d):
        read_column(X[j], columns[j], shift[j], codes, first, m)


@exact
def predict(job, X, pieces, codes, vectors, first, m):
    """Write the linear predictor of the rows, and keep it where it is asked for."""
    eta = vectors[0]
    predictor(X, doubles(job[of.BETA], len(X)), eta, m)
    add_coded_predictor(pieces, codes, eta, vectors[4], first, m)
    if job[of.OFFSET] != 0:
        offset = doubles(job[of.OFFSET] + 8 * first, m)
        for r in range(m):
            eta[r] += offset[r]
    if job[of.ETA] != 0:
        kept = doubles(job[of.ETA] + 8 * first, m)
        for r in range(m):
            kept[r] = eta[r]


@exact
def visit(job, X, pieces, codes, vectors, first, m):
    """Make residuals and weights of the rows; return whether their sums are to follow."""
    v, w, kind = vectors[1], vectors[2], job[of.KIND]
    if kind == of.GIVEN:
        residuals, weights = doubles(job[of.Y] + 8 * first, m), doubles(job[of.WEIGHTS] + 8 * first, m)
        for r in range(m):
            v[r], w[r] = residuals[r], weights[r]
        return SUMMED
    predict(job, X, pieces, codes, vectors, first, m)
    if kind == of.PREDICTED:
        return DONE
    if out_of_range(vectors[0], m) > 0:
        return LEFT
    make_rows(job, vectors[0], v, w, vectors[3], first, m)
    return DONE if job[of.TDOT] == 0 else SUMMED


@exact
def add_sums_of_tile(job, X, U, pieces, codes, vectors, first, m):
    """Add score and, where it is asked for, information."""
    d, v, w = len(X), vectors[1], vectors[2]
    add_score(X, v, doubles(job[of.TDOT], d), m)
    if job[of.GRAM] == 0:
        add_coded_score(pieces, codes, v, vectors[4], first, m, 2 + d)
        return
    weighted(X, w, U, m)
    add_gram(U, X, matrix(job[of.GRAM], d, d), m)
    if len(pieces) > 0:
        pairs = integers(job[of.PAIRS], len(pieces) * len(pieces))
        add_coded(pieces, pairs, codes, U, vectors, first, m)


@exact
def visit_tile(job, first, m):
    """Visit a tile of rows; return False where a predictor leaves the range of this code."""
    d, k = job[of.D], job[of.PIECES]
    scratch, each = job[of.SCRATCH], 8 * of.APART
    X, U = matrix(scratch, d, of.APART), matrix(scratch + d * each, d, of.APART)
    vectors = matrix(scratch + 2 * d * each, of.VECTORS, of.APART)
    codes = carray(pointer(scratch + (2 * d + of.VECTORS) * each), (k + 1, of.APART), np.uint64)
    read_columns(job, X, codes[k], first, m)
    if job[of.KIND] == of.MOMENTS:
        weights, total = doubles(job[of.WEIGHTS] + 8 * first, m), doubles(job[of.SUMS], 1)
        add_moments(X, weights, total, doubles(job[of.TDOT], d), doubles(job[of.GRAM], d), m)
        return True
    pieces = carray(pointer(job[of.WHERE]), (k, of.PIECE_FIELDS), np.int64)
    read_pieces(pieces, codes, first, m)
    state = visit(job, X, pieces, codes, vectors, first, m)
    if state == SUMMED:
        add_sums_of_tile(job, X, U, pieces, codes, vectors, first, m)
    return state != LEFT


@entry
def rows_pass(address, first, last):
    """Visit the rows from first to last; return 1, or 0 where a predictor leaves the range of this code."""
    job = integers(address, of.FIELDS)
    at = first
    while at < last:
        if not visit_tile(job, at, min(of.TILE, last - at)):
            return 0
        at += of.TILE
    return 1
