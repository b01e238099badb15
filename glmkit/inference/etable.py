"""Several fits as one table, a column each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from glmkit.errors import FitError
from glmkit.inference.likelihood import aic_of, bic_of
from glmkit.inference.measures import aicc_of
from glmkit.inference.protocols import FittedModel
from glmkit.inference.tidy import exponentiated
from glmkit.inference.wald import check_level, coefficient_frame
from glmkit.tables.numbers import percent
from glmkit.tables.side_by_side import SideBySide
from glmkit.tables.wording import join_names

__all__ = ["STATISTICS", "etable"]

Number = float | int | str


def _whole(value: float) -> Number:
    return int(value) if float(value).is_integer() else value


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
    "family": lambda model: model.family.title,
    "link": lambda model: model.family.link_name,
    "covariance": lambda model: model.estimate.label,
}
USUAL = ("nobs", "loglik", "aic", "dispersion", "family", "link", "covariance")


def etable(
    *models: FittedModel,
    names: Sequence[str] | None = None,
    labels: str | None = None,
    stars: bool = False,
    ci: bool = False,
    exponentiate: bool = False,
    statistics: Sequence[str] = USUAL,
    level: float = 0.95,
) -> SideBySide:
    """Return fits side by side: estimates with their standard errors beneath, and how well each fits.

    Parameters
    ----------
    *models : Results
        Each with the covariance it uses; the table names them.
    names : sequence of str, optional
        Headings of the models; ``(1)``, ``(2)``, ... by default.
    labels : {None, "r", "label"}
        Coefficient names as glmkit, as R, or as readable labels.
    stars : bool
        Mark small p-values, with a legend.
    ci : bool
        Show intervals beneath the estimates instead of standard errors.
    exponentiate : bool
        Show exp(estimate), with the standard error by the delta method.
    statistics : sequence of str
        Rows below the coefficients: any of ``nobs rank df_resid deviance null_deviance
        pearson_chi2 dispersion loglik aic aicc bic family link covariance``.
    level : float
        Level of the intervals.

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
    >>> small, large = (gk.glm(f"breaks ~ {rhs}", data, "poisson") for rhs in ("wool", "wool + tension"))
    >>> gk.etable(small, large, statistics=("nobs", "aic"))
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
    headings = _headings(models, names)
    _check_choices(statistics, labels)
    frames = {
        heading: _coefficients(model, labels, exponentiate, check_level(level))
        for heading, model in zip(headings, models, strict=True)
    }
    below = {
        heading: [STATISTICS[name](model) for name in statistics]
        for heading, model in zip(headings, models, strict=True)
    }
    return SideBySide(
        frames,
        pd.DataFrame(below, index=pd.Index(list(statistics), dtype=object), dtype=object),
        heading="Exponentiated coefficients" if exponentiate else "Coefficients",
        interval=ci,
        stars=stars,
        notes=[f"{percent(level)} intervals in brackets." if ci else "Standard errors in brackets."],
    )


def _headings(models: Sequence[FittedModel], names: Sequence[str] | None) -> list[str]:
    if not models:
        raise FitError("etable() needs at least one fit: gk.etable(m1, m2).", argument="models")
    headings = [f"({i + 1})" for i in range(len(models))] if names is None else [str(name) for name in names]
    if len(headings) != len(models) or len(set(headings)) != len(headings):
        raise FitError(
            f"names={names!r} does not name {len(models)} models. Give one name for each, all different.",
            argument="names",
        )
    return headings


def _check_choices(statistics: Sequence[str], labels: str | None) -> None:
    unknown = [name for name in statistics if name not in STATISTICS]
    if unknown or isinstance(statistics, str):
        raise FitError(
            f"statistics={statistics!r} is not a list of known statistics. Choose any of: "
            f"{join_names(STATISTICS, most=len(STATISTICS))}.",
            argument="statistics",
            unknown=unknown,
        )
    if labels not in (None, "r", "label"):
        raise FitError(f'labels={labels!r} is not known. Choose None, "r" or "label".', argument="labels")


def _coefficients(model: FittedModel, labels: str | None, exponentiate: bool, level: float) -> pd.DataFrame:
    frame = coefficient_frame(model.estimate, level)
    frame = exponentiated(frame) if exponentiate else frame
    if frame.index.nlevels > 1:
        frame.index = pd.Index([", ".join(map(str, name)) for name in frame.index.tolist()], dtype=object)
    if labels is not None:
        frame.index = pd.Index(
            [name.r if labels == "r" else name.label for name in model.frame.names], dtype=object
        )
    return frame
