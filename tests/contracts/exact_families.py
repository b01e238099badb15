"""Links and densities of the families in mpmath: the textbook formulas, at 60 digits."""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp

mp.mp.dps = 60

Number = mp.mpf


def inverse_link(name: str) -> Callable[[Number], Number]:
    """Return mu as a function of eta."""
    if name.startswith("mu^"):
        return lambda e: e ** (1 / mp.mpf(float(name[3:])))
    return {
        "identity": lambda e: e,
        "log": mp.exp,
        "logit": lambda e: 1 / (1 + mp.exp(-e)),
        "probit": mp.ncdf,
        "cauchit": lambda e: mp.mpf(1) / 2 + mp.atan(e) / mp.pi,
        "cloglog": lambda e: -mp.expm1(-mp.exp(e)),
        "loglog": lambda e: mp.exp(-mp.exp(-e)),
        "inverse": lambda e: 1 / e,
        "1/mu^2": lambda e: 1 / mp.sqrt(e),
        "sqrt": lambda e: e * e,
    }[name]


def complement(name: str) -> Callable[[Number], Number]:
    """Return 1 - mu as a function of eta, by a formula that 60 digits are enough for."""
    tails = {
        "logit": lambda e: 1 / (1 + mp.exp(e)),
        "probit": lambda e: mp.ncdf(-e),
        "cauchit": lambda e: mp.atan2(1, e) / mp.pi,
        "cloglog": lambda e: mp.exp(-mp.exp(e)),
        "loglog": lambda e: -mp.expm1(-mp.exp(-e)),
        "log": lambda e: -mp.expm1(e),
    }
    return tails.get(name, lambda e: 1 - inverse_link(name)(e))


def slopes(name: str, e: Number) -> tuple[Number, Number]:
    """Return the first and second derivative of mu by eta."""
    half = mp.mpf(1) / 2
    if name.startswith("mu^"):
        q = 1 / mp.mpf(float(name[3:]))
        return q * e ** (q - 1), q * (q - 1) * e ** (q - 2)
    x = mp.exp(e) if name in ("logit", "cloglog", "log") else mp.exp(-e) if name == "loglog" else e
    table = {
        "identity": lambda: (mp.mpf(1), mp.mpf(0)),
        "log": lambda: (x, x),
        "logit": lambda: (x / (1 + x) ** 2, -mp.tanh(e / 2) * x / (1 + x) ** 2),
        "probit": lambda: (mp.npdf(e), -e * mp.npdf(e)),
        "cauchit": lambda: (1 / (mp.pi * (1 + e * e)), -2 * e / (mp.pi * (1 + e * e) ** 2)),
        "cloglog": lambda: (x * mp.exp(-x), -mp.expm1(e) * x * mp.exp(-x)),
        "loglog": lambda: (x * mp.exp(-x), mp.expm1(-e) * x * mp.exp(-x)),
        "inverse": lambda: (-1 / e**2, 2 / e**3),
        "1/mu^2": lambda: (-half * e ** (-3 * half), 3 * half * half * e ** (-5 * half)),
        "sqrt": lambda: (2 * e, mp.mpf(2)),
    }
    return table[name]()


def key_of(family: object) -> str:
    """Return a family's name, with the value of its nuisance parameter where it has one."""
    return f"{family.name} {family.nuisance_value}" if family.nuisance_name else family.name


def log_density(family: str, y: float, mu: Number, w: float, phi: float, m: float) -> Number:
    """Return a row's log-likelihood with R's use of the weight w; m trials of a binomial."""
    y, w, phi, m = mp.mpf(y), mp.mpf(w), mp.mpf(phi), mp.mpf(m)
    if family.startswith("negative.binomial"):
        t = mp.mpf(float(family.split()[1]))
        choose = mp.loggamma(y + t) - mp.loggamma(t) - mp.loggamma(y + 1)
        return w * (choose + t * mp.log(t / (t + mu)) + _xlogy(y, mu / (t + mu)))
    if family.startswith("tweedie"):
        return log_tweedie(y, mu, phi / w, mp.mpf(float(family.split()[1])))
    if family == "gaussian":
        return -mp.log(2 * mp.pi * phi / w) / 2 - w * (y - mu) ** 2 / (2 * phi)
    if family in ("binomial", "bernoulli"):
        k = mp.nint(m * y)
        choose = mp.loggamma(m + 1) - mp.loggamma(k + 1) - mp.loggamma(m - k + 1)
        return w / m * (choose + _xlogy(k, mu) + _xlogy(m - k, 1 - mu))
    if family == "poisson":
        return w * (_xlogy(y, mu) - mu - mp.loggamma(y + 1))
    if family == "Gamma":
        a = 1 / phi
        return w * (a * mp.log(a / mu) + (a - 1) * mp.log(y) - a * y / mu - mp.loggamma(a))
    return w * (-mp.log(2 * mp.pi * phi * y**3) / 2 - (y - mu) ** 2 / (2 * phi * y * mu**2))


