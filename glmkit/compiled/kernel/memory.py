"""Memory at an address as arrays, and the columns and codes that are read from it.

Written, as all modules of this package, in the part of Python that numba compiles; nothing imports them but the process
that compiles (`glmkit.compiled.build`).
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from glmkit.compiled import layout as of

__all__ = [
    "bits",
    "doubles",
    "exact",
    "integers",
    "matrix",
    "number",
    "pointer",
    "prefetch",
    "read_codes",
    "read_column",
    "summing",
]

# Sums may be taken in any order; nothing else is let go of.
summing = njit(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
exact = njit(error_model="numpy", fastmath={"contract"})


@intrinsic
def pointer(typing_context, address):
    """Return an address as one."""

    def generate(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), generate


@intrinsic
def bits(typing_context, number):
    """Return the bits of a double."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def number(typing_context, bits):
    """Return the double of some bits."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def prefetch(typing_context, address):
    """Have memory at an address read into the cache, which need not be there."""

    def generate(context, builder, signature, arguments):
        pointer_type, flag = cgutils.voidptr_t, ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer_type, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        to_read, soon, data = ir.Constant(flag, 0), ir.Constant(flag, 2), ir.Constant(flag, 1)
        builder.call(function, [builder.inttoptr(arguments[0], pointer_type), to_read, soon, data])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@exact
def doubles(address, n):
    """Return the doubles at an address."""
    return carray(pointer(address), n, np.float64)


@exact
def matrix(address, n, k):
    """Return the doubles at an address as the rows of a matrix."""
    return carray(pointer(address), (n, k), np.float64)


@exact
def integers(address, n):
    """Return the integers at an address."""
    return carray(pointer(address), n, np.int64)


@exact
def read_codes(out, address, width, first, m):
    """Read codes of 1, 2, 4 or 8 bytes."""
    if width == 1:
        one = carray(pointer(address + first), m, np.int8)
        for r in range(m):
            out[r] = one[r]
    elif width == 2:
        two = carray(pointer(address + 2 * first), m, np.int16)
        for r in range(m):
            out[r] = two[r]
    elif width == 4:
        four = carray(pointer(address + 4 * first), m, np.int32)
        for r in range(m):
            out[r] = four[r]
    else:
        eight = carray(pointer(address + 8 * first), m, np.int64)
        for r in range(m):
            out[r] = eight[r]


@exact
def read_column(out, column, shift, codes, first, m):
    """Read the numbers of a column less its shift."""
    stride = column[of.STRIDE]
    if column[of.CODE_BYTES] > 0:
        read_codes(codes, column[0], column[of.CODE_BYTES], first, m)
        values = doubles(column[of.VALUES], 1)
        for r in range(m):
            out[r] = values[codes[r]] - shift
    elif stride == 8:
        start = column[0] + 8 * first
        x = doubles(start, m)
        for r in range(0, m, 8):
            prefetch(start + 8 * (of.TILE + r))
        for r in range(m):
            out[r] = x[r] - shift
    else:
        x = doubles(column[0] + stride * first, m)
        step = stride // 8
        for r in range(m):
            out[r] = x[r * step] - shift
