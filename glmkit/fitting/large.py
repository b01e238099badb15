"""Matrices that would not fit into memory, refused before they are asked for."""

from __future__ import annotations

import os

from glmkit._typing import Array
from glmkit.design.matrix import Design
from glmkit.errors import FitError

__all__ = ["laid_out", "memory", "refuse_information"]

BYTES = 8
GIB = 2**30
# Matrices of the size of the information that a fit and its summary hold together at their peak.
INFORMATIONS = 4


def memory() -> float:
    """Return the bytes of memory of this machine; inf where it does not say."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE")) * float(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return float("inf")


def refuse_information(p: int) -> None:
    """Raise FitError where the information of p columns cannot be held."""
    needed = INFORMATIONS * BYTES * p * p
    if needed > memory():
        raise FitError(
            f"The model has {p:,} columns: its information matrix takes {BYTES * p * p / GIB:,.1f} GiB, and a fit"
            f" holds {INFORMATIONS} of its size; this machine has {memory() / GIB:,.1f} GiB. Group rare levels, or"
            " leave out the factor with the most levels.",
            columns=p,
            bytes=needed,
        )


def laid_out(design: Design) -> Array:
    """Return the matrix of a design, (n, p); FitError where it cannot be held.

    It is asked for where columns are dependent, or nearly so: Gram matrices cannot tell.
    """
    n, p = design.shape
    needed = 2 * BYTES * n * p
    if needed > memory():
        raise FitError(
            f"Some of the {p:,} columns are dependent on others, or nearly so. To tell them apart takes a matrix of"
            f" {n:,} x {p:,} numbers, {needed / 2 / GIB:,.1f} GiB, and a copy; this machine has {memory() / GIB:,.1f}"
            " GiB. Leave out factors whose levels lie within those of another, or levels that few rows have.",
            columns=p,
            bytes=needed,
        )
    return design.dense()
