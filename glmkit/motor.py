"""A motor insurance portfolio made by simulation, with its true coefficients.

Every policy is drawn from uniform random numbers by inverting distribution functions
(inversion keeps the portfolio the same across numpy versions: of the generator's methods
only the plain uniform stream is relied on). With a row's exposure e, means and true
coefficients follow

    claims ~ negative binomial, mean  e * exp(x' frequency), variance mean + mean^2 / theta
    cost   ~ sum of the claims' amounts, each Gamma with mean exp(x' severity), shape 1.5

so that frequency is a log-linear count model with ``log(exposure)`` as offset, severity a
log-linear Gamma model of ``cost / claims`` weighted by ``claims``, and the pure premium
``cost / exposure`` log-linear with the sum of both coefficient vectors.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from glmkit._typing import Array, IntArray
from glmkit.errors import DataError

__all__ = ["MOTOR_RHS", "MOTOR_SHAPE", "MOTOR_THETA", "motor_truth", "simulate_motor"]

MOTOR_RHS = "log(driver_age) + driver_age + region + vehicle_class + log(vehicle_power) + vehicle_age + bonus"
"""Right-hand side of the formula whose coefficients `motor_truth` lists."""

MOTOR_THETA = 1.0
"""Shape of the gamma heterogeneity between policies; infinite means Poisson counts."""

MOTOR_SHAPE = 1.5
"""Shape of one claim's Gamma distribution: its squared coefficient of variation is 1/1.5."""

_REGIONS = ("rural", "town", "city")
_CLASSES = ("small", "family", "luxury", "van")
_BONUS = ("low", "middle", "high")
_TYPICAL_POWER = np.array([55.0, 85.0, 150.0, 80.0])  # kW, by vehicle class
_OLDEST_VEHICLE = 20  # years
_N_UNIFORMS = 9  # random numbers a row takes

# Coefficient: (frequency, severity). The two age terms make frequency lowest at 50 years,
# three times that at 18 and 1.6 times at 85.
_TRUTH: dict[str, tuple[float, float]] = {
    "Intercept": (5.7, 5.75),
    "log(driver_age)": (-3.0, 0.0),
    "driver_age": (0.06, 0.0),
    "region[T.town]": (0.2, -0.1),
    "region[T.city]": (0.5, -0.25),
    "vehicle_class[T.family]": (-0.1, 0.1),
    "vehicle_class[T.luxury]": (0.1, 0.6),
    "vehicle_class[T.van]": (0.25, 0.3),
    "log(vehicle_power)": (0.35, 0.4),
    "vehicle_age": (-0.02, -0.04),
    "bonus[T.middle]": (-0.25, 0.0),
    "bonus[T.high]": (-0.5, 0.0),
}


def motor_truth() -> pd.DataFrame:
    """List the coefficients from which `simulate_motor` draws.

    Returns
    -------
    pandas.DataFrame
        One row a coefficient, by the names a fit of `MOTOR_RHS` gives them, with the columns
        ``frequency`` (claims a year), ``severity`` (cost of one claim) and ``pure_premium``
        (cost a year, the sum of the two), all on the log scale.

    Examples
    --------
    >>> import glmkit.motor
    >>> glmkit.motor.motor_truth().loc["region[T.city]"].round(2).to_dict()
    {'frequency': 0.5, 'severity': -0.25, 'pure_premium': 0.25}
    """
    truth = pd.DataFrame.from_dict(_TRUTH, orient="index", columns=["frequency", "severity"])
    return truth.assign(pure_premium=truth["frequency"] + truth["severity"])


def simulate_motor(
    n: int = 5000, seed: int | np.random.Generator = 1, *, theta: float = MOTOR_THETA
) -> pd.DataFrame:
    """Draw a motor insurance portfolio with known coefficients.

    Parameters
    ----------
    n : int
        Number of policies, at least 1.
    seed : int or numpy.random.Generator
        The same seed gives the same portfolio.
    theta : float
        Shape of the negative binomial claim counts, above 0; ``float("inf")`` for Poisson counts.

    Returns
    -------
    pandas.DataFrame
        One row a policy: ``exposure`` (years, 0 to 1), ``driver_age`` (years), ``bonus`` (ordered),
        ``region``, ``vehicle_class``, ``vehicle_power`` (kW), ``vehicle_age`` (years), ``claims``
        (count), ``cost`` (of all claims, euro; 0 without a claim). ``load_dataset("motor")`` is
        ``simulate_motor()`` as shipped.

    Raises
    ------
    DataError
        When ``n`` is below 1, or ``theta`` is not above 0.

    Notes
    -----
    The true coefficients are in ``glmkit.motor.motor_truth()``, for the formula in ``MOTOR_RHS``. With
    ``theta=float("inf")`` the cost is compound Poisson-gamma, so its distribution is Tweedie
    with power (shape + 2)/(shape + 1) = 1.4.

    References
    ----------
    Jorgensen, B. and Paes de Souza, M. C. (1994), Fitting Tweedie's compound Poisson model to
    insurance claims data, Scandinavian Actuarial Journal, 69-93.

    Examples
    --------
    >>> import glmkit as gk
    >>> portfolio = gk.simulate_motor(n=1000, seed=7)
    >>> portfolio.shape
    (1000, 9)
    >>> portfolio["region"].cat.categories.tolist()
    ['rural', 'town', 'city']
    """
    if n < 1:
        raise DataError(f"The number of policies n is {n}. Give a whole number of at least 1.", n=n)
    if not theta > 0.0:
        raise DataError(
            f"theta is {theta}. Give a number above 0, or infinity for Poisson counts.", theta=theta
        )
    uniforms = np.random.default_rng(seed).random((n, _N_UNIFORMS)).T
    policies = _policies(uniforms[:7])
    claims = _claims(policies, uniforms[7], theta)
    return policies.assign(claims=claims, cost=_cost(policies, claims, uniforms[8]))


