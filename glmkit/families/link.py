"""What a link is: the protocol, links made from functions, and the check of their derivatives.

A link g maps a mean to the linear predictor, eta = g(mu). Fitting needs the other
direction, and needs it exact in the tails: :meth:`Link.mean` returns mu, 1 - mu and
d mu / d eta from one pass, none of them formed by subtracting nearly equal numbers.
"""

# ruff: noqa: D102  (the methods of a protocol are documented once, on the protocol)

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from glmkit._typing import Array, BoolArray
from glmkit.errors import FamilyError

__all__ = ["FunctionLink", "Link", "Mean", "check_link", "read_only"]

ArrayFunction = Callable[[Array], Array]


class Mean(NamedTuple):
    """The mean at a linear predictor; arrays may be shared, so never write into them."""

    mu: Array
    comu: Array
    """1 - mu, free of cancellation; NaN where the family said it does not need it."""
    dmu: Array
    """d mu / d eta."""


def read_only(values: Array) -> Array:
    """Return a view that refuses to be written to: for arrays with two owners."""
    view = values.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True)
class Link(ABC):
    """A link function; a frozen value, equal to every other of its class and fields.

    Subclass it with :attr:`name`, :meth:`__call__`, :meth:`mean` and :meth:`curvature`
    (and :meth:`valid` when some eta have no mean). The derivatives of own links are
    compared with numerical ones whenever one is made.

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
        """Return mu, 1 - mu and d mu / d eta at eta, each (n,)."""

    @abstractmethod
    def curvature(self, eta: Array) -> Array:
        """Return d2 mu / d eta2, (n,)."""

    def valid(self, eta: Array) -> BoolArray:
        """Return which eta have a mean at all (whether the family admits it is the family's)."""
        return np.isfinite(eta)

    def mean_without_complement(self, eta: Array) -> Mean:
        """Return :meth:`mean` for a family that never reads ``comu``, which may then be NaN."""
        return self.mean(eta)

    def log_mean(self, eta: Array) -> Array:
        """Return log(mu), (n,), finite also where mu underflows if the link can tell."""
        with np.errstate(divide="ignore", invalid="ignore"):  # mu = 0 has the logarithm -inf
            return np.log(self.mean(eta).mu)

    def log_complement(self, eta: Array) -> Array:
        """Return log(1 - mu), (n,), finite also where 1 - mu underflows if the link can tell."""
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
        >>> half = Link.from_functions(
        ...     "log2", np.log2, np.exp2, lambda eta: np.log(2) * np.exp2(eta)
        ... )
        >>> half.mean(np.array([3.0])).mu
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
        return _differences(self.derivative, eta)

    def __repr__(self) -> str:
        return f'FunctionLink("{self.name}")'


# -- the check -----------------------------------------------------------------------

_TRIAL_MEANS = np.array([0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.5, 4.0, 20.0])
_ROUND_TRIP = 1e-8
"""Relative error allowed in inverse(link(mu)): half the digits, so only mistakes fail."""
_SLOPE = 1e-5
"""Relative error allowed between a derivative and differences, themselves good to 1e-7."""


def check_link(link: Link) -> None:
    """Raise FamilyError where a link's inverse or derivatives contradict each other.

    Means above 1 count only if the link can represent them, so that links for
    probabilities and links for positive means are both checked where they live.
    """
    with np.errstate(all="ignore"):  # trial points may lie outside the link's domain
        eta = np.asarray(link(_TRIAL_MEANS), dtype=np.float64)
        returned = link.mean(eta)
        back = np.isclose(returned.mu, _TRIAL_MEANS, rtol=_ROUND_TRIP, atol=0.0)
        wrong = ~back & (_TRIAL_MEANS < 1.0)
        if wrong.any():
            _refuse(link, "inverse", _TRIAL_MEANS, returned.mu, wrong)
        eta, m = eta[back], Mean(*(a[back] for a in returned))
        _compare(link, "complement", eta, m.comu, 1.0 - m.mu)
        _compare(link, "derivative", eta, m.dmu, _differences(lambda e: link.mean(e).mu, eta))
        slope = _differences(lambda e: link.mean(e).dmu, eta)
        _compare(link, "second derivative", eta, link.curvature(eta), slope)


def _differences(function: ArrayFunction, eta: Array) -> Array:
    """Return the derivative of a function by five-point central differences."""
    step = 1e-3 * np.abs(eta) + 1e-4
    near = function(eta + step) - function(eta - step)
    far = function(eta + 2 * step) - function(eta - 2 * step)
    return np.asarray((8.0 * near - far) / (12.0 * step))


def _compare(link: Link, what: str, eta: Array, given: Array, expected: Array) -> None:
    scale = np.maximum(np.abs(expected), 1e-3)
    wrong = ~(np.abs(given - expected) <= _SLOPE * scale) & np.isfinite(expected)
    if wrong.any():
        _refuse(link, what, eta, given, wrong, expected)


def _refuse(
    link: Link, what: str, at: Array, given: Array, wrong: BoolArray, expected: Array | None = None
) -> None:
    i = int(np.flatnonzero(wrong)[0])
    where = "mu" if expected is None else "eta"
    wanted = float((at if expected is None else expected)[i])
    raise FamilyError(
        f"The {what} of link {link.name!r} is wrong at {where} = {at[i]:.6g}: it gives "
        f"{given[i]:.6g}, expected {wanted:.6g}. Correct the {what}; derivatives are of the "
        "mean by the linear predictor, as functions of the linear predictor.",
        link=link.name,
        at=float(at[i]),
        given=float(given[i]),
        expected=wanted,
    )
