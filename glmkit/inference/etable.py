"""Several fits as one table, a column each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import pandas as pd

from glmkit.errors import FitError
from glmkit.frame.values import level_text
from glmkit.inference.effects.tables import LEVEL, SLOPES, Options, marginal_effects
from glmkit.inference.likelihood import aic_of, bic_of
from glmkit.inference.measures import aicc_of
from glmkit.inference.protocols import AnyModel, FittedModel
from glmkit.inference.several import named_models
from glmkit.inference.tidy import exponentiated
from glmkit.inference.wald import check_level, coefficient_frame
from glmkit.tables.numbers import percent
from glmkit.tables.side_by_side import SideBySide
from glmkit.tables.wording import join_names

__all__ = ["STATISTICS", "etable"]

Number = float | int | str


def _whole(value: float) -> Number:
    return int(value) if float(value).is_integer() else value


def _nuisance(model: FittedModel, name: str) -> Number:
    """Return theta or the power; empty for a family without."""
    return model.family.nuisance_value if model.family.nuisance_name == name else ""


def _nuisance_error(model: FittedModel, name: str) -> Number:
    found = model.fit.nuisance if model.family.nuisance_name == name else None
    return "" if found is None else found.std_error


STATISTICS: dict[str, Callable[[FittedModel], Number]] = {
    "nobs": lambda model: _whole(model.fit.nobs),
    "rank": lambda model: model.fit.rank,
    "df_resid": lambda model: _whole(model.fit.df_resid),
    "deviance": lambda model: model.fit.deviance,
    "null_deviance": lambda model: model.fit.null_deviance,
    "pearson_chi2": lambda model: model.fit.pearson_chi2,
    "dispersion": lambda model: model.fit.dispersion,
    "loglik": lambda model: model.fit.loglik,
    "aic": lambda model: aic_of(model.fit),
    "aicc": lambda model: aicc_of(model.fit),
    "bic": lambda model: bic_of(model.fit),
    "theta": lambda model: _nuisance(model, "theta"),
    "theta_se": lambda model: _nuisance_error(model, "theta"),
    "power": lambda model: _nuisance(model, "power"),
    "family": lambda model: model.family.title,
    "link": lambda model: model.family.link_name,
    "covariance": lambda model: model.estimate.label,
}
USUAL = ("nobs", "loglik", "aic", "dispersion", "theta", "power", "family", "link", "covariance")


def etable(
    *models: FittedModel | Mapping[str, FittedModel],
    names: Sequence[str] | None = None,
    labels: str | None = None,
    stars: bool = False,
    ci: bool | float = False,
    exponentiate: bool = False,
    effects: bool = False,
    statistics: Sequence[str] = USUAL,
) -> SideBySide:
    """Return fits side by side: estimates with their standard errors beneath, and how well each fits.

    Parameters
    ----------
    *models : Results
        Each with the covariance it uses; the table names them. Or one dict of them by name.
    names : sequence of str, optional
        Headings of the models; ``(1)``, ``(2)``, ... by default.
    labels : {None, "r", "label"}
        Coefficient names as glmkit, as R, or as readable labels.
    stars : bool
        Mark small p-values, with a legend.
    ci : bool or float
        Show intervals beneath the estimates instead of standard errors: True for 95 %, or the level.
    exponentiate : bool
        Show exp(estimate), with the standard error by the delta method: odds ratios, rate ratios.
    effects : bool
        Show average marginal effects on the scale of the response instead of coefficients,
        which compares models of different links.
    statistics : sequence of str
        Rows below the coefficients: any of ``nobs rank df_resid deviance null_deviance
        pearson_chi2 dispersion loglik aic aicc bic theta theta_se power family link
        covariance``. Of the usual ones those that no model has are left out.

    Returns
    -------
    SideBySide
        Prints as text, HTML, Markdown and LaTeX; ``.frame`` and ``.statistics`` hold the numbers.

    Raises
    ------
    FitError
        No model is given, the names do not match the models, or a statistic is unknown.

    Examples
    --------
    >>> import glmkit as gk
    >>> data = gk.load_dataset("warpbreaks")
    >>> large = gk.glm("breaks ~ wool + tension", data, "poisson")
    >>> gk.etable(large.update("~ wool"), large, statistics=("nobs", "aic"))
                        (1)      (2)
    Coefficients
      Intercept       3.435    3.692
                    (0.035)  (0.045)
      wool[T.B]      -0.206   -0.206
                    (0.052)  (0.052)
      tension[T.M]            -0.321
                             (0.060)
      tension[T.H]            -0.518
                             (0.064)
    Fit
      N                  54       54
      AIC            560.00   493.06
    Standard errors in brackets.
    """
    named = named_models(models, names, "gk.etable", "({})")
    _check_choices(statistics, labels, effects and exponentiate)
    level = 0.95 if isinstance(ci, bool) else check_level(ci)
    if effects:
        frames = {name: _effects(model, level) for name, model in named.items()}
    else:
        frames = {name: _coefficients(model, labels, exponentiate, level) for name, model in named.items()}
    heading = "Exponentiated coefficients" if exponentiate else "Coefficients"
    return SideBySide(
        frames,
        _statistics(named, statistics),
        heading="Average marginal effects" if effects else heading,
        interval=ci is not False,
        stars=stars,
        notes=["Standard errors in brackets." if ci is False else f"{percent(level)} intervals in brackets."],
    )


def _statistics(models: Mapping[str, FittedModel], names: Sequence[str]) -> pd.DataFrame:
    """Return the rows below the coefficients; of the usual ones those that some model has."""
    columns = {heading: [STATISTICS[name](model) for name in names] for heading, model in models.items()}
    frame = pd.DataFrame(columns, index=pd.Index(list(names), dtype=object), dtype=object)
    return frame[(frame != "").any(axis="columns")] if names is USUAL else frame


def _check_choices(statistics: Sequence[str], labels: str | None, both: bool) -> None:
    unknown = [name for name in statistics if name not in STATISTICS]
    if unknown or isinstance(statistics, str):
        raise FitError(
            f"statistics={statistics!r} is not a list of known statistics. Choose any of: "
            f"{join_names(STATISTICS, most=len(STATISTICS))}.",
            argument="statistics",
            unknown=unknown,
        )
    if both:
        raise FitError(
            "effects=True and exponentiate=True ask for different numbers. Choose one.", argument="effects"
        )
    if labels not in (None, "r", "label"):
        raise FitError(f'labels={labels!r} is not known. Choose None, "r" or "label".', argument="labels")


def _coefficients(model: FittedModel, labels: str | None, exponentiate: bool, level: float) -> pd.DataFrame:
    frame = coefficient_frame(model.estimate, level)
    frame = exponentiated(frame) if exponentiate else frame
    index = frame.index if labels is None else cast(AnyModel, model).coefficient_names(labels)
    if index.nlevels > 1:
        index = pd.Index([", ".join(map(str, name)) for name in index.tolist()], dtype=object)
    return frame.set_axis(index)


def _effects(model: FittedModel, level: float) -> pd.DataFrame:
    """Return average marginal effects by the variable, and the levels compared; of each level of a response."""
    table = marginal_effects(model, None, "dydx", Options(level=level)).frame
    parts = [
        table["term"].where(table["contrast"] == SLOPES["dydx"], table["term"] + ": " + table["contrast"])
    ]
    if LEVEL in table:
        parts.insert(0, table[LEVEL].map(level_text))
    names = [", ".join(pair) for pair in zip(*parts, strict=True)]
    return table.set_axis(pd.Index(names, dtype=object)).loc[:, "estimate":]
