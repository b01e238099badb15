"""Sums by level, and by pair of levels, of the coded pieces of a tile."""

from __future__ import annotations

import numpy as np

from glmkit.compiled import layout as of
from glmkit.compiled.kernel.memory import doubles, exact, matrix, read_codes

__all__ = ["add_coded", "add_coded_predictor", "add_coded_score", "read_pieces"]


@exact
def add_levels(table, codes, v, m):
    """Add v to the levels of a table."""
    for r in range(m):
        table[codes[r]] += v[r]


@exact
def add_pair(table, codes, others, levels, w, m):
    """Add w to a table of pairs of levels."""
    each = np.uint64(levels)
    for r in range(m):
        table[codes[r] * each + others[r]] += w[r]


@exact
def times(values, piece, first, out, m):
    """Write values times the multiplier of a piece."""
    multiplier = doubles(piece[of.MULTIPLIER] + 8 * first, m)
    for r in range(m):
        out[r] = values[r] * multiplier[r]


@exact
def add_two(table, other, codes, v, w, m):
    """Add v and w to the levels of two tables."""
    for r in range(m):
        c = codes[r]
        table[c] += v[r]
        other[c] += w[r]


@exact
def add_piece(table, codes, U, v, w, m):
    """Add v, w and the weighted columns to the levels of a table."""
    d, j = len(U), 0
    add_two(table[0], table[1], codes, v, w, m)
    while j + 2 <= d:
        add_two(table[2 + j], table[3 + j], codes, U[j], U[j + 1], m)
        j += 2
    if j < d:
        add_levels(table[2 + j], codes, U[j], m)


@exact
def add_multiplied(table, piece, codes, U, vectors, first_and_m):
    """Add m v, m^2 w and m w X to the levels of a table; leave m w in the first spare vector."""
    first, m = first_and_m
    own, spare = vectors[4], vectors[5]
    times(vectors[1], piece, first, spare, m)
    add_levels(table[0], codes, spare, m)
    times(vectors[2], piece, first, own, m)
    times(own, piece, first, spare, m)
    add_levels(table[1], codes, spare, m)
    for j in range(len(U)):
        times(U[j], piece, first, spare, m)
        add_levels(table[2 + j], codes, spare, m)


@exact
def add_coded(pieces, pairs, codes, U, vectors, first, m):
    """Add the sums by level, and by pair of levels, of all pieces."""
    spare = vectors[5]
    for i in range(len(pieces)):
        own = vectors[4]
        table = matrix(pieces[i, of.TABLE], 2 + len(U), pieces[i, of.LEVELS])
        if pieces[i, of.MULTIPLIER] != 0:
            add_multiplied(table, pieces[i], codes[i], U, vectors, (first, m))
        else:
            add_piece(table, codes[i], U, vectors[1], vectors[2], m)
            own = vectors[2]
        for j in range(i):
            levels = pieces[j, of.LEVELS]
            total = doubles(pairs[i * (i - 1) // 2 + j], pieces[i, of.LEVELS] * levels)
            if pieces[j, of.MULTIPLIER] != 0:
                times(own, pieces[j], first, spare, m)
                add_pair(total, codes[i], codes[j], levels, spare, m)
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
        if piece[of.MULTIPLIER] != 0:
            for r in range(m):
                spare[r] = values[read[r]]
            times(spare, piece, first, spare, m)
            for r in range(m):
                eta[r] += spare[r]
        else:
            for r in range(m):
                eta[r] += values[read[r]]


@exact
def add_coded_score(pieces, codes, v, spare, first, m, width):
    """Add the sums of v by level of all pieces."""
    for i in range(len(pieces)):
        table = matrix(pieces[i, of.TABLE], width, pieces[i, of.LEVELS])
        if pieces[i, of.MULTIPLIER] != 0:
            times(v, pieces[i], first, spare, m)
            add_levels(table[0], codes[i], spare, m)
        else:
            add_levels(table[0], codes[i], v, m)
