"""statsmodels' GLM from a formula."""

from __future__ import annotations

LARGEST = 1.02e8  # cells of the dense design: its pseudoinverse takes too much memory and time above


def version() -> str:
    import statsmodels

    return statsmodels.__version__


def refusal(workload) -> str:
    return "dense design too large" if workload.rows * workload.columns > LARGEST else ""


def estimates(workload, data):
    import statsmodels.formula.api as smf

    model = smf.glm(workload.formula, data, family=family(workload.family), offset=workload.offset(data))
    fit = model.fit(tol=1e-10)
    str(fit.summary())
    order = formula_order(list(fit.params.index), workload.terms)
    return fit.params.to_numpy()[order], fit.bse.to_numpy()[order]


def family(name: str):
    import statsmodels.api as sm

    if name == "gamma":
        return sm.families.Gamma(sm.families.links.Log())
    return {"poisson": sm.families.Poisson, "binomial": sm.families.Binomial}[name]()


def formula_order(names: list[str], terms: list[str]) -> list[int]:
    """Patsy moves factors to the front: put coefficients back into the order of the formula."""
    place = {term: i for i, term in enumerate(["Intercept", *terms])}
    return sorted(range(len(names)), key=lambda i: (place[names[i].split("[")[0]], i))
