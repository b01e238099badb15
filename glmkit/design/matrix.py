"""What the solvers ask of a design matrix: three products and a choice of columns.

Nothing else is known of the columns by ``fitting``. An implementation may hold them as
one dense block, as integer codes of a factor, or as batches of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

from glmkit._typing import Array, IntArray

__all__ = ["Cells", "Design", "KnownRows", "Swept", "Visit", "Visited"]


class Cells(NamedTuple):
    """The distinct rows of a design, and which of them each row is."""

    codes: IntArray  # (n,)
    design: Design  # one row for each cell


class Visited(NamedTuple):
    """What a visit to a block of rows makes of their linear predictor."""

    sums: Array  # (k,) to be added up over blocks
    residual: Array | None = None  # (b,) v of X'v
    working: Array | None = None  # (b,) w >= 0 of X' diag(w) X


class Swept(NamedTuple):
    """What a sweep over all rows adds up to."""

    sums: Array  # (k,)
    tdot: Array | None  # (p,) X'v
    gram: Array | None  # (p, p) X' diag(w) X


class KnownRows(NamedTuple):
    """Rows of which compiled code makes what a visit makes, with losses in place of the deviance."""

    kind: int  # of family and link, as in `glmkit.compiled.layout`
    y: Array  # (n,)
    weights: Array | None  # (n,); None where all are 1
    offset: Array | None  # (n,)
    pearson: bool  # whether Pearson's statistic is asked for
    informed: bool  # whether X' diag(w) X is
    scored: bool  # whether X'v is


Visit: TypeAlias = Callable[[slice, Array], Visited]


class Design(Protocol):
    """A matrix of n rows and p columns that can be multiplied."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, (n, p)."""
        ...

    def dot(self, beta: Array) -> Array:
        """Return X beta, (n,)."""
        ...

    def tdot(self, v: Array) -> Array:
        """Return X'v, (p,)."""
        ...

    def accurate_tdot(self, v: Array) -> Array:
        """Return X'v, (p,), with next to no rounding of the sums over rows."""
        ...

    def gram(self, w: Array) -> Array:
        """Return X' diag(w) X, (p, p) symmetric, in O(n p^2)."""
        ...

    def gram_and_tdot(self, w: Array, v: Array) -> tuple[Array, Array]:
        """Return `gram` (p, p) for weights w and `tdot` (p,) for v, in one pass where that saves one."""
        ...

    def sweep(self, beta: Array, visit: Visit) -> Swept:
        """Return what visits add up to: each gets the rows of a block and its X beta, in cache, which it may change."""
        ...

    def sweep_known(self, beta: Array, rows: KnownRows) -> Swept | None:
        """Return what rows of a known kind add up to by compiled code; None where that is not there or cannot tell.

        Its sums are losses, eta'W eta, Pearson's statistic, and how many rows are watched.
        """
        ...

    def take(self, columns: IntArray) -> Design:
        """Return the design of these columns, in this order."""
        ...

    def select(self, rows: IntArray) -> Design:
        """Return the design of these rows, in this order."""
        ...

    def sampled(self, rows: IntArray) -> Design:
        """Return the design of these rows, for a few passes over many of them."""
        ...

    def shifted(self, shift: Array) -> Design:
        """Return X - 1 shift', the columns moved by (p,) `shift`."""
        ...

    def row_norms(self, root: Array) -> Array:
        """Return the squared length of each row of X `root`, (n,); `root` is (p, k)."""
        ...

    def moments(self, w: Array) -> tuple[Array, Array]:
        """Return the weighted mean and standard deviation of each column, each (p,)."""
        ...

    def cells(self) -> Cells | None:
        """Return the distinct rows where the columns are held by them; None elsewhere."""
        ...

    def dense(self) -> Array:
        """Return the matrix itself, (n, p); may be large."""
        ...
