"""How the compiled pass is told what to do: an array of integers, most of them addresses.

Python fills it and the compiled code reads it; both name its fields from here.
"""

from __future__ import annotations

__all__ = [
    "APART",
    "BETA",
    "CHI_SQUARE",
    "CODE_BYTES",
    "COLUMNS",
    "COLUMN_FIELDS",
    "ETA",
    "FIELDS",
    "GAMMA",
    "GIVEN",
    "GRAM",
    "KIND",
    "LEVELS",
    "LOGISTIC",
    "LOSSES",
    "MOMENTS",
    "MULTIPLIER",
    "NEAR",
    "OFFSET",
    "PAIRS",
    "PEARSON",
    "PIECES",
    "PIECE_FIELDS",
    "POISSON",
    "PREDICTED",
    "SCRATCH",
    "SHIFT",
    "SQUARES",
    "STRIDE",
    "SUMS",
    "SUMS_KEPT",
    "TABLE",
    "TDOT",
    "TILE",
    "VALUES",
    "VECTORS",
    "WATCHED",
    "WEIGHTS",
    "WHERE",
    "D",
    "Y",
    "scratch_numbers",
]

# Rows of a tile: 20 columns of it take 80 KiB, a tenth of a core's second cache.
TILE = 512

# Numbers from one vector of a tile to the next: not a power of two, or all would share a few places of the cache.
APART = TILE + 8

# Fields of the whole: counts, kinds, and addresses, 0 where there is nothing.
D, COLUMNS, SHIFT, BETA = 0, 1, 2, 3  # dense columns, their table, (d,) shifts, (d,) coefficients
PIECES, WHERE, PAIRS = 4, 5, 6  # coded pieces, their table, addresses of the tables of their pairs
KIND, Y, WEIGHTS, OFFSET, ETA = (
    7,
    8,
    9,
    10,
    11,
)  # what a row is; (n,) each; of GIVEN the residuals and weights
SUMS, TDOT, GRAM, SCRATCH, PEARSON = 12, 13, 14, 15, 16  # (4,), (d,) or 0, (d, d) or 0, own numbers, 0 or 1
FIELDS = 17

# Fields of a dense column: where it begins, bytes from one number to the next; of a coded one
# the bytes of a code and its values by code.
STRIDE, CODE_BYTES, VALUES, COLUMN_FIELDS = 1, 2, 3, 4
# Fields of a coded piece: codes, their bytes, a multiplier or 0, levels, its part of eta by level, its table of sums.
MULTIPLIER, LEVELS, TABLE, PIECE_FIELDS = 4, 5, 6, 7

# What becomes of a row: its predictor alone, sums with given residuals and weights, means and sums of squares of the
# columns (in TDOT and GRAM, each (d,)), or all that a family asks for.
PREDICTED, GIVEN, MOMENTS, POISSON, LOGISTIC, GAMMA = 0, 1, 2, 3, 4, 5
# Sums of a family: losses, eta'W eta, Pearson's, and rows that may be a sign of a maximum at infinity.
LOSSES, SQUARES, CHI_SQUARE, WATCHED, SUMS_KEPT = 0, 1, 2, 3, 4
# A row whose response has no finite best predictor is one where it is fitted this well.
NEAR = 1e-3


# Vectors of a tile that a thread has for itself: predictor, residuals, weights, losses, and two to spare.
VECTORS = 6


def scratch_numbers(d: int, pieces: int) -> int:
    """Return how many numbers a thread needs for itself: columns twice, vectors and codes of a tile."""
    return APART * (2 * d + VECTORS + pieces + 1)