def motor_predictor(policies: pd.DataFrame, part: str) -> Array:
    """Evaluate the true linear predictor, without the exposure, of each policy.

    Parameters
    ----------
    policies : pandas.DataFrame
        Rows as `simulate_motor` returns them.
    part : str
        A column of `motor_truth`: "frequency", "severity" or "pure_premium".

    Returns
    -------
    (n,) array
        Log of the mean: claims a year, cost of a claim, or cost a year.
    """
    columns = motor_design(policies).to_numpy(dtype=np.float64)
    eta: Array = columns @ motor_truth()[part].to_numpy(dtype=np.float64)
    return eta


def motor_design(policies: pd.DataFrame) -> pd.DataFrame:
    """Lay out the columns that the true coefficients multiply, one named column each."""
    age = policies["driver_age"].to_numpy(dtype=np.float64)
    power = policies["vehicle_power"].to_numpy(dtype=np.float64)
    columns = {
        "Intercept": np.ones(len(policies)),
        "log(driver_age)": np.log(age),
        "driver_age": age,
        "log(vehicle_power)": np.log(power),
        "vehicle_age": policies["vehicle_age"].to_numpy(dtype=np.float64),
    }
    for factor, levels in (("region", _REGIONS), ("vehicle_class", _CLASSES), ("bonus", _BONUS)):
        labels = np.asarray(policies[factor], dtype=object)
        columns |= {f"{factor}[T.{level}]": (labels == level).astype(float) for level in levels[1:]}
    return pd.DataFrame({name: columns[name] for name in _TRUTH}, index=policies.index)


def _policies(uniforms: Array) -> pd.DataFrame:
    """Turn seven rows of uniforms into the policies' characteristics."""
    # Half the policies run for the whole year, the others end somewhere in it.
    exposure = np.minimum(1.0, (np.floor(200.0 * uniforms[0]) + 1.0) / 100.0)
    age = 18 + np.floor(68.0 * special.betaincinv(1.6, 2.4, uniforms[1])).astype(np.int64)
    # Older drivers are further up the bonus scale, and cities have more small cars: the
    # crude comparisons between groups are confounded, the fitted model is not.
    bonus = _cut(uniforms[2] + (age - 45) / 90.0, (0.35, 0.75))
    region = _cut(uniforms[3], (0.35, 0.75))
    vehicle_class = _cut(uniforms[4] - 0.1 * (region - 1), (0.3, 0.75, 0.88))
    power = _TYPICAL_POWER[vehicle_class] * np.exp(0.18 * special.ndtri(uniforms[5]))
    vehicle_age = np.minimum(_OLDEST_VEHICLE, np.floor(-7.0 * np.log1p(-uniforms[6])))
    return pd.DataFrame(
        {
            "exposure": exposure,
            "driver_age": age,
            "bonus": _factor(bonus, _BONUS, ordered=True),
            "region": _factor(region, _REGIONS),
            "vehicle_class": _factor(vehicle_class, _CLASSES),
            "vehicle_power": np.rint(power).astype(np.int64),
            "vehicle_age": vehicle_age.astype(np.int64),
        }
    )


def _factor(codes: IntArray, levels: tuple[str, ...], *, ordered: bool = False) -> pd.Categorical[str]:
    """Return the factor with these level codes."""
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(levels)), ordered=ordered)


def _cut(score: Array, bounds: tuple[float, ...]) -> IntArray:
    """Return how many bounds each score reaches: the code of its level."""
    return np.searchsorted(np.array(bounds), score, side="right")


def _claims(policies: pd.DataFrame, uniform: Array, theta: float) -> IntArray:
    """Return the (n,) claim counts at the quantiles `uniform` of their distributions."""
    mean = policies["exposure"].to_numpy() * np.exp(motor_predictor(policies, "frequency"))
    counts = np.zeros(len(mean), dtype=np.intp)
    while (short := _count_cdf(counts, mean, theta) < uniform).any():  # once per possible count
        counts += short
    return counts


def _count_cdf(counts: IntArray, mean: Array, theta: float) -> Array:
    """Return the (n,) probabilities of at most `counts` claims."""
    if np.isinf(theta):
        return np.asarray(special.pdtr(counts, mean), dtype=np.float64)
    # Johnson, Kemp & Kotz (2005), section 5.4: a negative binomial tail is an incomplete beta.
    return np.asarray(special.betainc(theta, counts + 1.0, theta / (theta + mean)), dtype=np.float64)


def _cost(policies: pd.DataFrame, claims: IntArray, uniform: Array) -> Array:
    """Return the (n,) costs in euro and cents; 0 where there is no claim."""
    scale = np.exp(motor_predictor(policies, "severity")) / MOTOR_SHAPE
    # A sum of k Gamma(a, scale) amounts is Gamma(k a, scale).
    amounts = scale * special.gammaincinv(MOTOR_SHAPE * np.maximum(claims, 1), uniform)
    return np.where(claims > 0, np.round(amounts, 2), 0.0)
