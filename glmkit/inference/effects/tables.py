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

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray
from glmkit.errors import FitError
from glmkit.inference.effects.counterfactual import Population, groups_of, population
from glmkit.inference.effects.functionals import (
    Functional,
    Response,
    combined,
    slope_of,
)
from glmkit.inference.effects.levels import response_of
from glmkit.inference.effects.pairs import Pair, level_pairs, pair_name, pairs_of
from glmkit.inference.emmeans.grid import (
    check_known,
    check_smooth,
    chosen_values,
    enters_as_factor,
    reference_grid,
)
from glmkit.inference.estimate import Estimate
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import interval_quantiles, statistic_name, two_sided
from glmkit.inference.replicates import Replicates, order_statistic
from glmkit.inference.wald import check_level
from glmkit.tables.table import Table
from glmkit.tables.wording import format_text, interval_headings, statistic_headings

__all__ = ["LEVEL", "SLOPES", "Options", "average_predictions", "comparisons", "marginal_effects"]

SLOPES = {"dydx": "dY/dX", "eyex": "eY/eX", "eydx": "eY/dX", "dyex": "dY/eX"}
TITLES = {"odds_ratio": "odds ratio", "nnt": "number needed to treat"}
LEVEL = "level"
"""The column of the response's levels."""
COMPARISONS = ("difference", "ratio", "lift", "odds_ratio", "nnt")


class Options(NamedTuple):
    """What the effects are of, where and how they are shown."""

    by: tuple[str, ...] = ()
    at: Mapping[str, object] | str | None = None
    level: float = 0.95
    newdata: object = None
    replicates: Replicates | None = None


class Line(NamedTuple):
    """One row of a table of effects."""

    term: str
    contrast: str
    group: tuple[object, ...]
    functional: Functional


class Layout(NamedTuple):
    """How the lines are shown."""

    title: str
    comparison: str = "difference"
    levels: tuple[Hashable, ...] = ()
    tested: bool = True


def marginal_effects(
    model: FittedModel, variables: str | Sequence[str] | None, kind: str, options: Options
) -> Table:
    """Return average marginal effects: slopes of covariates, changes from a factor's first level."""
    if kind not in SLOPES:
        raise FitError(f"kind={kind!r} is not known. Choose one of: {', '.join(SLOPES)}.", argument="kind")
    response, lines = response_of(model, "marginal_effects"), list[Line]()
    for point, people in _populations(model, options):
        compared = _Comparing(response, people, point, options.by)
        for name in _chosen_variables(model, variables):
            if enters_as_factor(model.frame, name):
                lines += compared.lines(name, level_pairs(model, name), "difference")
                continue
            check_smooth(model.frame, name, "variables")
            slope = slope_of(people, name)
            for label, rows in groups_of(people, options.by):
                weights = np.where(rows, people.weights, 0.0)
                effect = response.average_slope(slope, weights, kind)
                lines.append(Line(name, SLOPES[kind], (*point, *label), effect))
    title = "Average marginal effects" if options.at != "means" else "Marginal effects at the means"
    return effects_table(model, lines, options, Layout(title, levels=response.levels))


def comparisons(
    model: FittedModel,
    variables: str | Sequence[str] | Mapping[str, object] | None,
    comparison: str,
    options: Options,
) -> Table:
    """Return comparisons of average predictions under two values of a variable, all else as observed."""
    if comparison not in COMPARISONS:
        named = ", ".join(COMPARISONS)
        raise FitError(
            f"comparison={comparison!r} is not known. Choose one of: {named}.", argument="comparison"
        )
    how = variables if isinstance(variables, Mapping) else {}
    names = _chosen_variables(model, list(how) or variables)  # type: ignore[arg-type]
    response, lines = response_of(model, "comparisons"), list[Line]()
    for point, people in _populations(model, options):
        compared = _Comparing(response, people, point, options.by)
        for name in names:
            lines += compared.lines(name, pairs_of(people, name, how.get(name)), comparison)
    title = f"Average comparisons: {TITLES.get(comparison, comparison)}"
    return effects_table(model, lines, options, Layout(title, comparison, response.levels))


def average_predictions(model: FittedModel, scale: str, options: Options) -> Table:
    """Return average predictions, by group and at chosen values of variables."""
    if scale not in ("response", "link"):
        raise FitError(f'type={scale!r} is not known. Choose "response" or "link".', argument="type")
    response, lines = response_of(model, "predictions"), list[Line]()
    average = response.average if scale == "response" else response.average_link
    for point, people in _populations(model, options):
        coded = people.coded()
        for label, rows in groups_of(people, options.by):
            weights = np.where(rows, people.weights, 0.0)
            lines.append(Line("", "", (*point, *label), average(coded, weights)))
    layout = Layout("Average predictions", levels=response.levels, tested=scale == "link")
    return effects_table(model, lines, options, layout)


