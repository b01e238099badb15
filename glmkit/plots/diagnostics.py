"""The four pictures of residuals that every fit should be looked at with."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from scipy import special

from glmkit._typing import Array
from glmkit.fitting.glm import GLMFit
from glmkit.inference.influence import standardized_residuals
from glmkit.plots.canvas import REFERENCE, axes_of, axes_row, label_points, share_of, smooth
from glmkit.plots.envelope import simulated_order
from glmkit.plots.protocol import DrawnFit

__all__ = ["plot_diagnostics", "plot_half_normal"]

COOK_CONTOURS = (0.5, 1.0)


def plot_diagnostics(model: DrawnFit, ax: object, seed: int, simulations: int) -> list[Axes]:
    """Draw residuals against the linear predictor, normal Q-Q, scale-location and leverage."""
    axes = axes_row(ax, 4, (2, 2))
    kind = "quantile" if _is_discrete(model) else "deviance"
    residual = model.residuals(kind, seed=seed) if kind == "quantile" else model.rstandard("deviance")
    labels, eta = residual.index, model.linear_predictor.to_numpy()
    values = residual.to_numpy()
    name = "Quantile residual" if kind == "quantile" else "Std. deviance residual"
    _against(axes[0], eta, values, name)
    label_points(axes[0], eta, values, labels, np.abs(values))
    _quantiles(
        model,
        axes[1],
        residual.to_numpy(),
        name,
        simulations if kind == "deviance" and model.fit.family.has_likelihood else 0,
        seed,
    )
    spread = np.sqrt(np.abs(values))
    _against(axes[2], eta, spread, f"sqrt |{name[0].lower()}{name[1:]}|", zero=False)
    label_points(axes[2], eta, spread, labels, spread)
    _leverage(model, axes[3])
    return axes


def _is_discrete(model: DrawnFit) -> bool:
    """Return whether most residuals of the family pile up on few lines."""
    y = model.fit.problem.y
    counts = y if model.fit.problem.trials is None else y * model.fit.problem.trials
    family = model.fit.family
    return (
        family.has_likelihood and family.dispersion is not None and bool(np.all(counts == np.round(counts)))
    )


def _against(ax: Axes, x: Array, y: Array, name: str, zero: bool = True) -> None:
    if zero:
        ax.axhline(0.0, **REFERENCE)
    ax.plot(x, y, "o", markersize=3, alpha=0.6, gid="points")
    ax.plot(*smooth(x, y), color="C1", gid="smoother")
    ax.set(xlabel="Linear predictor", ylabel=name)


def _quantiles(model: DrawnFit, ax: Axes, values: Array, name: str, draws: int, seed: int) -> None:
    known = np.isfinite(values)
    order = np.sort(values[known])
    normal = special.ndtri(share_of(order))
    if draws:
        simulated = simulated_order(model, lambda fit: standardized_residuals(fit, "deviance"), draws, seed)
        low, high = np.quantile(simulated, [0.025, 0.975], axis=0)
    else:  # residuals that are normal by construction: order statistics of the uniform are beta
        i = np.arange(1, len(order) + 1)
        low, high = (special.ndtri(special.betaincinv(i, len(order) + 1 - i, p)) for p in (0.025, 0.975))
    if len(low) == len(normal):
        ax.fill_between(normal, low, high, color="0.5", alpha=0.25, linewidth=0, gid="envelope")
    ax.axline((0.0, 0.0), slope=1.0, **REFERENCE)
    ax.plot(normal, order, "o", markersize=3, alpha=0.6, gid="points")
    ax.set(xlabel="Normal quantile", ylabel=name)


def _leverage(model: DrawnFit, ax: Axes) -> None:
    hat, residual = model.hatvalues().to_numpy(), model.rstandard("pearson").to_numpy()
    cook = model.cooks_distance().to_numpy()
    ax.axhline(0.0, **REFERENCE)
    ax.plot(hat, residual, "o", markersize=3, alpha=0.6, gid="points")
    limits = ax.get_ylim()
    h = np.linspace(1e-4, min(max(float(np.nanmax(hat)) * 1.05, 0.02), 0.999), 200)
    for distance in COOK_CONTOURS:  # D = r^2 h / (p (1 - h))
        edge = np.sqrt(distance * model.fit.rank * (1.0 - h) / h)
        for sign in (1.0, -1.0):
            ax.plot(h, sign * edge, linestyle="--", color="C3", linewidth=0.8, gid=f"cook {distance}")
        if edge[-1] < max(np.abs(limits)):  # the contour is seen
            side = 1.0 if edge[-1] < limits[1] else -1.0
            ax.annotate(
                f"{distance:g}",
                (h[-1], side * edge[-1]),
                color="C3",
                fontsize="small",
                ha="right",
                va="bottom",
            )
    ax.set_ylim(limits)
    label_points(ax, hat, residual, model.hatvalues().index, cook)
    ax.set(xlabel="Leverage", ylabel="Std. Pearson residual")


def plot_half_normal(model: DrawnFit, ax: Axes | None, simulations: int, seed: int) -> Axes:
    """Draw sorted absolute residuals against half-normal quantiles, within an envelope by simulation."""
    ax = axes_of(ax)

    def size(fit: GLMFit) -> Array:
        return np.asarray(np.abs(standardized_residuals(fit, "deviance")))

    order = np.sort(size(model.fit)[model.fit.problem.weights > 0])
    n = len(order)
    quantile = special.ndtri((np.arange(1, n + 1) + n - 0.125) / (2.0 * n + 0.5))
    if simulations:
        simulated = simulated_order(model, size, simulations, seed)
        low, middle, high = np.quantile(simulated, [0.025, 0.5, 0.975], axis=0)
        ax.fill_between(quantile, low, high, color="0.5", alpha=0.25, linewidth=0, gid="envelope")
        ax.plot(quantile, middle, **REFERENCE)
    ax.plot(quantile, order, "o", markersize=3, gid="points")
    ax.set(xlabel="Half-normal quantile", ylabel="|Std. deviance residual|")
    return ax
