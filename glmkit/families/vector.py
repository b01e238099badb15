"""Families with several linear predictors: the protocol they answer.

Row i has a vector eta_i of K linear predictors. A *component* is a group of coefficients
b with a design x of its own (or a shared one) and a pattern c of length K:

    eta_i = offset_i + sum over components of  c (x_i'b)

(Yee & Wild 1996, whose constraint matrices are our patterns). The levels of a multinomial
response, the slopes and thresholds of an ordinal one, the two parts of a zero-inflated
count are all of this form.

Symbols: l_i the log-likelihood of a row at weight 1, d_i its unit deviance, twice what l_i
lacks to the saturated model's; y the response as an (n, q) array of the family's making.

References
----------
Yee, T. W. and Wild, C. J. (1996). Vector generalized additive models. Journal of the Royal
Statistical Society B 58, 481-493.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, NamedTuple, Self

import numpy as np

from glmkit._typing import Array, BoolArray, IntArray
from glmkit.errors import FamilyError, NoLikelihoodError
from glmkit.families.kind import AnyKind
from glmkit.families.link_names import LinkLike
from glmkit.families.parameters import Parameters

__all__ = ["MOVED", "Arranged", "ComponentSpec", "OpenRows", "VectorFamily", "level_names"]

# Standard errors of a predictor, in units of its size, from which it is running away.
UNKNOWN = 10.0
# Step of numerical derivatives: the cube root of a rounding.
DIFFERENCE = 6e-6
# Share of its terms by which a direction must move a predictor: the rest is rounding.
MOVED = 1e-9


class ComponentSpec(NamedTuple):
    """One group of coefficients, as a family asks for it.

    Parameters
    ----------
    name : str
        First level of the coefficients' names.
    pattern : (K,) array
        How its linear function enters the predictors.
    columns : {"all", "slopes", "second", "constant"}
        Its design: all columns of the right-hand side; all but the intercept, which other
        components hold; those of the part after ``|``; a column of ones.
    label : str
        Of a constant column: second level of its name.
    """

    name: str
    pattern: Array
    columns: str = "all"
    label: str = ""


class Arranged(NamedTuple):
    """The response as a family takes it."""

    y: Array  # (n, q)
    prior: Array  # (n,) prior weights
    trials: Array | None  # (n,)


class OpenRows(NamedTuple):
    """Linear functions of eta that decide whether a maximum exists, m of them.

    Along a direction of recession none of them falls, the closed ones stay, and one rises.
    """

    row: IntArray  # (m,) the row it belongs to
    pattern: Array  # (m, K)
    closed: BoolArray  # (m,)


@dataclass(frozen=True, repr=False)
class VectorFamily(AnyKind, Parameters, ABC):
    """A family whose rows have several linear predictors; a frozen value."""

    model_kind: ClassVar[str] = "components"
    name: ClassVar[str]
    support: ClassVar[str]
    response_kind: ClassVar[str] = "numeric"
    component_title: ClassVar[str] = "component"
    """What the first level of the coefficients' names is called."""
    dispersion: ClassVar[float | None] = 1.0
    has_likelihood: ClassVar[bool] = True
    ordered_levels: ClassVar[bool] = False
    """Whether the order of the levels matters."""
    edge: ClassVar[float] = np.inf
    """Size of a predictor beyond which :meth:`boundary_note` is asked."""
    edge_cure: ClassVar[str] = ""
    """What to do about a predictor beyond :attr:`edge`, in words."""
    limit_text: ClassVar[str] = "some levels become impossible"
    """What happens in the rows that are separated, in words."""
    limit_cure: ClassVar[str] = "Merge or drop the levels concerned, or collect more data."
    """What to do about rows that are separated, in words."""
    takes_exposure: ClassVar[bool] = False
    """Whether the offset is added to the logarithm of a mean."""
    ratio_name: ClassVar[str] = ""
    """What exp(coefficient) is; empty when it is no ratio."""
    overdispersion_cure: ClassVar[str] = ""

    def __repr__(self) -> str:
        shown = [
            f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if getattr(self, f.name) != f.default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def with_link(self, link: LinkLike) -> Self:
        """Return the same family with another link.

        Raises
        ------
        FamilyError
            The family has no choice of links.
        """
        raise FamilyError(f"{self!r} has no choice of links. Leave link= out.", family=self)

    # -- the response ------------------------------------------------------------------

    @abstractmethod
    def components(self, levels: Sequence[Hashable]) -> tuple[ComponentSpec, ...]:
        """Return the groups of coefficients for a response with these levels (empty if numeric)."""

    @abstractmethod
    def predictors(self, levels: Sequence[Hashable]) -> int:
        """Return K, how many linear predictors a row has."""

    def degrees(self, levels: Sequence[Hashable]) -> int:
        """Return how many free numbers the response of a row holds."""
        return 1

    def outcomes(self, levels: Sequence[Hashable]) -> tuple[str, ...]:
        """Return the names of the columns of `fitted`."""
        return ("mean",)

    def predictor_names(self, levels: Sequence[Hashable]) -> tuple[str, ...]:
        """Return the names of the K linear predictors."""
        return tuple(spec.name for spec in self.components(levels))

    def offset_pattern(self, levels: Sequence[Hashable], part: int = 0) -> Array | None:
        """Return how the offset of a part enters the predictors, (K,); None where it may not."""
        return self.components(levels)[part].pattern

    def offset_by_level(
        self, levels: Sequence[Hashable], values: Array, named: Sequence[Hashable] | None
    ) -> Array:
        """Return how an offset of several columns (n, k) enters the predictors, (n, K).

        Raises
        ------
        FamilyError
            The family has no predictor for each level, or the columns are not those of its levels.
        """
        raise FamilyError(
            f"{self!r} takes an offset of one column, and this one has {values.shape[1]}. Give one column.",
            family=self,
        )

    def arranged(self, y: Array, indicator: Array | None, prior: Array, trials: Array | None) -> Arranged:
        """Return the response as this family takes it: shares of the levels, or a column of numbers.

        Parameters
        ----------
        y : (n,) array
            Numbers, proportions or positions of levels.
        indicator : (n, L) array or None
            Counts per level, or one 1 per row.
        prior : (n,) array
            Prior weights, the trials in them.
        trials : (n,) array or None
            Trials of each row, where the response is counts of them.
        """
        if indicator is None:
            return Arranged(y[:, None], prior, trials)
        if trials is None:
            return Arranged(indicator, prior, trials)
        some = trials > 0
        shares = np.where(some[:, None], indicator / np.where(some, trials, 1.0)[:, None], 0.0)
        return Arranged(shares, prior, trials)

    @abstractmethod
    def check_response(self, y: Array, weights: Array) -> BoolArray:
        """Return the mask, (n,), of rows the family cannot take."""

    # -- likelihood --------------------------------------------------------------------

    def valid(self, eta: Array) -> BoolArray:
        """Return which rows of eta (n, K) have a likelihood."""
        return np.ones(len(eta), dtype=bool)

    @abstractmethod
    def unit_deviance(self, y: Array, eta: Array) -> Array:
        """Return d >= 0, (n,)."""

    @abstractmethod
    def gradient(self, y: Array, eta: Array) -> Array:
        """Return dl/deta, (n, K): minus half the slope of the unit deviance."""

    @abstractmethod
    def curvature(self, y: Array, eta: Array) -> Array:
        """Return -d2l/deta2, (n, K, K), or its expectation: what the standard errors rest on."""

    def expected_curvature(self, y: Array, eta: Array) -> Array:
        """Return the expectation of :meth:`curvature`, (n, K, K), where that is known."""
        return self.curvature(y, eta)

    def saturated(self, y: Array, weights: Array, trials: Array | None = None) -> Array:
        """Return the log-likelihood of each row at saturation, (n,), its weight included."""
        return np.zeros(len(y))

    @abstractmethod
    def start(self, y: Array, weights: Array) -> Array:
        """Return predictors to start from, (n, K)."""

    # -- a training loss ---------------------------------------------------------------

    def nll(self, y: Array, eta: Array) -> Array:
        """Return -log L at weight 1 up to terms free of eta, (n,)."""
        return 0.5 * self.unit_deviance(y, eta)

    def nll_gradient(self, y: Array, eta: Array) -> Array:
        """Return d nll / d eta, (n, K)."""
        return -self.gradient(y, eta)

    # -- what a predictor means --------------------------------------------------------

    @abstractmethod
    def fitted(self, eta: Array) -> Array:
        """Return probabilities of the levels, (n, L), or means, (n, 1)."""

    def observed(self, y: Array) -> Array:
        """Return the response on the scale of `fitted`."""
        return y

    def jacobian(self, eta: Array) -> Array:
        """Return d fitted / d eta, (n, L, K); by central differences, right to about ten digits."""
        slopes = []
        for k in range(eta.shape[1]):
            away = DIFFERENCE * (1.0 + np.abs(eta[:, k]))
            step = np.zeros_like(eta)
            step[:, k] = away
            slopes.append((self.fitted(eta + step) - self.fitted(eta - step)) / (2.0 * away)[:, None])
        return np.stack(slopes, axis=2)

    @abstractmethod
    def variance(self, eta: Array) -> Array:
        """Return the variances of the response, of the shape of `fitted`."""

    def pearson(self, y: Array, eta: Array) -> Array:
        """Return each row's share of Pearson's chi-square at weight 1, (n,)."""
        with np.errstate(divide="ignore", invalid="ignore"):  # 0 where a sure thing happened
            fitted, variance = self.fitted(eta), self.variance(eta)
            share = (y - fitted) ** 2 / variance
        return np.asarray(np.sum(np.where(y == fitted, 0.0, share), axis=1))

    def cdf(self, y: Array, eta: Array) -> Array:
        """Return P(Y <= y), (n,)."""
        raise self._no_distribution("no distribution function")

    def cdf_below(self, y: Array, eta: Array) -> Array:
        """Return P(Y < y), (n,)."""
        raise self._no_distribution("no distribution function")

    @abstractmethod
    def rvs(self, eta: Array, trials: Array | None, rng: np.random.Generator) -> Array:
        """Return one draw per row: positions of levels (n,), counts (n, L) with trials, or numbers (n,)."""

    def _no_distribution(self, what: str) -> NoLikelihoodError:
        return NoLikelihoodError(f"{self!r} has {what}: its levels have no order.", family=self)

    def boundary_note(self, eta: Array, errors: Array) -> str | None:
        """Return a sentence where predictors (m, K) and their errors say that there is no maximum inside.

        Asked of the rows in which some predictor is beyond :attr:`edge`. One that has a
        maximum there is known; one that runs away has an error many times its size.
        """
        away = (np.abs(eta) > self.edge) & (errors > UNKNOWN * np.abs(eta))
        names = [
            name for name, column in zip(self.predictor_names(()), away.T, strict=True) if np.any(column)
        ]
        if not names:
            return None
        return (
            f"The predictor of {' and '.join(names)} is on its way to infinity in some rows: its coefficients may have "
            f"no maximum, and their errors mean nothing. {self.edge_cure}"
        )

    # -- existence ---------------------------------------------------------------------

    def open_rows(self, y: Array) -> OpenRows | None:
        """Return what decides whether a maximum exists; None where the family cannot tell."""
        return None

    def room(self, y: Array, eta: Array) -> Array:
        """Return the least probability left between each row and a limit that is open to it, (n,).

        Infinite where none is; so everywhere for a family that cannot tell.
        """
        return np.full(len(y), np.inf)

    def fitted_in_the_limit(
        self, eta: Array, rows: Array, offset: Array, limit: Callable[[Array], Array], fitted: Array
    ) -> Array:
        """Return `fitted` where predictors are infinite, (n, L).

        Parameters
        ----------
        eta : (n, K) array
            Predictors, some infinite.
        rows : (n, K, p) array
            The linear functions they are of the coefficients.
        offset : (n, K) array
            What is added to them.
        limit : callable
            Gives the limits of linear functions (m, p), infinite or nan where they have none.
        fitted : (n, L) array
            What `fitted` makes of `eta`: right where each predictor's own limit is enough.
        """
        return fitted

    def barrier(self, moved: Array) -> Array:
        """Return what to add to eta (n, K) at the end of a direction that moves it by `moved`.

        ``moved`` is a share of the terms of each row; below 1e-9 it is rounding.
        """
        raise NotImplementedError


def level_names(levels: Sequence[Hashable]) -> tuple[str, ...]:
    """Return levels as text: ``4.0`` as ``4``."""
    return tuple(f"{level:.15g}" if isinstance(level, float) else str(level) for level in levels)
