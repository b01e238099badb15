"""BLAS is held to the threads that gain while a fit runs, and gets back what it had."""

from __future__ import annotations

import os

import pytest
import scipy.linalg

from glmkit.numerics.blas import held_blas, one_blas_thread

threadpoolctl = pytest.importorskip("threadpoolctl")


@pytest.fixture
def libraries():
    """Every BLAS, with two threads each."""
    found = threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers
    before = [one.get_num_threads() for one in found]
    for one in found:
        one.set_num_threads(2)
    if any(one.get_num_threads() != 2 for one in found):
        pytest.skip("this BLAS has one thread")
    yield found
    for one, threads in zip(found, before, strict=True):
        one.set_num_threads(threads)


def threads_of(libraries):
    return [one.get_num_threads() for one in libraries]


def scipys(libraries):
    folder = os.path.dirname(scipy.__file__)  # its libraries lie in it, or beside it in scipy.libs
    own = [one for one in libraries if one.filepath.startswith(folder)]
    if not own or len(own) == len(libraries):
        pytest.skip("numpy and scipy share one BLAS")
    return own


def test_few_numbers_leave_blas_alone(libraries):
    with held_blas(1000, 10):
        assert threads_of(libraries) == [2] * len(libraries)


@pytest.mark.parametrize(("n", "p"), [(1000, 100), (100_000, 10)])
def test_blas_is_held_beside_columns_that_gain_nothing_from_threads(libraries, n, p):
    with held_blas(n, p):
        assert threads_of(libraries) == [1] * len(libraries)
    assert threads_of(libraries) == [2] * len(libraries)


def test_beside_many_columns_only_the_blas_of_scipy_is_held(libraries):
    own = scipys(libraries)
    with held_blas(1000, 1000):
        assert threads_of(own) == [1] * len(own)
        assert sorted(threads_of(libraries)) == [1] * len(own) + [2] * (len(libraries) - len(own))
        with one_blas_thread():
            assert threads_of(libraries) == [1] * len(libraries)
        assert sorted(threads_of(libraries)) == [1] * len(own) + [2] * (len(libraries) - len(own))
    assert threads_of(libraries) == [2] * len(libraries)


def test_fits_that_overlap_give_back_what_blas_had_before_the_first(libraries):
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert threads_of(libraries) == [1] * len(libraries)
    second.__exit__(None, None, None)
    assert threads_of(libraries) == [2] * len(libraries)


def test_an_error_inside_gives_back_what_blas_had(libraries):
    with pytest.raises(ValueError, match="inside"), one_blas_thread():
        raise ValueError("inside")
    assert threads_of(libraries) == [2] * len(libraries)
