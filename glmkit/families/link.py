"""What a link is: the protocol, links made from functions, and the check of their derivatives.

A link g maps a mean to the linear predictor, eta = g(mu). Fitting needs the other
direction, and needs it exact in the tails: :meth:`Link.mean` returns mu, 1 - mu and
d mu / d eta from one pass, none of them formed by subtracting nearly equal numbers.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.families._checks import check_link, differences

__all__ = ["Frozen", "FunctionLink", "Link", "Mean", "check_link", "read_only"]

ArrayFunction = Callable[[Array], Array]


class Mean(NamedTuple):
    """The mean at a linear predictor; arrays may be shared, so never write into them.

    Examples
    --------
    >>> import numpy as np
    >>> import glmkit as gk
    >>> mean = gk.Logit().mean(np.array([40.0]))
    >>> mean.mu, mean.comu  # 1 - mu would be 0
    (array([1.]), array([4.24835426e-18]))
    """

    mu: Array
    """The mean."""
    comu: Array
    """1 - mu, free of cancellation; NaN where the family said it does not need it."""
    dmu: Array
    """d mu / d eta."""

    def of(self, rows: slice) -> Mean:
        """Return the mean of some rows, as views; mu and dmu stay one where they are."""
        mu = self.mu[rows]
        return Mean(mu, self.comu[rows], mu if self.dmu is self.mu else self.dmu[rows])


def read_only(values: Array) -> Array:
    """Return a view that refuses to be written to: for arrays with two owners."""
    view = values.view()
    view.flags.writeable = False
    return view


class Frozen:
    """Refuses new values for any attribute, also in subclasses that are no dataclasses themselves."""

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(
            f"cannot assign to {name!r}: {type(self).__name__} is a value; make another"
        )


@dataclass(frozen=True)
class Link(Frozen, ABC):
    """A link function; a frozen value, equal to every other of its class and fields.

    Subclass it with ``name``, ``__call__``, :meth:`mean` and :meth:`curvature`
    (and :meth:`valid` when some eta have no mean). The derivatives of own links are
    compared with numerical ones whenever one is made.

    Those of glmkit are `Identity`, `Log`, `Logit`, `Probit`, `Cauchit`, `CLogLog`, `LogLog`,
    `Inverse`, `InverseSquare`, `Sqrt` and `Power`; families take them by name too (``"mu^2"``).

    Examples
    --------
    >>> import numpy as np
    >>> from glmkit.families import Log
    >>> Log()(np.array([1.0, 10.0]))
    array([0.        , 2.30258509])
    >>> Log().mean(np.array([0.0])).comu
    array([-0.])
    >>> Log() == Log()
    True
    """

    name: ClassVar[str]
    _verified: ClassVar[bool] = False

    def __init_subclass__(cls, verified: bool = False) -> None:
        cls._verified = verified

    def __post_init__(self) -> None:
        if not self._verified:
            check_link(self)

    @abstractmethod
    def __call__(self, mu: Array) -> Array:
        """Return eta = g(mu), (n,); infinite at the ends of the range, NaN outside it."""

    @abstractmethod
    def mean(self, eta: Array) -> Mean:
        """Return mu, 1 - mu and d mu / d eta at eta, each (n,).

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.Logit().mean(np.array([0.0]))
        Mean(mu=array([0.5]), comu=array([0.5]), dmu=array([0.25]))
        """

    @abstractmethod
    def curvature(self, eta: Array) -> Array:
        """Return d2 mu / d eta2, (n,).

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.Log().curvature(np.array([0.0, 1.0])).round(4)
        array([1.    , 2.7183])
        """

    def valid(self, eta: Array) -> BoolArray:
        """Return which eta have a mean at all (whether the family admits it is the family's).

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.Sqrt().valid(np.array([-1.0, 2.0]))
        array([False,  True])
        """
        return np.isfinite(eta)

    def mean_without_complement(self, eta: Array) -> Mean:
        """Return :meth:`mean` for a family that never reads ``comu``, which may then be NaN.

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.Log().mean_without_complement(np.array([0.0]))
        Mean(mu=array([1.]), comu=array([nan]), dmu=array([1.]))
        """
        return self.mean(eta)

    def log_mean(self, eta: Array) -> Array:
        """Return log(mu), (n,), finite also where mu underflows if the link can tell.

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.Logit().log_mean(np.array([-800.0]))
        array([-800.])
        """
        with np.errstate(divide="ignore", invalid="ignore"):  # mu = 0 has the logarithm -inf
            return np.log(self.mean(eta).mu)

    def log_complement(self, eta: Array) -> Array:
        """Return log(1 - mu), (n,), finite also where 1 - mu underflows if the link can tell.

        Examples
        --------
        >>> import numpy as np
        >>> import glmkit as gk
        >>> gk.CLogLog().log_complement(np.array([3.0])).round(4)
        array([-20.0855])
        """
        m = self.mean(eta)
        with np.errstate(divide="ignore", invalid="ignore"):  # 1 - mu = 0 has the logarithm -inf
            return np.where(m.mu < 0.5, np.log1p(-m.mu), np.log(m.comu))

    @staticmethod
    def from_functions(
        name: str,
        link: ArrayFunction,
        inverse: ArrayFunction,
        derivative: ArrayFunction,
        second: ArrayFunction | None = None,
    ) -> Link:
        """Return a link made of functions of arrays, its derivatives checked.

        Parameters
        ----------
        name : str
            What tables call it.
        link : callable
            eta = g(mu).
        inverse : callable
            mu = g^-1(eta).
        derivative : callable
            d mu / d eta as a function of eta (R's ``mu.eta``).
        second : callable, optional
            d2 mu / d eta2 as a function of eta; differences of ``derivative`` if left out.

        Raises
        ------
        FamilyError
            When the functions do not belong together; the message has the point.

        Examples
        --------
        >>> import numpy as np
        >>> from glmkit.families import Link
        >>> log2 = Link.from_functions(
        ...     "log2", np.log2, np.exp2, lambda eta: np.log(2) * np.exp2(eta)
        ... )
        >>> log2.mean(np.array([3.0])).mu
        array([8.])
        """
        return FunctionLink(name, link, inverse, derivative, second)


@dataclass(frozen=True, repr=False)
class FunctionLink(Link):
    """A link made of functions; equal to another when the functions are the same objects."""

    name: str  # type: ignore[misc]  # a field here, a class variable elsewhere
    function: ArrayFunction = field(repr=False)
    inverse: ArrayFunction = field(repr=False)
    derivative: ArrayFunction = field(repr=False)
    second: ArrayFunction | None = field(default=None, repr=False)

    def __call__(self, mu: Array) -> Array:
        return self.function(mu)

    def mean(self, eta: Array) -> Mean:
        mu = self.inverse(eta)
        return Mean(mu, 1.0 - mu, self.derivative(eta))

    def curvature(self, eta: Array) -> Array:
        if self.second is not None:
            return self.second(eta)
        return differences(self.derivative, eta)

    def __repr__(self) -> str:
        return f'FunctionLink("{self.name}")'
