"""Several models of one response: tables of deviance, likelihood ratio tests, criteria side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import DataError, FamilyError, FitError, NoLikelihoodError
from glmkit.families.base import Family
from glmkit.fitting.glm import GLMFit
from glmkit.frame.rows import row_list
from glmkit.inference.anova import BLANKS, anova_table, deviance_frame, of_deviance
from glmkit.inference.likelihood import aic_of, bic_of, parameters_of
from glmkit.inference.nesting import by_rank, is_nested, nesting_notes, same_family
from glmkit.inference.protocols import FittedModel, single_predictor
from glmkit.inference.reference import chi_square_tail
from glmkit.inference.refit import estimate_of, refit
from glmkit.inference.several import formula_notes, named_models, numbered
from glmkit.inference.submodels import Submodel, WorkingModel, restriction_rows
from glmkit.inference.table_notes import dispersion_note, fit_notes, reference_note, test_headings
from glmkit.inference.term_tests import NO_TEST, TermTest, chosen_test, default_test, rao_test, wald_test
from glmkit.tables.table import Table
from glmkit.tables.wording import format_text, join_names

__all__ = ["anova", "compare", "lr_test"]


def anova(*models: FittedModel, test: str | None = None) -> Table:
    """Return the analysis of deviance of several models of one response, in the order given.

    Parameters
    ----------
    *models : Results
        Two or more, of the same rows, response, weights, family and link; the smaller first.
    test : {None, "LRT", "F", "Rao", "Wald", "none"}
        Of each model against the one before it. By default LRT where the dispersion is
        known, F where it is estimated, Wald where a model has a robust covariance.

    Returns
    -------
    Table
        Rows ``Model 1``, ``Model 2``, ...; columns ``df deviance df_resid resid_deviance
        statistic p_value``. NaN in the last two where two neighbours are not nested, which
        a note says.

    Raises
    ------
    DataError
        The models are of different rows, responses or weights.
    FamilyError
        They are of different families or links.
    FitError
        There are fewer than two, or the test does not go with them.

    Notes
    -----
    The dispersion is that of the largest model, as in R, and so is an estimated theta or
    power. Wald's test uses the covariance of the larger of each two.

    Examples
    --------
    >>> import glmkit as gk
    >>> data = gk.load_dataset("warpbreaks")
    >>> gk.anova(*(gk.glm(f"breaks ~ {terms}", data, "poisson") for terms in ("wool", "wool + tension")))
    Analysis of deviance: Poisson, log link
             Df  Deviance  Resid. Df  Resid. Dev     LRT  Pr(>Chi)
    Model 1                       52      281.33
    Model 2   2    70.942         50      210.39  70.942  3.94e-16
    Model 1: breaks ~ wool
    Model 2: breaks ~ wool + tension
    Likelihood ratio tests, referred to chi-square.
    Dispersion 1 (known).
    """
    _check_same_data(models)
    for model in models:
        single_predictor(model, "gk.anova()")
    _check_same_family(models)
    # One that likelihood ratios do not suit decides for all.
    doubtful = [m for m in models if not m.estimate.is_model_based or m.fit.method != "ml"]
    name = chosen_test((doubtful or models)[0], test or default_test((doubtful or models)[0]))
    largest = max(models, key=lambda model: model.fit.rank)
    models, notes = _with_nuisance_of(largest, models)
    tests = []
    for (i, one), other in zip(enumerate(models, start=1), models[1:], strict=False):
        nested = is_nested(*by_rank(one, other)) and (name != "Wald" or _same_offset(one, other))
        tests.append(_tested(name, one, other, largest) if nested else NO_TEST)
        if not nested:
            notes.append(
                f"Models {i} and {i + 1} are not nested, so no test compares them; gk.compare() does."
            )
    frame = deviance_frame(
        [model.fit.df_resid for model in models],
        [model.fit.deviance for model in models],
        numbered(len(models)),
        None if name == "none" else tests,
    )
    notes = [
        *formula_notes(_by_number(models)),
        *reference_note(largest, name),
        *([] if name in ("none", "Wald") else dispersion_note(largest.fit, "of the largest model")),
        *notes,
        *fit_notes(_fits(_by_number(models))),
    ]
    return anova_table(models[0], frame, "Analysis of deviance", name, notes)


def _with_nuisance_of(
    largest: FittedModel, models: tuple[FittedModel, ...]
) -> tuple[tuple[FittedModel, ...], list[str]]:
    """Return the models with the theta or power of the largest held, and a note where that changes them.

    Deviances at different values do not compare.
    """
    family = largest.family
    different = [model.family.nuisance_value != family.nuisance_value for model in models]
    if not family.nuisance_name or not any(different):
        return models, []
    held = tuple(
        _held(model, family) if changes else model for model, changes in zip(models, different, strict=True)
    )
    text = "{name} held at that of the largest model, {value}; gk.lr_test() takes each model's own."
    return held, [format_text(text, name=family.nuisance_name.capitalize(), value=family.nuisance_value)]


def _held(model: FittedModel, family: Family) -> FittedModel:
    fit = refit(model, family=family)
    estimate = estimate_of(fit, model.estimate.names)
    return WorkingModel(model.frame, fit, estimate, family, model.control, model.notes)


def _tested(test: str, one: FittedModel, other: FittedModel, largest: FittedModel) -> TermTest:
    small, big = by_rank(one, other)
    df = big.fit.rank - small.fit.rank
    if test == "Wald":
        return wald_test(big.estimate, restriction_rows(big, Submodel(frame=small.frame)))
    if test == "Rao":
        return rao_test(small.fit, big.fit, largest.fit.dispersion)
    return of_deviance(test, small.fit.deviance - big.fit.deviance, df, largest.fit)


def lr_test(*models: FittedModel) -> Table:
    """Return likelihood ratio tests of models of one response, each against the one before it.

    Parameters
    ----------
    *models : Results
        Two or more, of the same rows and response, the smaller first.

    Returns
    -------
    Table
        One row a model, columns ``loglik df statistic df_diff p_value``; `df` counts all
        parameters, an estimated dispersion too.

    Raises
    ------
    NoLikelihoodError
        A family without a likelihood.
    DataError
        The models are of different rows, responses or weights.
    FitError
        There are fewer than two, or one has a robust covariance.

    Notes
    -----
    2 (l1 - l0) is referred to chi-square with the difference in parameters, equation
    (15.8). Each model has the dispersion of its own maximum, so that for an estimated
    dispersion this is not the LRT of `anova`.

    Examples
    --------
    >>> import glmkit as gk
    >>> data = gk.load_dataset("warpbreaks")
    >>> models = [gk.glm(f"breaks ~ {terms}", data, "poisson") for terms in ("wool", "wool + tension")]
    >>> gk.lr_test(*models).frame["statistic"].round(3).tolist()
    [nan, 70.942]
    """
    _check_same_data(models)
    _need_likelihood(models)
    for model in models:
        chosen_test(model, "LRT")
    loglik = np.array([model.fit.loglik for model in models])
    df = np.array([float(parameters_of(model.fit)) for model in models])
    gain, extra = np.diff(loglik), np.diff(df)
    statistic = np.where(extra != 0, 2.0 * np.abs(gain), np.nan)
    columns = {
        "loglik": loglik,
        "df": df,
        "statistic": np.append(np.nan, statistic),
        "df_diff": np.append(np.nan, extra),
        "p_value": [np.nan, *map(chi_square_tail, statistic.tolist(), np.abs(extra).tolist())],
    }
    named = _by_number(models)
    frame = pd.DataFrame(columns, index=pd.Index(list(named), dtype=object))
    lines = [*formula_notes(named), "Likelihood ratio tests, referred to chi-square."]
    lines += nesting_notes(models) + fit_notes(_fits(named))
    blanks = (*BLANKS[2:], "df_diff")
    return Table(frame, "Likelihood ratio tests", headings=test_headings("LRT"), notes=lines, blanks=blanks)


def compare(*models: FittedModel | Mapping[str, FittedModel], names: Sequence[str] | None = None) -> Table:
    """Return criteria of models of one response side by side, in the order given.

    Parameters
    ----------
    *models : Results
        Of the same rows and response; they need not be nested. Or one dict of them by name.
    names : sequence of str, optional
        Labels of the models; ``Model 1``, ``Model 2``, ... by default.

    Returns
    -------
    Table
        One row a model, columns ``loglik df aic bic delta weight``: `delta` is the AIC less
        the smallest, `weight` the share exp(-delta / 2) has in their sum.

    Raises
    ------
    NoLikelihoodError
        A family without a likelihood.
    DataError
        The models are of different rows, responses or weights.

    References
    ----------
    Burnham, K. P. and Anderson, D. R. (2002). Model Selection and Multimodel Inference,
    2nd ed., section 2.9.

    Examples
    --------
    >>> import glmkit as gk
    >>> data = gk.load_dataset("warpbreaks")
    >>> models = [gk.glm(f"breaks ~ {terms}", data, "poisson") for terms in ("wool", "tension")]
    >>> gk.compare(*models).frame["delta"].round(2).tolist()
    [52.9, 0.0]
    """
    named = named_models(models, names, "gk.compare", "Model {}")
    fits = tuple(named.values())
    _check_same_data(fits, least=1)
    _need_likelihood(fits)
    aic = np.array([aic_of(model.fit) for model in fits])
    delta = aic - np.min(aic)
    share = np.exp(-0.5 * delta)
    columns = {
        "loglik": [model.fit.loglik for model in fits],
        "df": [float(parameters_of(model.fit)) for model in fits],
        "aic": aic,
        "bic": [bic_of(model.fit) for model in fits],
        "delta": delta,
        "weight": share / np.sum(share),
    }
    notes = [*formula_notes(named), "Delta and weight by AIC.", *fit_notes(_fits(named))]
    if len({model.family.name for model in fits}) > 1:
        notes.append(
            "The families differ: compare counts with counts and measurements with measurements only."
        )
    frame = pd.DataFrame(columns, index=pd.Index(list(named), dtype=object))
    return Table(frame, "Comparison of models", notes=notes)


# ------------------------------------------------------------------------------ what is said of them


def _by_number(models: Sequence[FittedModel]) -> dict[str, FittedModel]:
    return dict(zip(numbered(len(models)), models, strict=True))


def _fits(models: Mapping[str, FittedModel]) -> dict[str, GLMFit]:
    return {name: model.fit for name, model in models.items()}


# ------------------------------------------------------------------------------ what is refused


def _check_same_data(models: Sequence[FittedModel], least: int = 2) -> None:
    """Refuse models that are not of the same rows, response and weights."""
    if len(models) < least or not all(hasattr(model, "fit") and hasattr(model, "frame") for model in models):
        raise FitError(
            f"Give {least} or more fitted models, one after another; {len(models)} were given"
            f"{'' if len(models) < least else ', not all of them fits'}.",
            argument="models",
        )
    first = models[0]
    for place, other in enumerate(models[1:], start=2):
        _check_rows(first, other, place)
        same = {
            "response": _equal(first.fit.problem.y, other.fit.problem.y)
            and _equal(first.fit.problem.trials, other.fit.problem.trials),
            "weights": _equal(first.fit.problem.prior, other.fit.problem.prior)
            and _equal(first.fit.problem.counts, other.fit.problem.counts),
        }
        for what, equal in same.items():
            if not equal:
                raise DataError(
                    f"Models 1 and {place} do not have the same {what}: their deviances do not compare. "
                    "Fit both to one response, with one set of weights.",
                    models=(1, place),
                    what=what,
                )


def _check_rows(first: FittedModel, other: FittedModel, place: int) -> None:
    one, two = first.frame.rows, other.frame.rows
    if one.n_used == two.n_used and one.labels.equals(two.labels):
        return
    only = [(1, one.labels, ~one.labels.isin(two.labels)), (place, two.labels, ~two.labels.isin(one.labels))]
    said = [f"{row_list(labels, rows)} only in model {i}" for i, labels, rows in only if rows.any()]
    reason = "; ".join(said) or "the same rows in another order"
    raise DataError(
        f"Models 1 and {place} are fitted to different rows, {one.n_used} and {two.n_used}: {reason}. Their "
        "deviances do not compare. Drop rows with missing values first, or give both the same subset=.",
        models=(1, place),
        rows=(one.n_used, two.n_used),
    )


def _equal(first: Array | None, second: Array | None) -> bool:
    if first is None or second is None:
        return first is second
    return np.array_equal(first, second)


def _check_same_family(models: Sequence[FittedModel]) -> None:
    for place, other in enumerate(models[1:], start=2):
        if not same_family(models[0], other):
            names = " and ".join(f"{m.family.title} ({m.family.link_name})" for m in (models[0], other))
            raise FamilyError(
                f"Models 1 and {place} differ in family or link, {names}: their deviances do not compare. "
                "Compare criteria with gk.compare().",
                models=(1, place),
            )


def _need_likelihood(models: Sequence[FittedModel]) -> None:
    without = [model.family.name for model in models if not model.family.has_likelihood]
    if without:
        raise NoLikelihoodError(
            f"The {join_names(dict.fromkeys(without))} family has no likelihood. Use gk.anova(), whose F tests "
            "need none.",
            family=without[0],
        )


def _same_offset(one: FittedModel, other: FittedModel) -> bool:
    return np.array_equal(one.fit.problem.added, other.fit.problem.added)
