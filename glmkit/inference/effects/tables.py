"""Marginal effects, comparisons and average predictions as tables.

References
----------
Williams, R. (2012). Using the margins command to estimate and interpret adjusted predictions
and marginal effects. The Stata Journal 12, 308-331.
Greenland, S. (2004). Model-based estimation of relative risks and other epidemiologic
measures in studies of common outcomes and in case-control studies. Am. J. Epidemiology
160, 301-305.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.frame.values import level_text
from glmkit.inference.effects.counterfactual import Population, groups_of, population
from glmkit.inference.effects.functionals import (
    Quantity,
    combined,
    mean_link,
    mean_response,
    mean_slope,
)
from glmkit.inference.emmeans.grid import check_known, enters_as_factor, reference_grid
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import interval_quantiles, statistic_name, two_sided
from glmkit.inference.wald import check_level
from glmkit.tables.table import Table
from glmkit.tables.wording import interval_headings, statistic_headings

__all__ = ["Options", "average_predictions", "comparisons", "marginal_effects"]

SLOPES = {"dydx": "dY/dX", "eyex": "eY/eX", "eydx": "eY/dX", "dyex": "dY/eX"}
COMPARISONS = ("difference", "ratio", "lift", "odds_ratio", "nnt")
SEPARATORS = {"difference": " - ", "nnt": " - "}


class Options(NamedTuple):
    """What the effects are of, where and how they are shown."""

    by: tuple[str, ...] = ()
    at: Mapping[str, object] | str | None = None
    level: float = 0.95
    newdata: object = None


class Line(NamedTuple):
    """One row of a table of effects."""

    term: str
    contrast: str
    group: tuple[object, ...]
    quantity: Quantity


def marginal_effects(
    model: FittedModel, variables: Sequence[str] | None, kind: str, options: Options
) -> Table:
    """Return average marginal effects: slopes of covariates, changes from a factor's first level."""
    if kind not in SLOPES:
        raise FitError(f"kind={kind!r} is not known. Choose one of: {', '.join(SLOPES)}.", argument="kind")
    lines: list[Line] = []
    for point, people in _populations(model, options):
        for name in _chosen_variables(model, variables):
            if _is_number(model, name):
                lines += [
                    Line(name, SLOPES[kind], (*point, *label), mean_slope(people, name, rows, kind))
                    for label, rows in groups_of(people, options.by)
                ]
            else:
                pairs = _level_pairs(model, name)
                lines += _compared(people, name, pairs, "difference", point, options.by)
    title = "Average marginal effects" if options.at != "means" else "Marginal effects at the means"
    return _table(model, lines, title, options, "difference")


def comparisons(
    model: FittedModel,
    variables: Sequence[str] | Mapping[str, object] | None,
    comparison: str,
    options: Options,
) -> Table:
    """Return comparisons of average predictions under two values of a variable, all else as observed."""
    if comparison not in COMPARISONS:
        named = ", ".join(COMPARISONS)
        raise FitError(
            f"comparison={comparison!r} is not known. Choose one of: {named}.", argument="comparison"
        )
    asked = (
        dict(variables)
        if isinstance(variables, Mapping)
        else dict.fromkeys(_chosen_variables(model, variables))
    )
    lines: list[Line] = []
    for point, people in _populations(model, options):
        for name, how in asked.items():
            check_known(name, list(model.frame.coding.variables), "variables")
            pairs = _pairs(model, people, name, how)
            lines += _compared(people, name, pairs, comparison, point, options.by)
    return _table(model, lines, f"Average comparisons: {comparison.replace('_', ' ')}", options, comparison)


def average_predictions(model: FittedModel, scale: str, options: Options) -> Table:
    """Return average predictions, by group and at chosen values of variables."""
    if scale not in ("response", "link"):
        raise FitError(f'type={scale!r} is not known. Choose "response" or "link".', argument="type")
    average = mean_response if scale == "response" else mean_link
    lines = []
    for point, people in _populations(model, options):
        coded = people.coded()
        for label, rows in groups_of(people, options.by):
            weights = np.where(rows, people.weights, 0.0)
            lines.append(Line("", "", (*point, *label), average(model, coded, weights)))
    table = _table(model, lines, "Average predictions", options, "difference")
    frame = table.frame.drop(columns=["term", "contrast"])
    return Table(
        frame, table.title, headings=interval_headings(options.level), notes=table.notes, show_index=False
    )


