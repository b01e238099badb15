"""What `fit.emmeans`, `fit.emtrends` and `fit.joint_tests` compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array, BoolArray
from glmkit.errors import FitError
from glmkit.frame.values import level_text
from glmkit.inference.emmeans.averaging import Specs, averages, containers, read_specs
from glmkit.inference.emmeans.digest import gridded
from glmkit.inference.emmeans.grid import Grid, Values, reference_grid
from glmkit.inference.emmeans.levels import PROBABILITY, level_grid, level_specs
from glmkit.inference.emmeans.means import MarginalMeans
from glmkit.inference.emmeans.scales import LinkScale, mean_scale
from glmkit.inference.emmeans.trends import slope_grid
from glmkit.inference.probabilities import probabilities_of
from glmkit.inference.protocols import FittedModel
from glmkit.inference.wald import joint_wald
from glmkit.tables.table import Table
from glmkit.tables.wording import join_names

__all__ = ["Options", "joint_tests", "marginal_means", "marginal_slopes"]


class Options(NamedTuple):
    """What `Results.emmeans` was asked for."""

    scale: str = "response"
    weights: str = "equal"
    offset: float | None = None
    exposure: float | None = None
    df: float | None = None


def marginal_means(
    model: FittedModel,
    specs: str | Sequence[str],
    by: str | Sequence[str] | None,
    at: Values | None,
    options: Options,
) -> MarginalMeans:
    """Return the estimated marginal means of a specification."""
    model = gridded(model)
    probabilities = probabilities_of(model, "emmeans")
    grid = reference_grid(model, at, offset=options.offset, exposure=options.exposure)
    if probabilities is None:
        chosen, back = (
            read_specs(specs, by, list(grid.cells.columns)),
            mean_scale(model.family, options.scale),
        )
    else:
        grid = level_grid(probabilities, grid, options.scale)
        chosen, back = level_specs(grid, specs, by), PROBABILITY
    return replace(_over(model, grid, chosen, options), back=back)


def marginal_slopes(
    model: FittedModel,
    specs: str | Sequence[str],
    variable: str,
    by: str | Sequence[str] | None,
    at: Values | None,
    options: Options,
) -> MarginalMeans:
    """Return the slopes of the linear predictor by a covariate, averaged for each combination of `specs`."""
    model = gridded(model)
    grid = slope_grid(model, variable, at)
    chosen = read_specs(specs, by, list(grid.cells.columns))
    title = f"Slopes of {variable}"
    return replace(_over(model, grid, chosen, options), title=title)


def _over(model: FittedModel, grid: Grid, specs: Specs, options: Options) -> MarginalMeans:
    nested = containers(model, grid.factors)
    above = tuple(c for name in (*specs.over, *specs.by) for c in nested.get(name, ()))
    if nested:
        grid = grid.select(_occurring(grid, nested))
    over = (*specs.over, *(name for name in above if name not in specs.by))
    names = tuple(dict.fromkeys((*over, *specs.by)))
    labels, rows, offset, values = averages(grid, names, options.weights)
    if not names:
        labels = pd.DataFrame({"mean": ["overall"]})
    return MarginalMeans(
        estimate=model.estimate,
        labels=labels,
        by=specs.by,
        rows=rows,
        offset=offset,
        values=values,
        back=LinkScale(),
        given_df=None if options.df is None else float(options.df),
        notes=tuple(_remarks(model, grid, names)),
    )


def _occurring(grid: Grid, nested: dict[str, tuple[str, ...]]) -> BoolArray:
    """Return which cells hold a combination of nested and containing levels that the data have."""
    occurs = np.ones(len(grid.cells), dtype=bool)
    for factor, above in nested.items():
        key = grid.cells[[factor, *above]].astype(str).agg("\x1f".join, axis=1)
        totals = pd.Series(grid.counts).groupby(key.to_numpy()).sum()
        occurs &= np.asarray(key.map(totals) > 0)
    return occurs


def _remarks(model: FittedModel, grid: Grid, names: Sequence[str]) -> list[str]:
    """Return the note on averaging over a factor that interacts with one shown."""
    averaged = [name for name in grid.factors if name not in names and len(set(grid.cells[name])) > 1]
    within = set()
    for term in model.frame.terms:
        used = set(term.variables)
        if used & set(names) and len(used) > 1:
            within |= used & set(averaged)
    remarks = [f"Averaged over {join_names(averaged)}."] if averaged else []
    if within:
        listed = join_names([name for name in averaged if name in within])
        remarks.append(f"{listed} interacts with what is shown: an average over it may mislead.")
    return remarks


def joint_tests(model: FittedModel, by: str | Sequence[str] | None, at: Values | None) -> Table:
    """Return a test of each effect: that its interaction contrasts of the marginal means are zero.

    Notes
    -----
    For a set S of factors the contrasts are the products of successive differences over S,
    averaged equally over the other factors; of these the combinations that are estimable. A
    covariate stands at one below and one above its mean. F, or chi-square where the dispersion
    is known.
    """
    grid = reference_grid(model, _around_means(model, by, at))
    within = read_specs("1", by, list(grid.cells.columns)).by
    if containers(model, grid.factors):
        raise FitError(
            "joint_tests does not take nested factors. Test the nested means with emmeans and contrast."
        )
    names = [f for f in grid.cells.columns if f not in within and len(set(grid.cells[f])) > 1]
    if not names:
        raise FitError("The model has no variable to test jointly.")
    groups = pd.Series([""] * len(grid.cells))
    if within:
        groups = grid.cells[list(within)].map(level_text).agg(", ".join, axis=1)
    rows = []
    for group in dict.fromkeys(groups):
        part = grid.select((groups == group).to_numpy())
        rows += [(group, *_joint(model, part, effect)) for effect in _effects(model, names)]
    known = np.isinf(model.estimate.df)
    frame = pd.DataFrame(rows, columns=["group", "term", "df", "df_resid", "statistic", "p_value", "lost"])
    frame = frame[frame["df"] > 0].reset_index(drop=True)
    notes = [] if model.estimate.is_model_based else [f"Tests with covariance: {model.estimate.label}."]
    if frame["lost"].any():
        lost = join_names(dict.fromkeys(frame["term"][frame["lost"]]))
        notes.append(f"Fewer degrees of freedom for {lost}: the data hold no such cell.")
    frame = frame.drop(columns=["lost", *(["df_resid"] if known else []), *([] if within else ["group"])])
    if within:
        frame = frame.rename(columns={"group": ", ".join(within)})
    heading = {"statistic": "Chisq" if known else "F value", "p_value": "Pr(>Chisq)" if known else "Pr(>F)"}
    return Table(frame, "Joint tests of marginal means", headings=heading, notes=notes, show_index=False)


def _around_means(model: FittedModel, by: str | Sequence[str] | None, at: Values | None) -> dict[str, object]:
    """Return `at` with one below and one above its mean for each other covariate: its slope is tested."""
    grid = reference_grid(model, at)
    given = {*(at or {}), *read_specs("1", by, list(grid.cells.columns)).by, *grid.factors}
    around = {
        name: [float(grid.cells[name].iloc[0]) + step for step in (-1.0, 1.0)]
        for name in grid.cells.columns
        if name not in given
    }
    return {**(at or {}), **around}


def _effects(model: FittedModel, factors: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the sets of factors that some term joins."""
    joined = [set(term.variables) for term in model.frame.terms]
    sizes = range(1, len(factors) + 1)
    every = (subset for size in sizes for subset in combinations(factors, size))
    return [subset for subset in every if any(set(subset) <= names for names in joined)]


def _joint(
    model: FittedModel, grid: Grid, effect: Sequence[str]
) -> tuple[str, float, float, float, float, bool]:
    labels, rows, *_ = averages(grid, effect, "equal")
    matrix: Array = np.ones((1, 1))
    for name in effect:  # the first factor varies fastest in the rows
        k = labels[name].nunique()
        matrix = np.asarray(np.kron(np.eye(k)[1:] - np.eye(k)[:-1], matrix))
    contrasts = matrix @ rows
    possible = model.estimate.estimable_part(contrasts)
    test = joint_wald(model.estimate, possible)
    lost = len(possible) < len(contrasts)
    return ":".join(effect), test.df, test.df_resid, test.statistic, test.p_value, lost
