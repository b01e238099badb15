"""The tight reference solution: Newton's method in plain numpy, on until its steps are rounding errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

STEPS = 40
DONE = 1e-14  # largest step over largest coefficient: nothing left to gain
STALLED = 1e-12  # ... or steps this small that no longer halve: rounding alone
BLOCK = 50_000  # rows of a dense design weighted at a time
SPARSE_ABOVE = 60  # columns; below it a dense design is quicker, with factors or without


def solve(workload, data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors of a workload."""
    X, y = design(workload, data), data["y"].to_numpy()
    offset = 0.0 if workload.offset(data) is None else workload.offset(data)
    coef, last = start(workload.family, X.shape[1], y, offset), np.inf
    for _ in range(STEPS):
        residual, weight = score_parts(workload.family, y, X @ coef + offset)
        information = cross_product(X, weight)
        step = np.linalg.solve(information, X.T @ residual)
        coef = coef + step
        size = np.abs(step).max() / np.abs(coef).max()
        if size < DONE or (size < STALLED and size >= last / 2):
            break
        last = size
    residual, weight = score_parts(workload.family, y, X @ coef + offset)
    dispersion = (residual**2).sum() / (len(y) - len(coef)) if workload.family == "gamma" else 1.0
    return coef, np.sqrt(np.diag(np.linalg.inv(cross_product(X, weight))) * dispersion)


def design(workload, data: pd.DataFrame):
    """The design in treatment coding, intercept first: sparse where wide factors make it so."""
    from formulaic import model_matrix

    wide = bool(workload.levels) and workload.columns > SPARSE_ABOVE
    matrix = model_matrix(workload.right_side, data, output="sparse" if wide else "numpy")
    matrix = getattr(matrix, "__wrapped__", matrix)
    return matrix.tocsr() if wide else np.asarray(matrix)


def start(family: str, columns: int, y: np.ndarray, offset: np.ndarray | float) -> np.ndarray:
    """The fit of the intercept alone."""
    mean = y.sum() / np.broadcast_to(np.exp(offset), y.shape).sum()
    coef = np.zeros(columns)
    coef[0] = np.log(mean / (1 - mean)) if family == "binomial" else np.log(mean)
    return coef


def score_parts(family: str, y: np.ndarray, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """r and w of the score X'r and the expected information X'WX; for the Gamma in units of 1 / phi."""
    if family == "binomial":
        mu = 1 / (1 + np.exp(-eta))
        return y - mu, mu * (1 - mu)
    mu = np.exp(eta)
    return (y - mu, mu) if family == "poisson" else ((y - mu) / mu, np.ones_like(mu))


def cross_product(X, weight: np.ndarray) -> np.ndarray:
    """X'WX."""
    if sparse.issparse(X):
        return (X.T @ sparse.diags_array(weight).dot(X)).toarray()
    total = np.zeros((X.shape[1], X.shape[1]))
    for first in range(0, X.shape[0], BLOCK):
        rows = X[first : first + BLOCK]
        total += (rows * weight[first : first + BLOCK, None]).T @ rows
    return total