def _populations(model: FittedModel, options: Options) -> list[tuple[tuple[object, ...], Population]]:
    """Return the rows to average over, once for each combination of the values in `at`."""
    if options.at == "means":
        if options.by or options.newdata is not None:
            raise FitError('at="means" is one point: leave out by= and newdata=.', argument="at")
        return [((), _typical(model))]
    people = population(model, options.newdata, options.by)
    if isinstance(options.at, str):
        raise FitError(f'at={options.at!r} is not known. Give "means" or a dict of values.', argument="at")
    given = {name: _listed(value) for name, value in (options.at or {}).items()}
    for name in given:
        check_known(name, list(model.frame.coding.variables), "at")
    points = list(product(*given.values()))
    return [(point, people.with_values(dict(zip(given, point, strict=True)))) for point in points]


def _typical(model: FittedModel) -> Population:
    """Return one row: covariates at their mean, factors at their most frequent level."""
    grid = reference_grid(model)
    people = population(model, None, ())
    row: dict[str, object] = {}
    for name in grid.cells.columns:
        if name in grid.factors:
            row[name] = Counter(people.columns[name]).most_common(1)[0][0]
        else:
            row[name] = grid.cells[name].iloc[0]
    offsets = {name: np.array([np.mean(values)]) for name, values in people.offsets.items()}
    return Population(model, {name: [value] for name, value in row.items()}, offsets, np.ones(1))


def _listed(value: object) -> list[object]:
    one = isinstance(value, str) or not isinstance(value, (Sequence, np.ndarray, pd.Series, pd.Index))
    return [value] if one else list(value)  # type: ignore[call-overload]


def _chosen_variables(model: FittedModel, variables: str | Sequence[str] | None) -> list[str]:
    known = list(model.frame.coding.variables)
    if variables is None:
        in_terms = {name for term in model.frame.terms for name in term.variables}
        return [name for name in known if name in in_terms]
    chosen = [variables] if isinstance(variables, str) else list(variables)
    for name in chosen:
        check_known(name, known, "variables")
    return chosen


def _is_number(model: FittedModel, name: str) -> bool:
    return not enters_as_factor(model.frame, name)


def _levels_of(model: FittedModel, name: str) -> list[object]:
    return list(dict.fromkeys(reference_grid(model).cells[name]))


def _level_pairs(model: FittedModel, name: str) -> list[tuple[object, object]]:
    first, *others = _levels_of(model, name)
    return [(first, other) for other in others]


def _pairs(model: FittedModel, people: Population, name: str, how: object) -> list[tuple[object, object]]:
    """Return the pairs of values to compare: each with the first level, x and x + 1, or as asked."""
    if not _is_number(model, name):
        if how is None or how == "reference":
            return _level_pairs(model, name)
        if how == "pairwise":
            levels = _levels_of(model, name)
            return [(a, b) for i, a in enumerate(levels) for b in levels[i + 1 :]]
        if isinstance(how, (tuple, list)) and len(how) == 2:
            return [(how[0], how[1])]
        raise FitError(
            f'The comparison of {name!r} is not understood: {how!r}. Give "reference", "pairwise" or two levels.',
            argument="variables",
        )
    x = np.asarray(people.columns[name], dtype=np.float64)
    if how == "sd":
        half = 0.5 * float(np.sqrt(np.cov(x, aweights=people.weights)))
        return [(x - half, x + half)]
    if how == "iqr":
        low, high = np.quantile(x, [0.25, 0.75])
        return [(float(low), float(high))]
    if isinstance(how, (tuple, list)) and len(how) == 2:
        return [(float(how[0]), float(how[1]))]
    if how is None or isinstance(how, int | float):
        return [(x, x + (1.0 if how is None else float(how)))]
    raise FitError(
        f'The comparison of {name!r} is not understood: {how!r}. Give a step, two values, "sd" or "iqr".',
        argument="variables",
    )


