"""glum, unpenalised, with standard errors from the expected information.

It estimates a dispersion for the Poisson and the binomial too, and divides by n instead of n - p: its
standard errors are compared up to that one factor (see `peers.worker`).
"""

from __future__ import annotations

GRADIENT_TOLERANCE = 1e-7  # reaches 1e-7 in the coefficients of every workload here


def version() -> str:
    import glum

    return glum.__version__


def refusal(workload) -> str:
    return ""


def estimates(workload, data):
    from glum import GeneralizedLinearRegressor

    model = GeneralizedLinearRegressor(
        alpha=0,
        family=workload.family,
        link="logit" if workload.family == "binomial" else "log",
        formula=workload.formula,
        drop_first=True,
        gradient_tol=GRADIENT_TOLERANCE,
        robust=False,
        expected_information=True,
        max_iter=100,
    )
    model.fit(data, offset=workload.offset(data), store_covariance_matrix=True)
    table = model.coef_table()
    str(table)
    return table["coef"].to_numpy(), table["se"].to_numpy()
