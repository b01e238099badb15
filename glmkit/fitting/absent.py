"""What stands in a model without rows where the rows of the data were: any use of it says so."""

from __future__ import annotations

from typing import Any, NoReturn

from glmkit.errors import FitError

__all__ = ["absent", "rows_needed"]


def rows_needed(what: str) -> FitError:
    """Return the error for what cannot be had without the rows of the data."""
    return FitError(
        f"This model holds no rows of data, and {what} would be needed. Predictions for new data, the covariance, "
        "Wald intervals and tests are there; for the rest fit again to data in memory, or save with include_data=True.",
        needed=what,
    )


class _Remnant:
    """A value of which only the named parts are left."""

    __slots__ = ("_kept", "_what")
    __hash__ = None  # type: ignore[assignment]  # as an array
    __array_priority__ = 1e6  # arithmetic with an array comes here

    def __init__(self, what: str, kept: dict[str, Any]) -> None:
        self._what = what
        self._kept = kept

    def __getattr__(self, name: str) -> Any:
        if name in ("_kept", "_what") or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)  # asked by copy and pickle
        if name in self._kept:
            return self._kept[name]
        raise rows_needed(self._what)

    @property
    def __dataclass_fields__(self) -> NoReturn:  # asked by dataclasses.replace
        raise rows_needed(self._what)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_Remnant, (self._what, self._kept))

    def __repr__(self) -> str:
        return f"<{self._what}: not kept>"

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise rows_needed(self._what)

    __array__ = __array_ufunc__ = __len__ = __iter__ = __getitem__ = __contains__ = __bool__ = _refuse
    __float__ = __neg__ = __abs__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
    __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __call__ = _refuse


def absent(what: str, **kept: Any) -> Any:
    """Return a stand-in for a value that is not kept, but for the parts given.

    Parameters
    ----------
    what : str
        What it was, in words that complete "and ... would be needed".
    **kept
        Attributes that can still be read.

    Examples
    --------
    >>> rows = absent("the rows", n_used=54)
    >>> rows.n_used
    54
    """
    return _Remnant(what, kept)
