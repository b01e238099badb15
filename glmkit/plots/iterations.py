"""The iterations as one can watch them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from glmkit.plots.canvas import REFERENCE, axes_row
from glmkit.plots.protocol import DrawnFit

__all__ = ["plot_irls"]


def plot_irls(model: DrawnFit, ax: object) -> list[Axes]:
    """Draw the deviance still to go at each iteration, and the working weights of first and last iteration."""
    axes = axes_row(ax, 2, (1, 2))
    trace = model.trace
    gap = trace["deviance"].to_numpy() - trace["deviance"].min()
    steps = np.arange(1, len(gap) + 1)
    axes[0].plot(steps, np.maximum(gap, 1e-16 * max(abs(trace["deviance"].min()), 1.0)), "o-", gid="deviance")
    axes[0].set(xlabel="Iteration", ylabel="Deviance above its minimum", yscale="log")
    axes[0].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    fit = model.fit
    design, added = fit.independence.design, fit.problem.added
    order = np.argsort(fit.eta, kind="stable")
    drawn = [(fit.trace[0], "C0", "o", "none"), (fit.trace[-1], "C1", ".", "full")]
    for line, color, mark, fill in drawn if len(fit.trace) > 1 else drawn[1:]:
        weights = fit.problem.prior * fit.family.working_weight(
            fit.family.mean(design.dot(line.coef) + added)
        )
        label = f"iteration {line.iteration}"
        axes[1].plot(fit.eta[order], weights[order], mark, color=color, fillstyle=fill, label=label)
    axes[1].axhline(0.0, **REFERENCE)
    axes[1].legend()
    axes[1].set(xlabel="Linear predictor of the fit", ylabel="Working weight")
    return axes
