"""What every design answers, held to the dense matrix it stands for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from glmkit.design import columns as columns_module
from glmkit.design import structured as structured_module
from glmkit.design.blocks import dense_from_blocks, structured_from_blocks
from glmkit.design.columns import columns_of_blocks
from glmkit.design.dense import DenseDesign
from glmkit.design.matrix import Visited
from glmkit.design.parts import Block, CodedPart, NumericPart
from glmkit.numerics import rowwise

RNG = np.random.default_rng(3)
N = 700  # more rows than one block of a narrow design is cut into nothing, fewer than is slow


def coded():
    numbers = NumericPart(RNG.normal(size=(N, 2)))
    factor = CodedPart(RNG.integers(0, 3, size=N), np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    return dense_from_blocks((Block(()), Block((numbers,)), Block((factor, numbers))), N)


def structured():
    numbers = NumericPart(RNG.normal(size=(N, 2)))
    one = CodedPart(RNG.integers(0, 4, size=N), np.vstack([np.zeros(3), np.eye(3)]))
    two = CodedPart(RNG.integers(0, 3, size=N), np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]))
    blocks = (
        Block(()),
        Block((one,)),
        Block((numbers,)),
        Block((two,)),
        Block((one, two)),
        Block((one, numbers, two)),
    )
    return structured_from_blocks(blocks, N)


def by_column():
    numbers = NumericPart(RNG.normal(size=(N, 2)))
    one = CodedPart(RNG.integers(0, 4, size=N), np.vstack([np.zeros(3), np.eye(3)]))
    blocks = (Block(()), Block((numbers,)), Block((one,)), Block((one, numbers)))
    return columns_of_blocks(blocks, N)


def side_by_side():
    kept = RNG.normal(size=(5, N))
    kept.flags.writeable = False
    parts = [NumericPart(kept[k][:, None]) for k in (0, 1, 2, 4, 3)]
    return columns_of_blocks((Block(()), *(Block((part,)) for part in parts)), N)


DESIGNS = {
    "side by side in one array": side_by_side(),
    "by column": by_column(),
    "by column, taken": by_column().take(np.array([7, 0, 2, 4])),
    "by column, selected": by_column().select(np.arange(0, N, 3)),
    "by column, no columns": by_column().take(np.array([], dtype=np.intp)),
    "structured": structured(),
    "structured, taken": structured().take(np.array([9, 3, 1, 14, 25, 5])),
    "structured, selected": structured().select(np.arange(0, N, 2)),
    "structured, only codes": structured().take(np.array([1, 2, 3])),
    "structured, nothing coded": structured().take(np.array([4, 0, 5])),
    "dense": DenseDesign(np.asfortranarray(RNG.normal(size=(N, 5)))),
    "wide": DenseDesign(np.asfortranarray(RNG.normal(size=(N, 400)))),
    "no columns": DenseDesign(np.empty((N, 0), order="F")),
    "from blocks": coded(),
    "shifted": DenseDesign(np.asfortranarray(RNG.normal(size=(N, 4)))).shifted(np.array([1.0, 0, 1e6, 0])),
    "taken": DenseDesign(np.asfortranarray(RNG.normal(size=(N, 6)))).take(np.array([4, 0, 2])),
    "selected": DenseDesign(np.asfortranarray(RNG.normal(size=(2 * N, 3)))).select(np.arange(0, 2 * N, 2)),
}
each = pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS.keys())
# Sums of N products: N roundings at the most.
RTOL = N * 2.3e-16 * 100


@each
def test_shape_is_that_of_the_matrix(design):
    assert design.shape == design.dense().shape


@each
def test_products_are_those_of_the_matrix(design):
    X, (n, p) = design.dense(), design.shape
    beta, v = RNG.normal(size=p), RNG.normal(size=n)
    np.testing.assert_allclose(design.dot(beta), X @ beta, rtol=RTOL, atol=1e-9)
    np.testing.assert_allclose(design.tdot(v), X.T @ v, rtol=RTOL, atol=1e-7)
    np.testing.assert_allclose(design.accurate_tdot(v), X.T @ v, rtol=RTOL, atol=1e-7)


@each
def test_both_products_at_once_are_those_apart(design):
    w, v = RNG.uniform(0, 2, size=design.shape[0]), RNG.normal(size=design.shape[0])
    gram, tdot = design.gram_and_tdot(w, v)
    np.testing.assert_array_equal(gram, design.gram(w))
    np.testing.assert_array_equal(tdot, design.tdot(v))


@each
def test_cells_are_the_rows_by_their_code(design):
    cells = design.cells()
    rows = design.dense() if cells is None else cells.design.dense()[cells.codes]
    np.testing.assert_array_equal(rows, design.dense())


def test_a_design_of_one_code_has_a_cell_for_each_level():
    one = CodedPart(RNG.integers(0, 4, size=N), np.vstack([np.zeros(3), np.eye(3)]))
    cells = structured_from_blocks((Block(()), Block((one,))), N).cells()
    assert cells.design.shape == (4, 4)


def test_columns_of_one_array_are_read_together_and_only_those():
    runs = side_by_side()._runs
    assert [(first, last, together is not None) for first, last, together in runs] == [
        (0, 1, False), (1, 4, True), (4, 5, False), (5, 6, False)
    ]  # fmt: skip


def test_columns_read_together_are_shifted_before_each_product():
    shift, v = np.array([0.0, 3.0, 0.0, -1.0, 0.0, 2.0]), RNG.normal(size=N)
    design = side_by_side()
    X = design.dense() - shift
    np.testing.assert_allclose(design.shifted(shift).tdot(v), X.T @ v, rtol=RTOL, atol=1e-9)


def test_columns_are_shifted_before_each_product():
    shift = np.array([0.0, 100.0, 0.0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0])
    design, v = by_column(), RNG.normal(size=N)
    X = design.dense() - shift
    np.testing.assert_array_equal(design.shifted(shift).dense(), X)
    np.testing.assert_allclose(design.shifted(shift).tdot(v), X.T @ v, rtol=RTOL, atol=1e-7)


@each
def test_gram_is_the_weighted_product_and_exactly_symmetric(design):
    X, w = design.dense(), RNG.uniform(0, 2, size=design.shape[0])
    gram = design.gram(w)
    np.testing.assert_allclose(
        gram, X.T @ (w[:, None] * X), rtol=RTOL, atol=RTOL * np.abs(gram).max(initial=1)
    )
    np.testing.assert_array_equal(gram, gram.T)


@each
def test_moments_are_weighted_means_and_deviations(design):
    X, w = design.dense(), RNG.uniform(0.5, 2, size=design.shape[0])
    mean, deviation = design.moments(w)
    np.testing.assert_allclose(
        mean, np.average(X, axis=0, weights=w) if X.size else [], rtol=1e-10, atol=1e-10
    )
    expected = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=w)) if X.size else []
    np.testing.assert_allclose(deviation, expected, rtol=1e-9, atol=1e-9)


@each
def test_row_norms_are_those_of_the_mapped_rows(design):
    root = RNG.normal(size=(design.shape[1], 3))
    expected = ((design.dense() @ root) ** 2).sum(axis=1)
    np.testing.assert_allclose(design.row_norms(root), expected, rtol=1e-9, atol=1e-9)


@each
def test_taking_columns_selecting_rows_and_shifting(design):
    X, (n, p) = design.dense(), design.shape
    columns, rows, shift = np.arange(p)[::-1], np.arange(0, n, 3), np.arange(p) / 8.0
    np.testing.assert_array_equal(design.take(columns).dense(), X[:, columns])
    np.testing.assert_array_equal(design.select(rows).dense(), X[rows])
    np.testing.assert_array_equal(design.shifted(shift).dense(), X - shift)


@each
def test_nothing_is_written_into_the_matrix(design):
    before = design.dense().copy()
    design.gram(np.ones(design.shape[0]))
    design.moments(np.ones(design.shape[0]))
    np.testing.assert_array_equal(design.dense(), before)


def test_a_structured_design_equals_the_dense_one_of_its_blocks():
    numbers = NumericPart(RNG.normal(size=(N, 2)))
    one = CodedPart(RNG.integers(0, 4, size=N), np.vstack([np.zeros(3), np.eye(3)]))
    two = CodedPart(RNG.integers(0, 3, size=N), np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]))
    blocks = (Block(()), Block((one, numbers, two)), Block((numbers,)), Block((two, one)))
    np.testing.assert_array_equal(
        structured_from_blocks(blocks, N).dense(), dense_from_blocks(blocks, N).dense()
    )


def test_sums_over_levels_are_exact_where_asked():
    codes = np.zeros(N, dtype=np.intp)
    codes[0] = 1
    design = structured_from_blocks((Block((CodedPart(codes, np.eye(2)),)),), N)
    v = np.concatenate([[0.0], np.tile([1e16, 1.0, -1e16, 1.0], N)[: N - 1]])
    exact = float(sum(Fraction(value) for value in v))
    assert design.accurate_tdot(v)[0] == exact


class Recorder:
    """A visitor with weights and residuals of its own, which keeps what it is shown."""

    def __init__(self, n, *, first_derivative=True, second=True):
        self.eta, self.v, self.w = np.empty(n), RNG.normal(size=n), RNG.uniform(0.1, 2.0, size=n)
        self.first_derivative, self.second = first_derivative, second

    def __call__(self, rows, eta):
        self.eta[rows] = eta
        v = self.v[rows] if self.first_derivative else None
        return Visited(np.array([np.sum(eta), len(eta)]), v, self.w[rows] if self.second else None)


@pytest.fixture(params=["in one piece", "in several chunks"])
def cut(request, monkeypatch):
    if request.param == "in several chunks":
        monkeypatch.setattr(rowwise, "THREADED_NUMBERS", 1)
        monkeypatch.setattr(structured_module, "CHUNK_ROWS", 150)
        monkeypatch.setattr(columns_module, "BLOCK_ROWS", 90)


@each
def test_a_sweep_is_a_product_before_and_two_after(design, cut):
    X, visit = design.dense(), Recorder(design.shape[0])
    beta = RNG.normal(size=X.shape[1])
    swept = design.sweep(beta, visit)
    scale = np.abs(X) @ np.abs(beta)
    assert np.all(np.abs(visit.eta - X @ beta) <= 1e-13 * scale)
    assert swept.sums[1] == len(X)
    assert np.all(np.abs(swept.tdot - X.T @ visit.v) <= RTOL * np.abs(X).T @ np.abs(visit.v))
    size = np.sqrt(visit.w @ X**2)
    assert np.all(np.abs(swept.gram - (X.T * visit.w) @ X) <= RTOL * np.outer(size, size))
    np.testing.assert_array_equal(design.dense(), X)  # the design is as it was


@each
def test_a_sweep_gives_only_what_is_asked_for(design, cut):
    beta = np.zeros(design.shape[1])
    score = design.sweep(beta, Recorder(design.shape[0], second=False))
    assert score.gram is None
    assert score.tdot is not None
    assert design.sweep(beta, Recorder(design.shape[0], first_derivative=False, second=False)).tdot is None
