"""The iterations as one can watch them, and the profile of a coefficient."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

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
    axes[0].set_xticks(steps)
    fit = model.fit
    design, added = fit.independence.design, fit.problem.added
    order = np.argsort(fit.eta, kind="stable")
    for k, line in enumerate((fit.trace[0], fit.trace[-1])):
        weights = fit.problem.prior * fit.family.working_weight(
            fit.family.mean(design.dot(line.coef) + added)
        )
        axes[1].plot(
            fit.eta[order], weights[order], ".", color=f"C{k}", alpha=0.7, label=f"iteration {line.iteration}"
        )
    axes[1].axhline(0.0, **REFERENCE)
    axes[1].legend()
    axes[1].set(xlabel="Linear predictor of the fit", ylabel="Working weight")
    return axes