def _populations(model: FittedModel, options: Options) -> list[tuple[tuple[object, ...], Population]]:
    """Return the rows to average over, once for each combination of the values in `at`."""
    if options.at == "means":
        if options.by or options.newdata is not None:
            raise FitError('at="means" is one point: leave out by= and newdata=.', argument="at")
        return [((), _typical(model))]
    people = population(model, options.newdata, options.by)
    if isinstance(options.at, str):
        raise FitError(f'at={options.at!r} is not known. Give "means" or a dict of values.', argument="at")
    given = chosen_values(model.frame, options.at or {})
    points = list(product(*given.values()))
    return [(point, people.with_values(dict(zip(given, point, strict=True)))) for point in points]


def _typical(model: FittedModel) -> Population:
    """Return one row: covariates at their mean, factors at their most frequent level, the first of several."""
    grid = reference_grid(model)
    people = population(model, None, ())
    row: dict[str, object] = {}
    for name in grid.cells.columns:
        levels = list(dict.fromkeys(grid.cells[name]))
        own = [np.array([value == level for value in people.columns[name]]) for level in levels]
        counts = [float(people.weights @ matching) for matching in own] if name in grid.factors else [1.0]
        row[name] = levels[int(np.argmax(counts))]
    share = people.weights / np.sum(people.weights)
    offsets = {name: np.array([_typical_offset(name, v, share)]) for name, v in people.offsets.items()}
    return Population(model, {name: [value] for name, value in row.items()}, offsets, np.ones(1))


def _typical_offset(argument: str, values: Array, share: Array) -> float:
    """Return the mean on the link scale."""
    return float(share @ values) if argument == "offset" else float(np.exp(share @ np.log(values)))


def _chosen_variables(model: FittedModel, variables: str | Sequence[str] | None) -> list[str]:
    known = list(model.frame.coding.variables)
    if variables is None:
        in_terms = {name for term in model.frame.terms for name in term.variables}
        return [name for name in known if name in in_terms]
    chosen = [variables] if isinstance(variables, str) else list(variables)
    for name in chosen:
        check_known(name, known, "variables")
    return chosen


class _Comparing(NamedTuple):
    """The rows in which values of a variable are compared."""

    response: Response
    people: Population
    point: tuple[object, ...]
    by: Sequence[str]

    def lines(self, name: str, pairs: Sequence[Pair], comparison: str) -> list[Line]:
        """Return a line for each pair of values and each group."""
        lines, people = [], self.people
        kind = "difference" if comparison == "nnt" else comparison
        for low, high in pairs:
            codes = [people.with_values({name: value}).coded() for value in (low, high)]
            label_of_pair = pair_name(people, name, (low, high), comparison)
            for label, rows in groups_of(people, self.by):
                weights = np.where(rows, people.weights, 0.0)
                first, second = (self.response.average(coded, weights) for coded in codes)
                both = combined(first, second, kind)
                lines.append(Line(name, label_of_pair, (*self.point, *label), both))
        return lines


def effects_table(model: FittedModel, lines: Sequence[Line], options: Options, layout: Layout) -> Table:
    """Return the table of lines: standard errors by the delta method, or from replicates."""
    if not lines:
        raise FitError(
            "The model has no variables, and so no effects. Use predict() for its fitted value.",
            argument="variables",
        )
    estimate, replicates, comparison = model.estimate, options.replicates, layout.comparison
    level = check_level(options.level)
    measured = _measured(estimate, lines, level) if replicates is None else _drawn(estimate, lines, options)
    shown = _shown(*measured[:4], comparison)
    columns = _labels(lines, options, layout) | {"estimate": shown[0], "std_error": shown[1]}
    if layout.tested:
        with np.errstate(divide="ignore", invalid="ignore"):  # an effect of exactly 0 has no error
            statistic = measured.value / measured.error
        columns |= {"statistic": statistic, "p_value": two_sided(statistic, measured.df)}
    columns |= {"conf_low": shown[2], "conf_high": shown[3]}
    headings = statistic_headings(statistic_name(float(np.min(measured.df)))) | interval_headings(level)
    notes = _notes(estimate, measured, layout, replicates)
    return Table(pd.DataFrame(columns), layout.title, headings=headings, notes=notes, show_index=False)


