"""Compile the pass and keep it: ``python -m glmkit.compiled.build``, some ten seconds, once for each version.

What numba makes of the source is turned into machine code of this processor, loaded as later processes will load
it, and compared with NumPy before it is kept.
"""

from __future__ import annotations

import re
import sys

import numpy as np

from glmkit.compiled import layout as of
from glmkit.compiled.load import Pass, loaded, processor, target
from glmkit.compiled.store import Slot, claim, lock, release, source_key

__all__ = ["compiled", "main"]

# numba would free arrays that it owns, and there are none: what it would call is not there without it.
_RELEASE = re.compile(r"^declare (void @NRT_MemInfo_call_dtor\()([^)]*)\).*$", re.MULTILINE)
_NOTHING = r"define internal \1\2 %0) {\n  ret void\n}"
# Largest difference from NumPy that rounding explains, relative to the largest number.
ROUNDING = 1e-12


def compiled() -> bytes:
    """Return the pass as machine code: the name of its function, a zero and an object file."""
    import llvmlite.binding as llvm

    from glmkit.compiled.kernel.entry import SIGNATURE, rows_pass

    rows_pass.compile(SIGNATURE)
    module = llvm.parse_assembly(_RELEASE.sub(_NOTHING, rows_pass.inspect_llvm(SIGNATURE)))
    names = [str(f.name) for f in module.functions if not f.is_declaration]
    (name,) = (name for name in names if rows_pass.__name__ in name)
    return name.encode() + b"\0" + bytes(target().emit_object(module))


def agrees(run: Pass) -> bool:
    """Return whether a pass over a few rows finds what NumPy finds."""
    rng = np.random.default_rng(1)
    n, d, levels = 3 * of.TILE + 7, 5, 6
    X, beta, shift = rng.normal(size=(d, n)), rng.normal(size=d) / 4.0, np.ones(d)
    codes, values, y = (
        rng.integers(levels, size=n, dtype=np.int32),
        rng.normal(size=levels) / 4.0,
        rng.random(n),
    )
    table, scratch = np.zeros((levels, 2 + d), order="F"), np.empty(of.scratch_numbers(d, 1))
    eta, sums, tdot, gram = np.empty(n), np.zeros(of.SUMS_KEPT), np.zeros(d), np.zeros((d, d))
    columns = np.array([[at(row), 8, 0, 0] for row in X])
    pieces = np.array([[at(codes), 4, 0, at(values), 0, levels, at(table)]])
    job = np.zeros(of.FIELDS, np.int64)
    job[[of.D, of.COLUMNS, of.SHIFT, of.BETA]] = d, at(columns), at(shift), at(beta)
    job[[of.PIECES, of.WHERE, of.KIND, of.Y, of.ETA]] = 1, at(pieces), of.LOGISTIC, at(y), at(eta)
    job[[of.SUMS, of.TDOT, of.GRAM, of.SCRATCH]] = at(sums), at(tdot), at(gram), at(scratch)
    if run(at(job), 0, n) != 1:
        return False
    Z = X - 1.0
    wanted = beta @ Z + values[codes]
    mu = 1.0 / (1.0 + np.exp(-wanted))
    w, v = mu * (1.0 - mu), y - mu
    by_level = np.array([np.bincount(codes, weights=one, minlength=levels) for one in (v, w, *(w * Z))])
    pairs = [(eta, wanted), (tdot, Z @ v), (np.tril(gram), np.tril((Z * w) @ Z.T)), (table, by_level.T)]
    pairs.append((sums[:1], np.array([np.sum(np.logaddexp(0.0, wanted) - y * wanted)])))
    return all(np.max(np.abs(one - two)) <= ROUNDING * np.max(np.abs(two)) for one, two in pairs)


def at(array: np.ndarray) -> int:
    """Return the address of an array."""
    return int(array.__array_interface__["data"][0])


def main() -> int:
    """Compile the pass, unless it is there, another process is at it, or it has failed before; say what was done."""
    key = source_key()
    slot = Slot(key, processor())
    if slot.read() is not None:
        return _said(f"{slot.path} is there.")
    if not claim(key):
        return _said(f"Another process is at it, or it has failed: see {lock(key)}.", 1)
    try:
        code = compiled()
        if not agrees(loaded(code)):
            raise ArithmeticError("the compiled pass does not find what NumPy finds")
        slot.write(code)
    except Exception as error:
        release(key, f"{type(error).__name__}: {error}")
        return _said(f"It failed: see {lock(key)}.", 1)
    release(key)
    return _said(f"{slot.path} was made.")


def _said(text: str, code: int = 0) -> int:
    sys.stdout.write(f"{text}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
