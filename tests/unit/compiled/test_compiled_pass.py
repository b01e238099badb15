"""The compiled pass finds what NumPy finds: every kind of column, code and row, in every combination."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import glmkit as gk
from glmkit.design import compiled as designs
from glmkit.design.column import Column
from glmkit.design.columns import ColumnDesign
from glmkit.design.dense import DenseDesign
from glmkit.design.parts import Block, CodedPart, NumericPart
from glmkit.design.structured import CodedColumns, StructuredDesign
from glmkit.fitting.objective import GLMObjective
from glmkit.fitting.points import Asked

N = 3000  # several tiles, the last one not full
# A sum of N terms in another order.
ROUNDING = 1e-12
pytestmark = pytest.mark.usefixtures("compiled")


def numeric_columns(rng, d):
    """A constant, plain numbers, numbers at steps in memory, coded ones; some moved."""
    spread, wide = rng.normal(size=(d, N)) / 2.0, rng.normal(size=(N, 3)) / 2.0
    coded = CodedPart(rng.integers(3, size=N).astype(np.int8), np.array([[0.0], [1.0], [-0.5]]))
    columns = [Column(Block(), 0)]
    for j in range(d):
        numbers = spread[j] if j % 3 else wide[:, j % 3]
        columns.append(
            Column(Block((NumericPart(numbers[:, None]),)), 0, numbers=numbers, shift=0.25 * (j % 2))
        )
    columns.append(Column(Block((coded,)), 0, picked=(coded.codes, coded.matrix[:, 0].copy()), shift=0.1))
    return ColumnDesign(N, tuple(columns))


def structured(rng, plain, kinds, multiplied=()):
    """Dense columns beside factors whose codes have some types."""
    d, at, pieces = plain.shape[1], plain.shape[1], []
    for i, kind in enumerate(kinds):
        levels = 3 + 2 * i
        matrix = np.eye(levels)[:, 1:] if i % 2 else rng.normal(size=(levels, 2)) / 3.0
        m = rng.normal(size=N) if i in multiplied else None
        columns = np.arange(at, at + matrix.shape[1])
        pieces.append(CodedColumns(rng.integers(levels, size=N).astype(kind), matrix, columns, m))
        at += matrix.shape[1]
    return StructuredDesign(plain, np.arange(d), tuple(pieces))


def designs_of(name):
    rng = np.random.default_rng(sum(map(ord, name)))
    if name == "matrix":
        return DenseDesign(np.asfortranarray(rng.normal(size=(N, 7)) / 3.0))
    if name == "one column":
        return ColumnDesign(N, (Column(Block(), 0),))
    if name.startswith("columns"):
        return numeric_columns(rng, int(name.split()[1]))
    if name == "factors":
        return structured(rng, numeric_columns(rng, 2), [np.int8, np.int16, np.int32, np.int64])
    if name == "factors alone":
        return structured(rng, DenseDesign(np.empty((N, 0), order="F")), [np.int32, np.int8, np.int64])
    return structured(rng, numeric_columns(rng, 4), [np.int8, np.int64, np.int32], multiplied=(1, 2))


DESIGNS = [
    "matrix",
    "one column",
    "columns 1",
    "columns 2",
    "columns 5",
    "columns 11",
    "factors",
    "factors alone",
]
DESIGNS += ["factors times numbers"]


def by_numpy(design):
    """The same design, which the compiled pass is not asked for."""
    state = design.__getstate__()
    twin = object.__new__(type(design))
    twin.__dict__.update(state, compiled=None)
    if isinstance(design, StructuredDesign) and isinstance(design.plain, ColumnDesign):
        twin.__dict__["plain"] = by_numpy(design.plain)
    return twin


def close(one, two):
    one, two = np.asarray(one), np.asarray(two)
    assert one.shape == two.shape
    np.testing.assert_allclose(one, two, rtol=ROUNDING, atol=ROUNDING * np.max(np.abs(two), initial=0.0))


@pytest.mark.parametrize("name", DESIGNS)
def test_the_products_of_a_design_are_those_of_its_matrix(name):
    design, rng = designs_of(name), np.random.default_rng(5)
    assert design.compiled is not None
    X, beta, v, w = design.dense(), rng.normal(size=design.shape[1]), rng.normal(size=N), rng.random(N)
    close(design.dot(beta), X @ beta)
    close(design.tdot(v), X.T @ v)
    close(design.gram(w), (X * w[:, None]).T @ X)
    gram, tdot = design.gram_and_tdot(w, v)
    close(gram, (X * w[:, None]).T @ X)
    close(tdot, X.T @ v)
    mean, spread = design.moments(w)
    close(mean, w @ X / w.sum())
    close(spread, np.sqrt(w @ (X - mean) ** 2 / w.sum()))


FAMILIES = {
    "poisson": gk.Poisson(),
    "quasipoisson": gk.QuasiPoisson(),
    "binomial": gk.Binomial(),
    "quasibinomial": gk.QuasiBinomial(),
    "gamma": gk.Gamma(link="log"),
    "no known rows": gk.Binomial(link="cloglog"),
    "constant weights": gk.Gaussian(link="log"),
}


def response(family, rng):
    if isinstance(family, (gk.Gamma, gk.Gaussian)):
        return rng.gamma(2.0, size=N)
    if isinstance(family, (gk.Binomial, gk.QuasiBinomial)):
        return rng.integers(4, size=N) / 3.0
    return rng.poisson(1.5, size=N).astype(float)


@pytest.mark.parametrize("asked", list(Asked), ids=lambda asked: asked.name)
@pytest.mark.parametrize("extra", ["", "weights", "offset", "weights and offset"])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@pytest.mark.parametrize("name", ["columns 5", "factors", "factors times numbers"])
def test_a_point_is_the_one_that_numpy_finds(name, family, extra, asked):
    rng = np.random.default_rng(3)
    y = response(family, rng)
    weights = rng.integers(3, size=N) * 0.5 if "weights" in extra else np.ones(N)
    offset = rng.normal(size=N) if "offset" in extra else np.zeros(N)
    design = designs_of(name)
    beta = rng.normal(size=design.shape[1]) / 5.0
    count = float(np.sum(weights > 0))
    got, wanted = (
        GLMObjective(family, one, y, weights, offset, count).at(beta, asked)
        for one in (design, by_numpy(design))
    )
    close(got.merit, wanted.merit)
    close(got.eta, wanted.eta)
    assert (got.sums is None) == (wanted.sums is None)
    if asked is Asked.MERIT:
        assert got.exact
        close(got.measures.pearson, wanted.measures.pearson)
        assert got.measures.watch.is_open() >= wanted.measures.watch.is_open()
        return
    close(got.sums.score, wanted.sums.score)
    close(got.sums.squares, wanted.sums.squares)
    close(got.sums.pearson, wanted.sums.pearson)
    assert (got.sums.gram is None) == (wanted.sums.gram is None)
    if got.sums.gram is not None:
        close(got.sums.gram, wanted.sums.gram)


@pytest.mark.parametrize("family", [gk.Poisson(), gk.Binomial(), gk.Gamma(link="log")], ids=["p", "b", "g"])
def test_rows_of_zero_weight_may_be_anything(family):
    rng = np.random.default_rng(8)
    y, weights, design = response(family, rng), np.ones(N), designs_of("columns 5")
    y[[4, 900]], weights[[4, 900]] = [np.nan, np.inf], 0.0
    beta = rng.normal(size=design.shape[1]) / 5.0
    got = GLMObjective(family, design, y, weights, np.zeros(N), N - 2.0).at(beta)
    wanted = GLMObjective(family, by_numpy(design), y, weights, np.zeros(N), N - 2.0).at(beta)
    close(got.merit, wanted.merit)
    close(got.sums.score, wanted.sums.score)
    if got.sums.gram is not None:
        close(got.sums.gram, wanted.sums.gram)


@pytest.mark.parametrize("far", [750.0, -750.0, np.inf, np.nan])
@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_predictors_beyond_the_range_of_compiled_code_are_numpys(far, weight):
    y, weights, offset = np.ones(N), np.ones(N), np.zeros(N)
    offset[700], weights[700] = far, weight
    design, beta = designs_of("columns 2"), np.array([0.1, 0.2, 0.3, 0.4])
    with np.errstate(all="ignore"):  # as in a fit
        got = GLMObjective(gk.Poisson(), design, y, weights, offset, N).at(beta)
        wanted = GLMObjective(gk.Poisson(), by_numpy(design), y, weights, offset, N).at(beta)
    np.testing.assert_allclose(got.merit, wanted.merit, rtol=ROUNDING)
    np.testing.assert_allclose(got.eta, wanted.eta, rtol=ROUNDING)


def test_exponentials_are_right_to_the_last_digits():
    eta = np.linspace(-690.0, 690.0, N)
    design = ColumnDesign(N, (Column(Block(), 0),))
    alone = np.zeros(N)
    for row in range(0, N, 37):
        alone[:] = 0.0
        alone[row] = 1.0
        point = GLMObjective(gk.Poisson(), design, np.zeros(N), alone, eta, 1.0).at(np.zeros(1))
        np.testing.assert_allclose(point.sums.gram[0, 0], np.exp(eta[row]), rtol=4e-16)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_no_bit_depends_on_the_number_of_threads(threads, monkeypatch):
    from glmkit.numerics import rowwise

    monkeypatch.setattr(rowwise, "_processors", lambda: 8)
    rng = np.random.default_rng(2)
    y, beta = response(gk.Poisson(), rng), rng.normal(size=designs_of("factors").shape[1]) / 5.0

    def point():
        return GLMObjective(gk.Poisson(), designs_of("factors"), y, np.ones(N), np.zeros(N), N).at(beta)

    expected = point()
    with rowwise.threads_at_most(threads):
        got = point()
    assert got.merit == expected.merit
    np.testing.assert_array_equal(got.sums.score, expected.sums.score)
    np.testing.assert_array_equal(got.sums.gram, expected.sums.gram)


def test_columns_that_lie_oddly_are_numpys():
    backwards = np.arange(float(N))[::-1]
    assert designs.columns_at([Column(Block(), 0, numbers=backwards)]) is None
    assert designs.columns_at([Column(Block(), 0, numbers=np.zeros(N, dtype=np.float32))]) is None
    two = Block((NumericPart(np.ones((N, 1))), CodedPart(np.zeros(N, dtype=np.int32), np.ones((1, 1)))))
    assert designs.columns_at([Column(two, 0)]) is None
    unsigned = CodedColumns(np.zeros(N, dtype=np.uint8), np.eye(2), np.arange(1, 3))
    plain = ColumnDesign(N, (Column(Block(), 0),))
    assert StructuredDesign(plain, np.arange(1), (unsigned,)).compiled is None


def test_many_columns_and_cells_are_numpys(monkeypatch):
    wide = DenseDesign(np.ones((4, designs.MOST_COLUMNS + 1), order="F"))
    assert wide.compiled is None
    plain = ColumnDesign(N, (Column(Block(), 0),))
    codes = np.arange(N, dtype=np.int32) % 60
    pieces = tuple(CodedColumns(codes, np.eye(60), np.arange(1 + 60 * k, 61 + 60 * k)) for k in range(2))
    assert StructuredDesign(plain, np.arange(1), pieces).compiled is None
    monkeypatch.setattr(designs, "WORTH_IT", 10**9)
    assert designs_of("columns 5").compiled is None


@pytest.mark.parametrize("name", ["matrix", "columns 5", "factors"])
def test_a_design_goes_to_another_process_without_addresses(name):
    design, beta = designs_of(name), np.random.default_rng(1).normal(size=designs_of(name).shape[1])
    expected = design.dot(beta)
    assert design.compiled is not None
    twin = pickle.loads(pickle.dumps(design))
    assert "compiled" not in twin.__dict__
    np.testing.assert_array_equal(twin.dot(beta), expected)
