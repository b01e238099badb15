"""pyfixest with all factors in the formula, so that every coefficient has a standard error.

Absorbed effects, which it is made for, have none.
"""

from __future__ import annotations

LARGEST = 1.02e8  # cells of the dense design: it takes too much memory and time above


def version() -> str:
    from importlib.metadata import version as version_of

    return version_of("pyfixest")


def refusal(workload) -> str:
    if workload.family == "gamma":
        return "no Gamma family"
    return "dense design too large" if workload.rows * workload.columns > LARGEST else ""


def estimates(workload, data):
    import pyfixest as pf

    common = {
        "vcov": "iid",
        "iwls_tol": 1e-10,
        "separation_check": None,
        "ssc": pf.ssc(k_adj=False, G_adj=False),
        "copy_data": False,
        "store_data": False,
    }
    if workload.family == "poisson":
        offset = "logexp" if workload.exposure else None
        fit = pf.fepois(workload.formula, data, offset=offset, **common)
    else:
        fit = pf.feglm(workload.formula, data, family="logit", **common)
    table = fit.tidy()
    str(table)
    return table["Estimate"].to_numpy(), table["Std. Error"].to_numpy()
