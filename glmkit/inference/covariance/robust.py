"""The coefficients with another covariance: which kind, what goes with it, what it may not be.

With s_i = x_i w_i (y_i - mu_i) dmu_i / V_i the score of row i and A the information, a
robust covariance is A^-1 M A^-1, and the kinds differ in the meat M alone (equations 17.2
to 17.10). The dispersion cancels. The bootstrap's is that of its replicates.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from glmkit._typing import Array
from glmkit.errors import DataError, FitError
from glmkit.inference.bootstrap import bootstrap
from glmkit.inference.chunked import parts_of
from glmkit.inference.cluster_codes import cluster_codes
from glmkit.inference.covariance.chunked import chunked_cluster_meat
from glmkit.inference.covariance.clusters import CLUSTERED, cluster_meat, fix_negative
from glmkit.inference.covariance.given import given_covariance
from glmkit.inference.covariance.reduced import bias_reduced
from glmkit.inference.covariance.rows import HETEROSKEDASTIC, row_meat
from glmkit.inference.covariance.sandwich import sandwich
from glmkit.inference.covariance.serial import lag_count, serial_meat
from glmkit.inference.estimate import MODEL_BASED, Estimate
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import reference_df

__all__ = ["KINDS", "Options", "estimate_with"]

# A standard error this far below the model-based one is rounding.
ROUNDING = 1e-6
CLUSTER_KINDS = (*CLUSTERED, "CR2")
KINDS = (*HETEROSKEDASTIC, *CLUSTER_KINDS, "HAC", "bootstrap")
SPELLINGS = {"cluster": "CR1"}


class Options(NamedTuple):
    """What goes with a kind."""

    cluster: object = None
    lags: int | None = None
    n: int | None = None
    resample: str | None = None
    seed: object = None


# Which kinds an option goes with.
GOES_WITH = {
    "cluster": (*CLUSTER_KINDS, "bootstrap"),
    "lags": ("HAC",),
    "n": ("bootstrap",),
    "resample": ("bootstrap",),
    "seed": ("bootstrap",),
}
REPLICATES = 999


class Maker(Protocol):
    """How a kind makes its estimate from the model-based one."""

    def __call__(self, model: FittedModel, base: Estimate, kind: str, options: Options) -> Estimate: ...


def estimate_with(model: FittedModel, kind: object, options: Options) -> Estimate:
    """Return the model's coefficients with another covariance.

    Raises
    ------
    FitError
        The kind is unknown, or does not go with what else is given.
    DataError
        The clusters do not match the rows, one is missing, or there is only one; a matrix
        is not a covariance of these coefficients.
    """
    if model.fit.recession is not None:
        raise FitError(
            "A fit with infinite estimates has no covariance to replace. Resolve the separation first."
        )
    base = _model_based(model)
    if not isinstance(kind, str):
        _check_options("A given matrix", options, "matrix")
        return given_covariance(base, kind)
    name = _kind_name(kind)
    _check_options(f"The covariance {kind!r}", options, name)
    if model.fit.df_resid <= 0:
        raise FitError(
            f"The covariance {kind!r} is made of residuals, which are all zero, as the fit has as many coefficients "
            "as rows. Use fewer terms, or the model-based covariance.",
            kind=kind,
        )
    estimate = _maker(name)(model, base, name, options)
    _check_variation(base, estimate)
    return estimate


def _model_based(model: FittedModel) -> Estimate:
    fit = model.fit
    df = reference_df(fit.family.dispersion is not None, fit.df_resid)
    return model.estimate.with_covariance(fit.dispersion * fit.inverse, df, MODEL_BASED)


def _kind_name(kind: str) -> str:
    wanted = SPELLINGS.get(kind.lower(), kind)
    for known in KINDS:
        if known.lower() == wanted.lower():
            return known
    raise FitError(
        f"The covariance {kind!r} is not known. Choose one of: {', '.join(KINDS)}, or give a matrix.",
        kind=kind,
    )


def _check_options(what: str, options: Options, kind: str) -> None:
    if kind in CLUSTER_KINDS and options.cluster is None:
        raise FitError(f"{what} needs clusters. Give cluster=.", argument="cluster")
    for argument, kinds in GOES_WITH.items():
        if getattr(options, argument) is not None and kind not in kinds:
            raise FitError(
                f"{what} does not go with {argument}=. Leave it out, or choose one of: {', '.join(kinds)}.",
                argument=argument,
            )


def _maker(kind: str) -> Maker:
    if kind in HETEROSKEDASTIC:
        return _by_row
    makers: dict[str, Maker] = {"HAC": _serial, "CR2": _bias_reduced, "bootstrap": _replicated}
    return makers.get(kind, _by_cluster)


def _by_row(model: FittedModel, base: Estimate, kind: str, options: Options) -> Estimate:
    meat = sum(row_meat(part, kind, model.fit.nobs) for part in parts_of(model))
    return _sandwich(model, base, np.asarray(meat), kind)


def _serial(model: FittedModel, base: Estimate, kind: str, options: Options) -> Estimate:
    lags = lag_count(options.lags, model.fit)
    return _sandwich(model, base, serial_meat(model.fit, lags), f"HAC, Bartlett weights, {lags} lags")


def _bias_reduced(model: FittedModel, base: Estimate, kind: str, options: Options) -> Estimate:
    codes = cluster_codes(model, options.cluster)
    if len(codes) > 1:
        raise FitError("CR2 is for clusters of one kind. Use CR1 for two-way clusters.", kind=kind)
    meat, small_sample = bias_reduced(model.fit, codes[0])
    groups = int(codes[0].max()) + 1
    bread = model.fit.inverse
    label = f"CR2, {groups} clusters, Satterthwaite df"
    return base.with_covariance(sandwich(bread, meat), groups - 1.0, label, small_sample)


def _by_cluster(model: FittedModel, base: Estimate, kind: str, options: Options) -> Estimate:
    if model.frame.chunks is not None:
        meat, ways = chunked_cluster_meat(model, options.cluster, kind)
        estimate = _sandwich(model, base, meat, _cluster_label(kind, ways))
        return estimate if len(ways) == 1 else fix_negative(estimate)
    codes = cluster_codes(model, options.cluster)
    label = _cluster_label(kind, [int(one.max()) + 1 for one in codes])
    estimate = _sandwich(model, base, cluster_meat(model.fit, codes, kind), label)
    return estimate if len(codes) == 1 else fix_negative(estimate)


def _cluster_label(kind: str, groups: list[int]) -> str:
    way = "" if len(groups) == 1 else "two-way, "
    return f"{kind}, {way}{' and '.join(map(str, groups))} clusters"


def _replicated(model: FittedModel, base: Estimate, kind: str, options: Options) -> Estimate:
    resample = options.resample or ("case" if options.cluster is None else "cluster")
    n = REPLICATES if options.n is None else options.n
    drawn = bootstrap(model, n, resample, seed=options.seed, cluster=options.cluster)
    if drawn.finite <= len(base.kept):
        raise FitError(
            f"{drawn.finite} finite replicates give no covariance of {len(base.kept)} coefficients. Raise n=.",
            argument="n",
        )
    return base.with_covariance(drawn.covariance, base.df, drawn.label)


def _sandwich(model: FittedModel, base: Estimate, meat: Array, label: str) -> Estimate:
    return base.with_covariance(sandwich(model.fit.inverse, meat), base.df, label)


def _check_variation(before: Estimate, after: Estimate) -> None:
    """Refuse errors that are rounding: scores that cancel row by row or within every cluster."""
    model_based = before.std_error  # 0 for a coefficient that the edge of the valid region fixes
    lost = (model_based > 0) & (after.std_error <= ROUNDING * model_based)  # nan compares false
    if np.any(lost):
        names = [str(name) for name in after.names[lost]]
        raise DataError(
            f"The covariance {after.label} leaves {', '.join(names[:5])} without variance: the scores cancel, as "
            "when the clusters are the levels of a factor of the model, or a row fits perfectly. "
            "Use more or other clusters, or the model-based covariance.",
            columns=names,
        )
