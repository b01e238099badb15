"""Envelopes of sorted residuals, by simulation from the fit and refitting.

References
----------
Atkinson, A. C. (1981). Two graphical displays for outlying and influential observations in
regression. Biometrika 68, 13-20.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError, GlmkitError
from glmkit.fitting.glm import GLMFit
from glmkit.inference.protocols import FittedModel
from glmkit.inference.refit import fit_problem

__all__ = ["simulated_order"]


def simulated_order(model: FittedModel, statistic: Callable[[GLMFit], Array], draws: int, seed: int) -> Array:
    """Return the sorted statistic of refits to simulated responses, (draws, n used).

    A draw whose refit fails is left out.
    """
    fit = model.fit
    if not fit.family.has_likelihood:
        raise FitError(
            f"The {fit.family.in_words} family has no distribution to simulate from. "
            "Ask for no envelope (simulations=0)."
        )
    rng = np.random.default_rng(seed)
    problem = fit.problem
    counted = problem.weights > 0
    sorted_draws = []
    for _ in range(draws):
        y = fit.family.rvs(fit.mean, fit.dispersion, problem.prior, problem.trials, rng)
        y = np.where(counted, y, problem.y)
        try:
            refitted = fit_problem(replace(problem, y=y), fit.family, model.control)
        except GlmkitError:
            continue
        sorted_draws.append(np.sort(statistic(refitted)[counted]))
    return np.array(sorted_draws).reshape(len(sorted_draws), int(np.sum(counted)))
