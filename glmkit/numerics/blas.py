"""Threads of BLAS, held to what they gain while a fit runs; done by threadpoolctl, and without it nothing is.

NumPy and SciPy bring a BLAS each, whose idle threads go on turning for a while and hold up those of the other:
a factorisation between products takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

__all__ = ["blas_can_be_held", "held_blas", "one_blas_thread"]

# Columns from which on a factorisation is work for threads; and columns, or numbers of all rows, from which on BLAS
# starts some that gain nothing.
POOLED_WIDTH = 150
HELD_WIDTH, HELD_NUMBERS = 64, 200_000

_changing = Lock()
_held: dict[int, tuple[int, int]] = {}  # of each library: who holds it, and the threads it had before


@contextmanager
def held_blas(n: int, p: int) -> Iterator[None]:
    """Hold BLAS inside, beside work on n x p numbers, to the threads that gain.

    Beside many columns SciPy's is held to one thread and NumPy's keeps its own; beside fewer both are, for products of
    so few columns gain less from threads than is lost; for few numbers neither starts any.
    """
    if n * p < HELD_NUMBERS and p < HELD_WIDTH:
        yield
        return
    with _held_to_one(_scipys() if p >= POOLED_WIDTH else _libraries()):
        yield


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread inside: its other threads would go on turning for a while, in the way of what follows."""
    with _held_to_one(_libraries()):
        yield


def blas_can_be_held() -> bool:
    """Return whether there is a way to hold BLAS to one thread."""
    return _controller() is not None


@contextmanager
def _held_to_one(libraries: Sequence[Any]) -> Iterator[None]:
    """Hold libraries to one thread inside; whoever leaves last, in whatever thread, gives back what they had."""
    with _changing:
        for library in libraries:
            _hold(library)
    try:
        yield
    finally:
        with _changing:
            for library in libraries:
                _release(library)


def _hold(library: Any) -> None:
    holders, before = _held.get(id(library), (0, 0))
    if not holders:
        before = library.get_num_threads()
        library.set_num_threads(1)
    _held[id(library)] = holders + 1, before


def _release(library: Any) -> None:
    holders, before = _held[id(library)]
    _held[id(library)] = holders - 1, before
    if holders == 1:
        library.set_num_threads(before)


@cache
def _libraries() -> tuple[Any, ...]:
    controller = _controller()
    return () if controller is None else tuple(controller.select(user_api="blas").lib_controllers)


@cache
def _scipys() -> tuple[Any, ...]:
    """Return SciPy's own libraries; none where it has none."""
    own = [one for one in _libraries() if any(_is_scipys(part) for part in Path(one.filepath).parts)]
    return tuple(own) if len(own) < len(_libraries()) else ()


def _is_scipys(folder: str) -> bool:
    return folder.partition(".")[0] == "scipy"


@cache
def _controller() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