def _compared(
    people: Population,
    name: str,
    pairs: Sequence[tuple[object, object]],
    comparison: str,
    point: tuple[object, ...],
    by: Sequence[str],
) -> list[Line]:
    lines = []
    for low, high in pairs:
        codes = [people.with_values({name: value}).coded() for value in (low, high)]
        label_of_pair = _pair_name(people, name, low, high, comparison)
        for label, rows in groups_of(people, by):
            weights = np.where(rows, people.weights, 0.0)
            first, second = (mean_response(people.model, coded, weights) for coded in codes)
            kind = "difference" if comparison == "nnt" else comparison
            lines.append(Line(name, label_of_pair, (*point, *label), combined(first, second, kind)))
    return lines


def _pair_name(people: Population, name: str, low: object, high: object, comparison: str) -> str:
    separator = SEPARATORS.get(comparison, " / ")
    if isinstance(low, np.ndarray) and isinstance(high, np.ndarray):
        x = np.asarray(people.columns[name], dtype=np.float64)
        ends = [_shift_name(float(np.mean(end - x))) for end in (high, low)]
        return separator.join(ends)
    return f"{level_text(high)}{separator}{level_text(low)}"


def _shift_name(shift: float) -> str:
    if shift == 0.0:
        return "x"
    return f"(x {'+' if shift > 0 else '-'} {level_text(float(f'{abs(shift):.4g}'))})"


def _table(model: FittedModel, lines: Sequence[Line], title: str, options: Options, comparison: str) -> Table:
    estimate = model.estimate
    value = np.array([line.quantity.value for line in lines])
    rows = np.array([line.quantity.gradient for line in lines])
    estimable = estimate.estimable(rows)
    value = np.where(estimable, value, np.nan)
    error = np.where(estimable, estimate.std_errors(rows), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):  # an effect of exactly 0 has no error
        statistic = value / error
    df = estimate.df_of(rows)
    half = interval_quantiles(check_level(options.level), df) * error
    shown = _shown(value, error, value - half, value + half, comparison)
    names = [*(options.at if isinstance(options.at, Mapping) else ()), *options.by]
    columns: dict[str, object] = {
        "term": [line.term for line in lines],
        "contrast": [line.contrast for line in lines],
    }
    columns |= {name: [_plain(line.group[k]) for line in lines] for k, name in enumerate(names)}
    columns |= {"estimate": shown[0], "std_error": shown[1], "statistic": statistic}
    columns |= {"p_value": two_sided(statistic, df), "conf_low": shown[2], "conf_high": shown[3]}
    headings = statistic_headings(statistic_name(estimate.df)) | interval_headings(options.level)
    notes = [] if estimate.is_model_based else [f"Standard errors: {estimate.label}."]
    if comparison in ("ratio", "lift", "odds_ratio"):
        notes.append("Tests and intervals are made on the log scale.")
    return Table(pd.DataFrame(columns), title, headings=headings, notes=notes, show_index=False)


def _plain(value: object) -> object:
    """Return a whole number as one, so that a group called 1 prints as 1."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(
    value: Array, error: Array, low: Array, high: Array, comparison: str
) -> tuple[Array, Array, Array, Array]:
    """Return estimate, error and ends on the scale of the comparison."""
    if comparison == "difference":
        return value, error, low, high
    if comparison == "nnt":
        return _numbers_to_treat(value, error, low, high)
    ratio = np.exp(value)
    shift = 1.0 if comparison == "lift" else 0.0
    return ratio - shift, ratio * error, np.exp(low) - shift, np.exp(high) - shift


def _numbers_to_treat(
    value: Array, error: Array, low: Array, high: Array
) -> tuple[Array, Array, Array, Array]:
    """Return 1 / difference; where the difference's interval holds 0 the ends are nan (Altman 1998)."""
    with np.errstate(divide="ignore", invalid="ignore"):  # no difference: infinitely many
        one_sign = low * high > 0
        ends = 1.0 / high, 1.0 / low
        return (
            1.0 / value,
            error / value**2,
            np.where(one_sign, ends[0], np.nan),
            np.where(one_sign, ends[1], np.nan),
        )