def _labels(lines: Sequence[Line], options: Options, layout: Layout) -> dict[str, object]:
    """Return the columns before the numbers: term and contrast, groups, the level of the response."""
    names = [*(options.at if isinstance(options.at, Mapping) else ()), *options.by]
    each = [line for line in lines for _ in layout.levels or (None,)]
    columns: dict[str, object] = {}
    if lines[0].term:
        columns = {"term": [line.term for line in each], "contrast": [line.contrast for line in each]}
    columns |= {name: [_plain(line.group[k]) for line in each] for k, name in enumerate(names)}
    if LEVEL in names and layout.levels:
        raise FitError(
            f"The table has a column {LEVEL!r} for the levels of the response. Rename the variable {LEVEL!r}.",
            argument="by",
        )
    if layout.levels:
        columns[LEVEL] = [_plain(level) for level in layout.levels] * len(lines)
    return columns


class Measured(NamedTuple):
    """Values with their errors and intervals, before they are shown; ratios as logs."""

    value: Array
    error: Array
    low: Array
    high: Array
    df: Array
    estimable: BoolArray  # whether the data decide it, be it finite or not


def _measured(estimate: Estimate, lines: Sequence[Line], level: float) -> Measured:
    """Return values with errors by the delta method, J V J' (25.5)."""
    quantities = [line.functional(estimate) for line in lines]
    gradients = np.vstack([quantity.gradient for quantity in quantities])
    finite = np.all(np.isfinite(gradients), axis=1)
    rows = np.where(finite[:, None], gradients, 0.0)
    estimable = estimate.estimable(rows)
    value = np.where(estimable, np.concatenate([quantity.value for quantity in quantities]), np.nan)
    error = np.where(estimable & finite, estimate.std_errors(rows), np.nan)
    df = estimate.df_of(rows)
    half = interval_quantiles(level, df) * error
    return Measured(value, error, value - half, value + half, df, estimable)


def _drawn(estimate: Estimate, lines: Sequence[Line], options: Options) -> Measured:
    """Return values with standard deviations and percentiles over replicates of the coefficients."""
    drawn = options.replicates
    assert drawn is not None
    if not np.array_equal(drawn.estimate.gamma, estimate.gamma):
        raise FitError(
            "The replicates are of another fit. Draw them from this one: fit.bootstrap().",
            argument="replicates",
        )
    own = _measured(estimate, lines, options.level)
    gamma = drawn.gamma[np.all(np.isfinite(drawn.gamma), axis=1)]
    values = np.array([_values(replace(estimate, gamma=row), lines) for row in gamma])
    values = np.where(np.isnan(own.value), np.nan, np.sort(values, axis=0))
    tails = 0.5 + np.array([-0.5, 0.5]) * options.level
    low, high = (np.array([order_statistic(column, tail) for column in values.T]) for tail in tails)
    error, df = np.std(values, axis=0, ddof=1), np.full(len(own.value), np.inf)
    return Measured(own.value, error, low, high, df, own.estimable)


def _values(estimate: Estimate, lines: Sequence[Line]) -> Array:
    return np.concatenate([line.functional(estimate).value for line in lines])


def _notes(
    estimate: Estimate, measured: Measured, layout: Layout, replicates: Replicates | None
) -> list[str]:
    notes, comparison = [], layout.comparison
    if replicates is not None:
        notes.append(f"Standard errors and percentile intervals: {replicates.label}.")
        left_out = int(np.sum(~np.all(np.isfinite(replicates.gamma), axis=1)))
        if left_out:
            notes.append(
                format_text("{count} replicates without finite estimates are left out.", count=left_out)
            )
    elif not estimate.is_model_based:
        notes.append(f"Standard errors: {estimate.label}.")
    if comparison in ("ratio", "lift", "odds_ratio"):
        notes.append("Tests and intervals are made on the log scale.")
    if comparison == "nnt" and np.any(measured.low * measured.high <= 0):
        notes.append("NA: the difference may have either sign, and the number no interval.")
    if not np.all(measured.estimable):
        notes.append("NA: not estimable, because the data hold no such cell.")
    if np.any(np.isnan(measured.error) & measured.estimable):
        cure = "" if layout.levels else ' Fit with method="firth" for finite ones.'
        notes.append(f"NA: estimates are infinite.{cure}")
    return notes


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
    shift = 1.0 if comparison == "lift" else 0.0
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # a huge difference: its ratio is inf
        ratio = np.exp(value)
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
