"""What becomes of the rows of a tile: residuals, weights and losses of the families that compiled code knows."""

from __future__ import annotations

from math import log

from glmkit.compiled import layout as of
from glmkit.compiled.kernel.memory import bits, doubles, exact, number, summing

__all__ = ["make_rows", "out_of_range"]

# Linear predictors from which on exp is left to NumPy.
LARGEST = 700.0
# exp(x) = 2^k exp(f): the rounding of x / log 2 by adding 1.5 * 2^52, whose last bits are then k.
PER_LOG2, ROUNDING = 1.4426950408889634, 6755399441055744.0
LOG2_HIGH, LOG2_LOW = 0.6931471803691238, 1.9082149292705877e-10
# Factors of 1 to 2 that are multiplied before a logarithm is taken.
FACTORS = 64


@exact
def exponentials(x, out, m):
    """Write exp(x) for |x| < 700: to the last bit or two."""
    for r in range(m):
        shifted = x[r] * PER_LOG2 + ROUNDING
        k = shifted - ROUNDING
        f = (x[r] - k * LOG2_HIGH) - k * LOG2_LOW
        q = 1.0 / 6227020800.0
        q = q * f + 1.0 / 479001600.0
        q = q * f + 1.0 / 39916800.0
        q = q * f + 1.0 / 3628800.0
        q = q * f + 1.0 / 362880.0
        q = q * f + 1.0 / 40320.0
        q = q * f + 1.0 / 5040.0
        q = q * f + 1.0 / 720.0
        q = q * f + 1.0 / 120.0
        q = q * f + 1.0 / 24.0
        q = q * f + 1.0 / 6.0
        q = q * f + 0.5
        out[r] = number((bits(shifted) << 52) + (1023 << 52)) * (1.0 + (f + f * f * q))


@summing
def out_of_range(eta, m):
    """Return how many predictors compiled code leaves to NumPy; no number is among them."""
    count = 0
    for r in range(m):
        count += 0 if abs(eta[r]) < LARGEST else 1
    return count


@exact
def poisson(eta, y, v, w, loss, m):
    """Counts and a log link: w = mu, v = y - mu, a loss of mu - y eta."""
    exponentials(eta, w, m)
    for r in range(m):
        v[r] = y[r] - w[r]
        loss[r] = w[r] - y[r] * eta[r]


@exact
def gamma(eta, y, v, w, loss, m):
    """V = mu^2 and a log link: w = 1, v = y / mu - 1, a loss of y / mu + eta."""
    for r in range(m):
        w[r] = -eta[r]
    exponentials(w, v, m)
    for r in range(m):
        ratio = y[r] * v[r]
        v[r] = ratio - 1.0
        loss[r] = ratio + eta[r]
        w[r] = 1.0


@exact
def logistic(eta, y, v, w, loss, m):
    """Leave in w the odds of the rarer outcome; the losses still lack the logarithms of 1 plus these."""
    for r in range(m):
        v[r] = -abs(eta[r])
    exponentials(v, w, m)
    for r in range(m):
        larger = 1.0 / (1.0 + w[r])
        smaller = w[r] * larger
        mu = larger if eta[r] >= 0.0 else smaller
        rest = smaller if eta[r] >= 0.0 else larger
        v[r] = y[r] * rest - (1.0 - y[r]) * mu
        loss[r] = max(eta[r], 0.0) - y[r] * eta[r]


@exact
def add_logarithms(w, loss, m):
    """Add log(1 + w) to each loss."""
    for r in range(m):
        loss[r] += log(1.0 + w[r])


@summing
def sum_of_logarithms(w, m):
    """Return the sum of log(1 + w): of products of as many factors of 1 to 2 as do not overflow."""
    total, r = 0.0, 0
    while r < m:
        a, b, c, d = 1.0, 1.0, 1.0, 1.0
        end = min(r + 4 * FACTORS, m)
        while r + 4 <= end:
            a *= 1.0 + w[r]
            b *= 1.0 + w[r + 1]
            c *= 1.0 + w[r + 2]
            d *= 1.0 + w[r + 3]
            r += 4
        while r < end:
            a *= 1.0 + w[r]
            r += 1
        total += log(a) + log(b) + log(c) + log(d)
    return total


@exact
def logistic_weights(w, m):
    """Make weights mu (1 - mu) of the odds w."""
    for r in range(m):
        larger = 1.0 / (1.0 + w[r])
        w[r] = w[r] * larger * larger


@exact
def weigh(weights, v, w, loss, m):
    """Multiply by the weights of the rows, of which some may be 0 where nothing else is a number."""
    for r in range(m):
        q = weights[r]
        v[r] = q * v[r] if q > 0.0 else 0.0
        w[r] = q * w[r] if q > 0.0 else 0.0
        loss[r] = q * loss[r] if q > 0.0 else 0.0


@summing
def add_sums(sums, eta, v, w, loss, m, has_pearson):
    """Add the sums of a tile."""
    merit, squares, pearson = 0.0, 0.0, 0.0
    for r in range(m):
        merit += loss[r]
        squares += w[r] * eta[r] * eta[r]
    if has_pearson:
        for r in range(m):
            pearson += v[r] * v[r] / w[r] if w[r] > 0.0 else 0.0
    sums[of.LOSSES] += merit
    sums[of.SQUARES] += squares
    sums[of.CHI_SQUARE] += pearson


@summing
def watched(kind, y, residual, m):
    """Return how many rows may be a sign: a count of 0, or an outcome of 0 or 1, that is fitted almost exactly."""
    count = 0
    if kind == of.POISSON:
        for r in range(m):
            count += 1 if y[r] == 0.0 and abs(residual[r]) <= of.NEAR else 0
    elif kind == of.LOGISTIC:
        for r in range(m):
            count += 1 if (y[r] == 0.0 or y[r] == 1.0) and abs(residual[r]) <= of.NEAR else 0
    return count


@exact
def make_rows(job, eta, v, w, loss, first, m):
    """Write residuals, weights and losses of the family, and add their sums."""
    y, kind, logarithms = doubles(job[of.Y] + 8 * first, m), job[of.KIND], 0.0
    if kind == of.POISSON:
        poisson(eta, y, v, w, loss, m)
    elif kind == of.GAMMA:
        gamma(eta, y, v, w, loss, m)
    elif kind == of.LOGISTIC:
        logistic(eta, y, v, w, loss, m)
        if job[of.WEIGHTS] != 0:
            add_logarithms(w, loss, m)
        else:
            logarithms = sum_of_logarithms(w, m)
        logistic_weights(w, m)
    sums = doubles(job[of.SUMS], of.SUMS_KEPT)
    sums[of.LOSSES] += logarithms
    sums[of.WATCHED] += watched(kind, y, v, m)
    if job[of.WEIGHTS] != 0:
        weigh(doubles(job[of.WEIGHTS] + 8 * first, m), v, w, loss, m)
        sums[of.WATCHED] += watched(kind, y, v, m)
    add_sums(sums, eta, v, w, loss, m, job[of.PEARSON] != 0)
