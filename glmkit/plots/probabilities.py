"""How well probabilities and counts are told: calibration, ROC, rootogram."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.families.base import Mean
from glmkit.plots.canvas import REFERENCE, axes_of, with_interval
from glmkit.plots.protocol import DrawnFit

__all__ = ["plot_calibration", "plot_roc", "plot_rootogram", "roc_curve"]

NORMAL_95 = 1.959963984540054
UNIT_SQUARE: dict[str, Any] = {"xlim": (-0.02, 1.02), "ylim": (-0.02, 1.02), "aspect": "equal"}


def _events(model: DrawnFit) -> tuple[Array, Array, Array]:
    """Return fitted probability, events and trials of the rows used."""
    if model.frame.response.kind != "binomial":
        raise FitError("This picture is of probabilities, and the response is not binomial.")
    problem = model.fit.problem
    return model.fit.mean.mu, problem.weights * problem.y, problem.weights


def plot_calibration(model: DrawnFit, groups: int, ax: Axes | None) -> Axes:
    """Draw observed shares of events against mean predictions, in groups of equal size, with Wilson's intervals."""
    ax = axes_of(ax)
    prob, events, trials = _events(model)
    order = np.argsort(prob, kind="stable")
    running = np.cumsum(trials[order])
    group = np.minimum((groups * (running - 0.5 * trials[order]) / running[-1]).astype(int), groups - 1)
    sums = [np.bincount(group, weights=v[order], minlength=groups) for v in (trials, trials * prob, events)]
    n, total, count = (np.asarray(part, np.float64)[sums[0] > 0] for part in sums)
    mean, share = total / n, count / n
    low, high = _wilson(share, n)
    ax.axline((0.0, 0.0), slope=1.0, **REFERENCE)
    ax.errorbar(mean, share, yerr=np.maximum([share - low, high - share], 0.0), fmt="o", markersize=5)
    ax.set(xlabel="Predicted probability", ylabel=with_interval("Observed share"), **UNIT_SQUARE)
    return ax


def _wilson(share: Array, n: Array) -> tuple[Array, Array]:
    """Return Wilson's (1927) interval for a proportion."""
    z2 = NORMAL_95**2
    centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n)
    half = NORMAL_95 * np.sqrt(share * (1.0 - share) / n + z2 / (4.0 * n * n)) / (1.0 + z2 / n)
    return centre - half, centre + half


def roc_curve(prob: Array, events: Array, trials: Array) -> tuple[Array, Array]:
    """Return false and true positive rates at every threshold, from (0, 0) to (1, 1)."""
    values, place = np.unique(-prob, return_inverse=True)
    hits = np.bincount(place, weights=events, minlength=len(values))
    false = np.bincount(place, weights=trials - events, minlength=len(values))
    rates = [np.concatenate([[0.0], np.cumsum(part) / np.sum(part)]) for part in (false, hits)]
    return rates[0], rates[1]


def plot_roc(model: DrawnFit, ax: Axes | None) -> Axes:
    """Draw the true against the false positive rate, with the area under it."""
    ax = axes_of(ax)
    prob, events, trials = _events(model)
    if not 0 < np.sum(events) < np.sum(trials):
        raise FitError("All outcomes are the same, so that there is no ROC curve.")
    x, y = roc_curve(prob, events, trials)
    area = float(np.sum(np.diff(x) * 0.5 * (y[1:] + y[:-1])))
    ax.axline((0.0, 0.0), slope=1.0, **REFERENCE)
    ax.plot(x, y, drawstyle="default", gid="roc", label=f"AUC {area:.3f}")
    ax.legend(loc="lower right")
    ax.set(xlabel="False positive rate", ylabel="True positive rate", **UNIT_SQUARE)
    return ax


def plot_rootogram(model: DrawnFit, ax: Axes | None) -> Axes:
    """Draw a hanging rootogram of a count: bars of observed frequencies hang from the expected curve.

    References
    ----------
    Kleiber, C. and Zeileis, A. (2016). Visualizing count data regressions using rootograms.
    The American Statistician 70, 296-303.
    """
    ax = axes_of(ax)
    observed, expected = frequencies(model)
    counts = np.arange(len(observed))
    top = np.sqrt(expected)
    ax.use_sticky_edges = False  # room under the longest bar
    ax.bar(
        counts,
        np.sqrt(observed),
        bottom=top - np.sqrt(observed),
        width=0.85,
        alpha=0.5,
        gid="observed",
        label="observed",
    )
    ax.plot(counts, top, "o-", color="C3", markersize=3, gid="expected", label="expected")
    ax.axhline(0.0, **REFERENCE)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    ax.set(xlabel=model.frame.response.label, ylabel="Square root of the frequency")
    return ax


def frequencies(model: DrawnFit) -> tuple[Array, Array]:
    """Return observed and expected frequencies of 0, 1, ... up to the largest count."""
    problem, family = model.fit.problem, model.fit.family
    counted = problem.weights > 0
    y = problem.y[counted]
    if problem.trials is not None or family.dispersion is None or np.any(y != np.round(y)) or np.any(y < 0):
        raise FitError("A rootogram is of counts: fit a Poisson or a negative binomial model.")
    weights, largest = problem.counts[counted], int(y.max())
    observed = np.asarray(np.bincount(y.astype(int), weights=weights, minlength=largest + 1), np.float64)
    mean = Mean(*(part[counted] for part in model.fit.mean))
    below = np.zeros(len(y))
    expected = np.empty(largest + 1)
    for k in range(largest + 1):
        upto = family.cdf(np.full(len(y), float(k)), mean, model.fit.dispersion)
        expected[k] = weights @ (upto - below)
        below = upto
    return observed, expected
