"""The profile as a curve: the deviance with a coefficient held at a row of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import FitError
from glmkit.inference.estimate import Estimate
from glmkit.inference.held import Held, HeldFunction, held_function
from glmkit.inference.likelihood import ratio_deviance
from glmkit.inference.profiling import (
    Reference,
    check_profiles,
    interval_of,
    root_at,
    standard_error,
    unit_change,
)
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import interval_quantile
from glmkit.inference.wald import check_level
from glmkit.tables.numbers import format_value
from glmkit.tables.table import Table
from glmkit.tables.wording import format_text, interval_headings

__all__ = ["Functions", "Profile", "profile_of", "rows_of"]

Functions: TypeAlias = str | Sequence[str] | Mapping[str, float] | pd.Series | None


@dataclass(frozen=True, eq=False, repr=False)
class Profile:
    """The profile of the deviance, one block of rows for each function profiled.

    Made by ``fit.profile(...)``; prints as a table.

    Parameters
    ----------
    frame : DataFrame
        Columns ``parameter value deviance signed_root``, values rising within a parameter.
    coef : DataFrame
        All coefficients, row by row as `frame`; nan where aliased, or where some are infinite.
    interval : DataFrame
        By parameter: ``conf_low conf_high`` at `level`.
    level : float
        Of the intervals, to whose ends the curves go.
    reference : Reference
        Dispersion and degrees of freedom that the signed roots go with.

    Examples
    --------
    >>> import glmkit as gk
    >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
    >>> profile = fit.profile("wool[T.B]", points=2, level=0.95)
    >>> profile.frame["signed_root"].round(2).tolist()
    [-1.96, -0.98, 0.0, 0.98, 1.96]
    """

    frame: pd.DataFrame
    coef: pd.DataFrame
    interval: pd.DataFrame
    level: float
    reference: Reference

    def table(self) -> Table:
        """Return values, deviances and signed roots as a table that prints.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> profile = fit.profile("wool[T.B]", points=2, level=0.95)
        >>> profile.table()
        Profile of the deviance
        Parameter    Value  Deviance  Signed root
        wool[T.B]  -0.3073    285.17       -1.960
        wool[T.B]  -0.2566    282.30       -0.981
        wool[T.B]  -0.2060    281.33        0.000
        wool[T.B]  -0.1555    282.29        0.979
        wool[T.B]  -0.1051    285.17        1.960
        Signed root of the rise of the deviance, referred to the normal distribution.
        """
        if np.isinf(self.reference.df):
            note = "Signed root of the rise of the deviance, referred to the normal distribution."
        else:
            note = format_text(
                "Signed root of the rise of the deviance over the dispersion {dispersion}, referred to t with {df} df.",
                dispersion=self.reference.dispersion,
                df=self.reference.df,
            )
        return Table(self.frame, "Profile of the deviance", notes=[note], show_index=False)

    def interval_table(self) -> Table:
        """Return the intervals at `level` as a table that prints.

        Examples
        --------
        >>> import glmkit as gk
        >>> fit = gk.glm("breaks ~ wool", gk.load_dataset("warpbreaks"), "poisson")
        >>> profile = fit.profile("wool[T.B]", points=2, level=0.95)
        >>> profile.interval_table()
        Profile intervals
                    2.5 %  97.5 %
        wool[T.B]  -0.307  -0.105
        """
        return Table(self.interval, "Profile intervals", headings=interval_headings(self.level))

    def __repr__(self) -> str:
        """Return the table as text."""
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def profile_of(model: FittedModel, functions: Functions, level: float, points: int) -> Profile:
    """Return the profile of coefficients, or of one linear combination of them.

    Parameters
    ----------
    model : FittedModel
    functions : str, list of str, dict or Series, optional
        Coefficients by name, all by default; a dict of weights is one linear combination.
    level : float
        The curve goes to the ends of the interval of this level.
    points : int
        Values on each side of the estimate.

    Raises
    ------
    FitError
        As `check_profiles`; unknown, aliased or estimable-in-no-way functions; no residual
        degrees of freedom.
    """
    check_profiles(model, "profile")
    reference = Reference(model.fit.dispersion, model.estimate.df)
    if not np.isfinite(interval_quantile(check_level(level), reference.df) * reference.dispersion):
        raise FitError(
            "There are no residual degrees of freedom, so that the profile has no scale. Use more rows."
        )
    if isinstance(points, bool) or int(points) != points or points < 1:
        raise FitError(
            f"points={points!r} is not a number of points. Give a whole number.", argument="points"
        )
    rows = rows_of(model.estimate, functions)
    curves = {label: _Curve(model, row, level, reference).at(points) for label, row in rows.items()}
    frames = [frame.assign(parameter=label) for label, (frame, _, _) in curves.items()]
    columns = ["parameter", "value", "deviance", "signed_root"]
    return Profile(
        pd.concat(frames, ignore_index=True)[columns],
        pd.concat([coef for _, coef, _ in curves.values()], ignore_index=True),
        pd.DataFrame.from_dict(
            {label: ends for label, (_, _, ends) in curves.items()},
            orient="index",
            columns=["conf_low", "conf_high"],
        ),
        level,
        reference,
    )


def rows_of(estimate: Estimate, functions: Functions) -> dict[str, Array]:
    """Return linear functions over all coefficients, (p,) each, by label."""
    names = list(estimate.names)
    if functions is None:
        return {names[j]: _row(estimate, {names[j]: 1.0}) for j in estimate.kept}
    if isinstance(functions, str):
        functions = [functions]
    if isinstance(functions, Mapping | pd.Series):
        weights = {str(name): float(weight) for name, weight in functions.items()}
        return {_label(weights): _row(estimate, weights)}
    return {name: _row(estimate, {name: 1.0}) for name in functions}


def _row(estimate: Estimate, weights: Mapping[str, float]) -> Array:
    names = list(estimate.names)
    unknown = [name for name in weights if name not in names]
    if unknown:
        raise FitError(f"There are no coefficients {unknown}. They are: {names}.", names=unknown)
    row = np.zeros(len(names))
    for name, weight in weights.items():
        row[names.index(name)] = weight
    if not np.any(row[estimate.kept]) or not estimate.estimable(row[None])[0] or not np.all(np.isfinite(row)):
        raise FitError(
            f"{_label(weights)} cannot be estimated: it is aliased, or no function of the coefficients. "
            "Leave aliased coefficients out, and give finite weights that are not all 0.",
            names=list(weights),
        )
    return row


def _label(weights: Mapping[str, float]) -> str:
    parts = []
    for name, weight in weights.items():
        size = "" if abs(weight) == 1.0 else f"{format_value(abs(weight))}*"
        parts.append(f"{'-' if weight < 0 else '+'} {size}{name}")
    text = " ".join(parts).removeprefix("+ ")
    return f"-{text[2:]}" if text.startswith("- ") else text


@dataclass(frozen=True, eq=False)
class _Curve:
    """The curve of one function."""

    model: FittedModel
    row: Array
    level: float
    reference: Reference

    def at(self, points: int) -> tuple[pd.DataFrame, pd.DataFrame, tuple[float, float]]:
        """Return the curve, the coefficients along it, and the ends of the interval."""
        estimate = float(self.model.estimate.linear(self.row[None])[0])
        ends = interval_of(self.model, self.row, "profile", self.level, self.reference)
        held = held_function(self.model, self.row)
        fits: list[Held] = []
        for values in self._branches(held, estimate, ends, points):
            fits += self._walk(held, values)
        fits.sort(key=lambda fit: fit.value)
        deviance = ratio_deviance(self.model.fit)
        roots = [root_at(fit, estimate, "profile", deviance, self.reference) for fit in fits]
        frame = pd.DataFrame(
            {
                "value": [fit.value for fit in fits],
                "deviance": [fit.deviance for fit in fits],
                "signed_root": np.array(roots, dtype=np.float64),
            }
        )
        coef = pd.DataFrame([self._coef(fit) for fit in fits], columns=self.model.estimate.names)
        return frame, coef, ends

    def _branches(
        self, held: HeldFunction, estimate: float, ends: tuple[float, float], points: int
    ) -> list[Array]:
        """Return the values of each side, going away from the estimate, or towards an infinite one."""
        steps = np.arange(1, points + 1) / points
        if np.isnan(estimate):
            return []
        if np.isinf(estimate):
            first = ends[0] if estimate > 0 else ends[1]
            return [first + np.copysign(unit_change(held), estimate) * np.arange(2 * points + 1)]
        wald = interval_quantile(self.level, self.reference.df) * standard_error(
            self.model, self.row, self.reference
        )
        sides = [(end - estimate, sign) for end, sign in zip(ends, (-1.0, 1.0), strict=True)]
        lengths = [length if np.isfinite(length) else sign * wald for length, sign in sides]
        return [np.array([estimate]), *(estimate + length * steps for length in lengths)]

    def _walk(self, held: HeldFunction, values: Array) -> list[Held]:
        """Return the fits along a row of values, each from the one before."""
        start = None if self.model.fit.recession is not None else np.zeros(held.rest.shape[1])
        fits = []
        for value in values:
            fit = held.at(float(value), start)
            if fit is None:  # beyond the possible values
                break
            fits.append(fit)
            start = fit.delta
        return fits

    def _coef(self, fit: Held) -> Array:
        return replace(self.model.estimate, gamma=fit.gamma, recession=None).coef
