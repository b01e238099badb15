"""This package."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np


def version() -> str:
    """Version and, in a checkout, the commit."""
    import glmkit

    where = Path(glmkit.__file__).parents[1]
    described = ["git", "-C", str(where), "describe", "--always", "--dirty"]
    commit = subprocess.run(described, capture_output=True, text=True, check=False).stdout.strip()
    return f"{glmkit.__version__} ({commit})" if commit else glmkit.__version__


def refusal(workload) -> str:
    return ""


def estimates(workload, data):
    import glmkit

    families = {"poisson": glmkit.Poisson, "binomial": glmkit.Binomial, "gamma": glmkit.Gamma}
    link = "logit" if workload.family == "binomial" else "log"
    offset = "logexp" if workload.exposure else None
    fit = glmkit.glm(workload.formula, data, families[workload.family](link=link), offset=offset)
    str(fit.summary())
    return np.asarray(fit.params), np.asarray(fit.std_error)
