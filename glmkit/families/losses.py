"""Half the unit deviance as a difference of two losses, where that is cheaper than the deviance itself.

    d(y, mu) / 2 = l(y, mu) - l(y, y)

with l(y, mu) one elementary function less than d, for nothing cancels in it on purpose: the second term
is the same at every mean, so that iterations need its sum once. Accurate where d is not far below
l(y, y); `relative_entropy` and its like serve everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

from glmkit._typing import Array
from glmkit.compiled.layout import GAMMA, LOGISTIC, POISSON
from glmkit.families._kernels import by_count
from glmkit.families.base import Family, Mean
from glmkit.families.binomial import Bernoulli, Binomial
from glmkit.families.counts import NegativeBinomial
from glmkit.families.link import Link
from glmkit.families.links import Log, Logit
from glmkit.families.positive import Gamma
from glmkit.families.quasi import Quasi, QuasiBinomial, QuasiPoisson
from glmkit.families.standard import Poisson
from glmkit.numerics.vectors import repeated

__all__ = ["Loss", "loss_of"]


class Loss(NamedTuple):
    """The two losses of a family: ``of(y, mean, eta)`` and ``least(y)``, each (n,)."""

    of: Callable[[Array, Mean, Array], Array]
    least: Callable[[Array], Array]
    kind: int | None = None  # of the rows, where compiled code knows them (`glmkit.compiled.layout`)


def loss_of(family: Family) -> Loss | None:
    """Return the losses of a family; None where its unit deviance is as good.

    Examples
    --------
    >>> import numpy as np
    >>> from glmkit.families import Poisson
    >>> family, y, eta = Poisson(), np.array([0.0, 3.0]), np.log([2.0, 2.0])
    >>> loss = loss_of(family)
    >>> halves = loss.of(y, family.mean(eta), eta) - loss.least(y)
    >>> bool(np.allclose(2.0 * halves, family.unit_deviance(y, family.mean(eta))))
    True
    """
    if isinstance(family, NegativeBinomial):
        return _negative_binomial(family)
    kind = type(family.like) if isinstance(family, Quasi) else type(family)
    return _LOSSES.get((kind, family.link))


def _poisson(y: Array, m: Mean, eta: Array) -> Array:
    return np.asarray(m.mu - y * eta)


def _least_poisson(y: Array) -> Array:
    return by_count(_least_of_rate, y) if np.array_equal(np.rint(y), y) else _least_of_rate(y)


def _least_of_rate(y: Array) -> Array:
    return np.asarray(y - special.xlogy(y, y))


def _bernoulli(y: Array, m: Mean, eta: Array) -> Array:
    return np.asarray(-np.log(m.comu) - y * eta)


def _least_bernoulli(y: Array) -> Array:
    inner = (y > 0.0) & (y < 1.0)
    if not np.any(inner):
        return repeated(0.0, len(y))
    return np.asarray(special.entr(y) + special.entr(1.0 - y))


def _gamma(y: Array, m: Mean, eta: Array) -> Array:
    return np.asarray(y / m.mu + eta)


def _least_gamma(y: Array) -> Array:
    return np.asarray(1.0 + np.log(y))


_LOSSES: dict[tuple[type[Family], Link], Loss] = {
    (Poisson, Log()): Loss(_poisson, _least_poisson, POISSON),
    (Binomial, Logit()): Loss(_bernoulli, _least_bernoulli, LOGISTIC),
    (Bernoulli, Logit()): Loss(_bernoulli, _least_bernoulli, LOGISTIC),
    (QuasiPoisson, Log()): Loss(_poisson, _least_poisson, POISSON),
    (QuasiBinomial, Logit()): Loss(_bernoulli, _least_bernoulli, LOGISTIC),
    (Gamma, Log()): Loss(_gamma, _least_gamma, GAMMA),
}


def _negative_binomial(family: NegativeBinomial) -> Loss | None:
    """Return the losses (y + theta) log(1 + mu / theta) - y log mu of a known, finite theta and log link."""
    theta = family.theta
    if (
        type(family) is not NegativeBinomial
        or family.link != Log()
        or theta is None
        or not np.isfinite(theta)
    ):
        return None

    def of(y: Array, m: Mean, eta: Array) -> Array:
        return np.asarray((y + theta) * np.log1p(m.mu / theta) - y * eta)

    def least(y: Array) -> Array:
        return np.asarray((y + theta) * np.log1p(y / theta) - special.xlogy(y, y))

    return Loss(of, least)
