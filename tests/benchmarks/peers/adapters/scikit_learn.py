"""scikit-learn: it has no formula, so formulaic codes; no standard errors, so one X'WX follows the fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from ..reference import design, score_parts

TOLERANCE = 1e-8


def version() -> str:
    import formulaic
    import sklearn

    return f"{sklearn.__version__} with formulaic {formulaic.__version__}"


def refusal(workload) -> str:
    return ""


def estimates(workload, data):
    X, y, offset = design(workload, data), data["y"].to_numpy(), workload.offset(data)
    coef = coefficients(workload.family, X[:, 1:], y, offset)
    residual, weight = score_parts(workload.family, y, X @ coef + (0 if offset is None else offset))
    dispersion = (residual**2).sum() / (len(y) - len(coef)) if workload.family == "gamma" else 1.0
    std_error = np.sqrt(np.diag(np.linalg.inv(information(X, weight))) * dispersion)
    str(pd.DataFrame({"coef": coef, "se": std_error}))
    return coef, std_error


def coefficients(family: str, X, y: np.ndarray, offset: np.ndarray | None) -> np.ndarray:
    """An offset of the log link is a sample weight for the rate."""
    from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor

    if family == "binomial":
        model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=TOLERANCE).fit(X, y)
    else:
        regressor = PoissonRegressor if family == "poisson" else GammaRegressor
        exposure = None if offset is None else np.exp(offset)
        rate = y if exposure is None else y / exposure
        model = regressor(alpha=0, solver="newton-cholesky", tol=TOLERANCE)
        model.fit(X, rate, sample_weight=exposure)
    return np.r_[model.intercept_, model.coef_.ravel()]


def information(X, weight: np.ndarray) -> np.ndarray:
    """X'WX in one piece, as somebody would write it."""
    if sparse.issparse(X):
        return (X.T @ sparse.diags_array(weight).dot(X)).toarray()
    return (X * weight[:, None]).T @ X
