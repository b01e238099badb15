"""Blocks expand to the products of their parts."""

import numpy as np
import pytest

from glmkit.design import parts as parts_module
from glmkit.design.blocks import dense_from_blocks
from glmkit.design.parts import Block, CodedPart, NumericPart, expand

N = 17
RNG = np.random.default_rng(11)
A = CodedPart(RNG.integers(0, 3, N), RNG.normal(size=(3, 2)))
B = CodedPart(RNG.integers(0, 4, N), np.eye(4))
X = NumericPart(RNG.normal(size=(N, 1)))
P = NumericPart(RNG.normal(size=(N, 3)))


def columns(part):
    return part.values if isinstance(part, NumericPart) else part.matrix[part.codes]


def product_by_definition(parts):
    total = np.ones((N, 1))
    for part in parts:  # the first part varies fastest
        total = np.hstack([total * columns(part)[:, [j]] for j in range(part.width)])
    return total


PRODUCTS = {
    "A": (A,),
    "X": (X,),
    "P": (P,),
    "AB": (A, B),
    "ABX": (A, B, X),
    "XAB": (X, A, B),
    "PAXB": (P, A, X, B),
}


@pytest.mark.parametrize("parts", PRODUCTS.values(), ids=PRODUCTS.keys())
def test_a_block_is_the_product_of_its_parts(parts):
    np.testing.assert_allclose(expand([Block(parts)], N), product_by_definition(parts), rtol=1e-15)


@pytest.mark.parametrize("parts", PRODUCTS.values(), ids=PRODUCTS.keys())
def test_factors_too_large_to_join_give_the_same_product(parts, monkeypatch):
    joined = expand([Block(parts)], N)
    monkeypatch.setattr(parts_module, "JOINT_CELLS", 0)
    np.testing.assert_allclose(expand([Block(parts)], N), joined, rtol=1e-15)


@pytest.mark.parametrize("parts", PRODUCTS.values(), ids=PRODUCTS.keys())
def test_rows_of_a_block_are_rows_of_its_expansion(parts):
    rows = np.array([3, 0, 16, 3])
    np.testing.assert_array_equal(expand([Block(parts).select(rows)], 4), expand([Block(parts)], N)[rows])


@pytest.mark.parametrize("rows_at_a_time", [5, 65_536])
def test_a_wide_indicator_is_the_matrix_read_by_its_codes(rows_at_a_time, monkeypatch):
    monkeypatch.setattr(parts_module, "SCATTER_ROWS", rows_at_a_time)
    wide = CodedPart(RNG.integers(0, 20, N), np.eye(20)[:, 1:])
    np.testing.assert_array_equal(expand([Block(), Block((wide,))], N)[:, 1:], wide.matrix[wide.codes])


def test_a_wide_matrix_of_other_numbers_is_read_by_its_codes():
    wide = CodedPart(RNG.integers(0, 20, N), np.vstack([np.eye(19), -np.ones(19)]))
    np.testing.assert_array_equal(expand([Block((wide,))], N), wide.matrix[wide.codes])


def test_a_block_without_parts_is_the_constant():
    np.testing.assert_array_equal(expand([Block()], 3), np.ones((3, 1)))


def test_blocks_stand_side_by_side():
    design = dense_from_blocks([Block(), Block((P,)), Block((A, X))], N)
    assert design.shape == (N, 6)
    np.testing.assert_array_equal(design.values[:, 1:4], P.values)


def test_no_blocks_have_no_columns():
    assert dense_from_blocks([], N).shape == (N, 0)
