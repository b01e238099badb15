"""Sums by level, and by pair of levels, of the coded pieces of a tile."""

from __future__ import annotations

import numpy as np

from glmkit.compiled import layout as of
from glmkit.compiled.kernel.memory import doubles, exact, matrix, read_codes

__all__ = ["add_coded", "add_coded_predictor", "add_coded_score", "lay_rows", "read_pieces"]


@exact
def lay_rows(v, w, U, rows, m):
    """Write v, w and the weighted columns side by side, a row after the other."""
    for r in range(m):
        rows[r, 0] = v[r]
        rows[r, 1] = w[r]
    for j in range(len(U)):
        u = U[j]
        for r in range(m):
            rows[r, 2 + j] = u[r]


@exact
def add_levels(table, codes, rows, m):
    """Add rows (m, k) to a table (L, k)."""
    k = rows.shape[1]
    for r in range(m):
        c = codes[r]
        for j in range(k):
            table[c, j] += rows[r, j]


@exact
def add_multiplied_levels(table, codes, rows, multiplier, m):
    """Add rows times a multiplier, and w times its square."""
    k = rows.shape[1]
    for r in range(m):
        c, q = codes[r], multiplier[r]
        for j in range(k):
            table[c, j] += q * rows[r, j] * (q if j == 1 else 1.0)


@exact
def add_vector(table, codes, v, m):
    """Add v to the first column of a table."""
    for r in range(m):
        table[codes[r], 0] += v[r]


@exact
def add_pair(table, codes, others, levels, w, m):
    """Add w to a table of pairs of levels."""
    each = np.uint64(levels)
    for r in range(m):
        table[codes[r] * each + others[r]] += w[r]


@exact
def times(values, piece, first, out, m):
    """Write values times the multiplier of a piece."""
    if piece[of.MULTIPLIER] != 0:
        multiplier = doubles(piece[of.MULTIPLIER] + 8 * first, m)
        for r in range(m):
            out[r] = values[r] * multiplier[r]
    else:
        for r in range(m):
            out[r] = values[r]


@exact
def add_coded(pieces, pairs, codes, rows, w, spare, first, m):
    """Add the sums by level, and by pair of levels, of all pieces."""
    own, both = spare[0], spare[1]
    for i in range(len(pieces)):
        piece = pieces[i]
        table = matrix(piece[of.TABLE], piece[of.LEVELS], rows.shape[1])
        if piece[of.MULTIPLIER] != 0:
            multiplier = doubles(piece[of.MULTIPLIER] + 8 * first, m)
            add_multiplied_levels(table, codes[i], rows, multiplier, m)
        else:
            add_levels(table, codes[i], rows, m)
        times(w, piece, first, own, m)
        for j in range(i):
            levels = pieces[j, of.LEVELS]
            total = doubles(pairs[i * (i - 1) // 2 + j], piece[of.LEVELS] * levels)
            if pieces[j, of.MULTIPLIER] != 0:
                times(own, pieces[j], first, both, m)
                add_pair(total, codes[i], codes[j], levels, both, m)
            else:
                add_pair(total, codes[i], codes[j], levels, own, m)


@exact
def read_pieces(pieces, codes, first, m):
    """Read the codes of all pieces."""
    for i in range(len(pieces)):
        read_codes(codes[i], pieces[i, 0], pieces[i, 1], first, m)


@exact
def add_coded_predictor(pieces, codes, eta, spare, first, m):
    """Add the part of eta of all pieces."""
    for i in range(len(pieces)):
        piece, read = pieces[i], codes[i]
        values = doubles(piece[of.VALUES], piece[of.LEVELS])
        for r in range(m):
            spare[r] = values[read[r]]
        times(spare, piece, first, spare, m)
        for r in range(m):
            eta[r] += spare[r]


@exact
def add_coded_score(pieces, codes, v, spare, first, m, width):
    """Add the sums of v by level of all pieces."""
    for i in range(len(pieces)):
        table = matrix(pieces[i, of.TABLE], pieces[i, of.LEVELS], width)
        times(v, pieces[i], first, spare, m)
        add_vector(table, codes[i], spare, m)