def variance(family: str, mu: Number) -> Number:
    """Return V(mu)."""
    if family.startswith("negative.binomial"):
        return mu + mu**2 / mp.mpf(float(family.split()[1]))
    if family.startswith("tweedie"):
        return mu ** mp.mpf(float(family.split()[1]))
    powers = {"gaussian": 0, "poisson": 1, "Gamma": 2, "inverse.gaussian": 3}
    return mu ** powers[family] if family in powers else mu * (1 - mu)


def distribution(family: str, y: float, mu: Number, spread: float, m: float) -> tuple[Number, Number]:
    """Return P(Y <= y) and P(Y > y); spread is phi / w."""
    y, s = mp.mpf(y), mp.mpf(spread)
    if family == "gaussian":
        z = (y - mu) / mp.sqrt(s)
        return mp.ncdf(z), mp.ncdf(-z)
    if family in ("binomial", "bernoulli"):
        k = int(mp.nint(m * y))
        terms = [mp.binomial(m, j) * mu**j * (1 - mu) ** (m - j) for j in range(int(m) + 1)]
        return mp.fsum(terms[: k + 1]), mp.fsum(terms[k + 1 :])
    if family == "poisson":
        k = int(mp.floor(y))
        return mp.gammainc(k + 1, mu, mp.inf, True), mp.gammainc(k + 1, 0, mu, True)
    if family.startswith("negative.binomial"):
        t = mp.mpf(float(family.split()[1]))
        k, x = int(y) + 1, mu / (t + mu)
        return mp.betainc(t, k, 0, 1 - x, True), mp.betainc(k, t, 0, x, True)
    if family.startswith("tweedie"):
        return poisson_gamma_tails(y, mu, s, mp.mpf(float(family.split()[1])))
    if family == "Gamma":
        x = y / mu / s
        return mp.gammainc(1 / s, 0, x, True), mp.gammainc(1 / s, x, mp.inf, True)
    root = mp.sqrt(1 / (s * y))
    a, b = root * (y / mu - 1), root * (y / mu + 1)
    second = mp.exp(2 / (s * mu)) * mp.ncdf(-b)
    return mp.ncdf(a) + second, mp.ncdf(-a) - second


def _xlogy(x: Number, y: Number) -> Number:
    return mp.mpf(0) if x == 0 else x * mp.log(y)


def log_tweedie(y: Number, mu: Number, phi: Number, p: Number) -> Number:
    """Return the log density of a Poisson sum of gamma amounts, 1 < p < 2."""
    rate, shape, scale = _poisson_gamma(mu, phi, p)
    if y == 0:
        return -rate
    x, peak = y / scale, y ** (2 - p) / (phi * (2 - p))
    reach = 10 * mp.sqrt(peak) + 40
    numbers = range(max(1, int(peak - reach)), int(peak + reach))
    terms = (
        j * mp.log(rate) - mp.loggamma(j + 1) + j * shape * mp.log(x) - mp.loggamma(j * shape)
        for j in numbers
    )
    return mp.log(mp.fsum(mp.exp(term - rate - x) for term in terms)) - mp.log(y)


def poisson_gamma_tails(y: Number, mu: Number, phi: Number, p: Number) -> tuple[Number, Number]:
    """Return P(Y <= y) and P(Y > y) of the same."""
    rate, shape, scale = _poisson_gamma(mu, phi, p)
    most = max(rate, y / scale / shape)
    high = int(most + 10 * mp.sqrt(most) + 30)
    chances = [mp.exp(j * mp.log(rate) - rate - mp.loggamma(j + 1)) for j in range(1, high)]
    with mp.workdps(20):
        below = [c * mp.gammainc(j * shape, 0, y / scale, True) for j, c in enumerate(chances, start=1)]
        above = [c * mp.gammainc(j * shape, y / scale, mp.inf, True) for j, c in enumerate(chances, start=1)]
    return mp.exp(-rate) + mp.fsum(below), mp.fsum(above)


def _poisson_gamma(mu: Number, phi: Number, p: Number) -> tuple[Number, Number, Number]:
    return mu ** (2 - p) / (phi * (2 - p)), (2 - p) / (p - 1), phi * (p - 1) * mu ** (p - 1)
