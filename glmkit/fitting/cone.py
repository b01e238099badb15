"""One question about a cone {d : s_i x_i d >= 0}: is there a direction that moves a row?

Answered by a linear program over a few rows; rows that its answer violates are added
until there are none. A row's margin is taken in double-double arithmetic where its sign
is in doubt, and counts as zero below `TIE` of the sum of its absolute terms.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.design.matrix import Design
from glmkit.numerics.algebra import singular
from glmkit.numerics.compensated import compensated_residual
from glmkit.numerics.factor import triangular_root
from glmkit.numerics.rank import Rank, independent_columns

__all__ = ["TIE", "held_by_few", "improving_direction", "independent_on", "margins"]

# A margin below this share of its terms is a tie: the fraction at which columns count as
# dependent, and four orders above the rounding of a vertex.
TIE = 1e-11
# Margins above this share of the largest one, and above this share of a row's usual terms (of
# which all may cancel), need no second look.
DOUBTFUL = 1e-5
ROUNDED = 1e-13
# Ties of a linear program's answer, which holds rows to 1e-9 only, are made exact below this.
LOOSE = 1e-6
# What moves gains 1; the linear program holds what does not to 1e-9.
UNMOVED = 1e-8
# Rows that a linear program takes whole, rows added to it at a time, and times.
WHOLE = 1000
ADDED = 200
ROUNDS = 100
# Rows on which independence is decided first.
SAMPLE = 4000
# The program always has an answer, 0. Where rounding keeps the simplex from it at a tight
# tolerance, the interior point method or a wider tolerance finds it; answers are verified.
ATTEMPTS: tuple[tuple[Literal["highs-ds", "highs-ipm"], float], ...] = (
    ("highs-ds", 1e-9),
    ("highs-ipm", 1e-9),
    ("highs-ds", 1e-7),
)
# A linear function this close to a sum of some rows, in units of its size, is one.
HELD = 1e-12
# Rows that are tried for such a sum: it is a short cut, and the program decides where it fails.
TRIED = 200
# What a row gains when a direction moves it: 1, since directions have no length.
MOVED = 0.5


def margins(design: Design, direction: Array, signs: Array) -> Array:
    """Return s_i x_i d, (n,), exactly 0 for ties and where s_i is 0.

    Parameters
    ----------
    design : Design
        n rows, p columns.
    direction : (p,) array
    signs : (n,) array of -1, 0, 1
    """
    values = signs * design.dot(direction)
    size = np.abs(values)
    mean, spread = design.moments(np.ones(len(signs)))
    typical = float(np.hypot(mean, spread) @ np.abs(direction))
    doubt = max(DOUBTFUL * float(np.max(size, initial=0.0)), ROUNDED * typical)
    doubtful = np.flatnonzero((size <= doubt) & (size > 0.0))
    if len(doubtful):
        rows = design.select(doubtful).dense()
        exact = -compensated_residual(rows, direction, np.zeros(len(doubtful)))
        terms = np.abs(rows) @ np.abs(direction)
        values[doubtful] = np.where(np.abs(exact) <= TIE * terms, 0.0, signs[doubtful] * exact)
    return values


def improving_direction(
    design: Design,
    signs: Array,
    basis: Array,
    *,
    wanted: Array | None = None,
    eta: Array | None = None,
) -> Array | None:
    """Return d in the span of `basis` with s_i x_i d >= 0 for all rows, moving some; or None.

    Parameters
    ----------
    design : Design
        n rows, p columns.
    signs : (n,) array of -1, 0, 1
        0 for rows that do not matter.
    basis : (p, k) array
        On which the rows that matter have rank k.
    wanted : (p,) array, optional
        The linear function to be moved up; by default as many of the rows as can be.
    eta : (n,) array, optional
        A hint: rows with a small s_i eta_i are tried first.

    Notes
    -----
    The program is to maximise the sum of z_i with 0 <= z_i <= 1, z_i <= s_i x_i d, whose
    answer moves all rows (of those it sees) that can be moved. It sees k independent rows
    from the start, so that an answer of 0 is an answer for all.
    """
    open_rows = np.flatnonzero(signs)
    chosen = _first_rows(design, signs, basis, open_rows, eta)
    target = None if wanted is None else wanted @ basis
    for attempt in range(ROUNDS + 1):
        rows = _normalised(design, signs, basis, chosen)
        g = _program(rows, target)
        if g is None:
            return None
        for candidate in _candidates(rows, g):
            direction = basis @ candidate
            values = margins(design, direction, signs)
            if np.all(values[chosen] >= 0.0) and _moves(values, wanted, direction):
                break
        else:
            return None
        violated = np.flatnonzero(values < 0.0)
        if len(violated) == 0:
            return direction
        last = attempt >= ROUNDS - 1
        chosen = open_rows if last else np.union1d(chosen, _worst(values, violated))
    return None


def held_by_few(design: Design, signs: Array, basis: Array, functions: Array) -> BoolArray:
    """Return which linear functions, (m, p), are sums of some s_i x_i with weights >= 0 on the span of `basis`.

    No direction of the cone moves such a function down (Farkas), and no program need be asked;
    of the others nothing is known.
    """
    open_rows = np.flatnonzero(signs)
    rows = _normalised(design, signs, basis, open_rows[:: max(1, len(open_rows) // TRIED)])
    with np.errstate(all="ignore"):
        targets = functions @ basis
        sizes = np.linalg.norm(targets, axis=1)
        scaled = targets / np.where(sizes > 0.0, sizes, 1.0)[:, None]
    return np.array([_distance(rows, target) <= HELD for target in scaled], dtype=bool)


def _distance(rows: Array, target: Array) -> float:
    """Return how far a vector is from the sums of rows with weights >= 0; inf where that is not found."""
    from scipy.optimize import nnls  # imported on use: most fits never come here

    if not np.all(np.isfinite(target)):
        return float("inf")
    try:
        weights = nnls(rows.T, target)[0]
    except RuntimeError:  # it took too many steps
        return float("inf")
    # Not the distance it reports: that of scipy 1.15 may be 0 where this is not.
    return float(np.linalg.norm(weights @ rows - target))


def independent_on(design: Design, rows: IntArray, basis: Array) -> Rank:
    """Return which columns of X[rows] basis are independent, as `independent_columns` does.

    Decided on some of the rows: what is independent there is so everywhere, and what is
    dependent there is checked on the others, of which the worst joins.
    """
    chosen = rows[:: max(1, len(rows) // SAMPLE)]
    while True:
        rank = independent_columns(design.select(chosen).dense() @ basis)
        joining = []
        for k, column in enumerate(rank.dropped):
            left = basis[:, column] - basis[:, rank.kept] @ rank.combinations[:, k]
            values = np.abs(margins(design, left, _indicator(design, rows)))
            if np.any(values > 0.0):
                joining.append(int(np.argmax(values)))
        more = np.union1d(chosen, np.array(joining, dtype=np.intp))
        if len(more) == len(chosen):  # nothing joins, or only what is there: small beside its column
            return rank
        chosen = more


def _indicator(design: Design, rows: IntArray) -> Array:
    inside = np.zeros(design.shape[0])
    inside[rows] = 1.0
    return inside


def _moves(values: Array, wanted: Array | None, direction: Array) -> bool:
    if wanted is None:
        return bool(np.any(values > 0.0))
    return bool(wanted @ direction > TIE * (np.abs(wanted) @ np.abs(direction)))


def _program(rows: Array, target: Array | None) -> Array | None:
    """Return the best g of the linear program over normalised rows; None when nothing moves."""
    from scipy import sparse  # imported on use: most fits never come here
    from scipy.optimize import linprog

    m, k = rows.shape
    moved = rows if target is None else target[None, :] / np.linalg.norm(target)
    t = len(moved)
    gain = sparse.hstack([sparse.csr_array(-moved), sparse.eye_array(t)])
    keep = sparse.hstack([sparse.csr_array(-rows), sparse.csr_array((m, t))])
    limits = sparse.vstack([gain] if target is None else [gain, keep], format="csr")
    for method, tolerance in ATTEMPTS:
        answer = linprog(
            np.concatenate([np.zeros(k), -np.ones(t)]),
            A_ub=limits,
            b_ub=np.zeros(limits.shape[0]),
            bounds=[(None, None)] * k + [(0.0, 1.0)] * t,
            method=method,
            options={"primal_feasibility_tolerance": tolerance, "dual_feasibility_tolerance": tolerance},
        )
        if answer.status == 0:  # otherwise x may be there, and be far from the best
            break
    if answer.x is None or np.max(answer.x[k:], initial=0.0) < MOVED:
        return None
    return np.asarray(answer.x[:k])


def _candidates(rows: Array, g: Array) -> list[Array]:
    """Return the answer of a linear program, and the same with its loose ties made exact."""
    values = rows @ g
    terms = np.abs(rows) @ np.abs(g)
    ties = rows[np.abs(values) <= np.maximum(LOOSE * terms, UNMOVED)]
    if len(ties) == 0:
        return [g]
    root = triangular_root(np.asfortranarray(ties), np.ones(ties.shape[1]))
    _, size, across = singular("The direction of separation", root)
    span = across[: np.count_nonzero(size > TIE * size[0])]
    exact = g - span.T @ (span @ g)
    exact -= span.T @ (span @ exact)  # once more: twice is enough
    return [g, exact] if np.linalg.norm(exact) > LOOSE * np.linalg.norm(g) else [g]


def _normalised(design: Design, signs: Array, basis: Array, chosen: IntArray) -> Array:
    """Return s_i x_i basis, each of length 1, once each; rows that vanish are left out."""
    rows = signs[chosen, None] * _products(design, basis, chosen)
    length = np.linalg.norm(rows, axis=1)
    rows = rows[length > 0.0] / length[length > 0.0, None]
    return np.asarray(np.unique(rows, axis=0))


def _products(design: Design, basis: Array, chosen: IntArray) -> Array:
    """Return some rows times `basis`: 0 where closed rows determine them, which would come out as rounding."""
    X = design.select(chosen).dense()
    rows = np.asarray(X @ basis)
    rows[np.abs(rows) <= TIE * (np.abs(X) @ np.abs(basis))] = 0.0
    return rows


def _first_rows(
    design: Design, signs: Array, basis: Array, open_rows: IntArray, eta: Array | None
) -> IntArray:
    """Return rows to start from: all when few, else those near the edge, some of the rest, k independent."""
    if len(open_rows) <= WHOLE:
        return open_rows
    spread = open_rows[:: max(1, len(open_rows) // ADDED)]
    near = open_rows[:0]
    if eta is not None:
        margin = (signs * eta)[open_rows]
        near = open_rows[np.argpartition(margin, ADDED)[:ADDED]]
    chosen = np.union1d(spread, near)
    for _ in range(basis.shape[1]):
        free = _null_vector(_products(design, basis, chosen))
        if free is None:
            break
        chosen = np.union1d(chosen, [np.argmax(np.abs(signs * design.dot(basis @ free)))])
    return np.asarray(chosen, dtype=np.intp)


def _null_vector(rows: Array) -> Array | None:
    """Return g with rows g = 0 and length 1, or None when there is only 0."""
    _, size, across = singular("The direction of separation", rows)
    rank = int(np.count_nonzero(size > TIE * max(float(size[0]), 1e-300)))
    return None if rank == rows.shape[1] else np.asarray(across[rank])


def _worst(values: Array, violated: IntArray) -> IntArray:
    """Return the rows violated most, each kind of row once."""
    if len(violated) <= ADDED:
        return violated
    distinct = violated[np.unique(values[violated], return_index=True)[1]]
    return np.asarray(distinct[:ADDED])
