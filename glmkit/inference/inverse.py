"""Inverse prediction: the value of a variable at which the mean is a given one.

With the other variables fixed let L(x) be the row of the design at x and o(x) its offset. The
value sought solves L(x) beta + o(x) = t, t the target on the link scale; log(dose) and the like are
evaluated again at every x, so that the answer is on the scale of the column.

References
----------
Fieller, E. C. (1954). Some problems in interval estimation. JRSS B 16, 175-185.
Finney, D. J. (1971). Probit Analysis, 3rd edition. Cambridge.
Williams, D. A. (1986). Interval estimation of the median lethal dose. Biometrics 42, 641-645.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.errors import DataError, FitError
from glmkit.inference.predict import RowGiven, prediction_rows
from glmkit.inference.profiling import Reference, check_profiles, signed_root
from glmkit.inference.protocols import FittedModel
from glmkit.inference.reference import interval_quantile
from glmkit.inference.wald import check_level
from glmkit.numerics.roots import rising_crossing
from glmkit.tables.numbers import format_value
from glmkit.tables.table import Table
from glmkit.tables.wording import interval_headings

__all__ = ["METHODS", "Target", "inverse_table", "target_of"]

METHODS = ("delta", "fieller", "profile")
# Points at which the linear predictor must rise, or fall, all the way.
GRID = 201
# A change of the linear predictor below this share of its range is rounding.
FLAT = 1e-12
# Half the step of the derivative by x, as a share of the range of x: the cube root of a rounding.
SLOPE_STEP = 6e-6


class Target(NamedTuple):
    """What the mean is to be, as asked for, and on the link scale."""

    column: str
    values: Array
    eta: Array


def target_of(model: FittedModel, p: object, mean: object, eta: object) -> Target:
    """Return the targets; p = 0.5 of a binomial where nothing is given.

    Raises
    ------
    FitError
        Several are given, or none for a family without probabilities; a value that the link
        cannot take.
    """
    given = {name: value for name, value in (("p", p), ("mean", mean), ("eta", eta)) if value is not None}
    is_binomial = model.family.response_kind == "binomial"
    if not given and is_binomial:
        given = {"p": 0.5}
    if len(given) != 1 or ("p" in given and not is_binomial):
        raise FitError(
            "inverse_predict takes one of p= (binomial families), mean= and eta=; given: "
            f"{', '.join(given) or 'none'}, for a {model.family.name} family.",
            argument="p",
            given=tuple(given),
        )
    ((name, value),) = given.items()
    values = np.atleast_1d(np.asarray(value, dtype=np.float64))
    if name == "eta":
        return _checked(Target("linear_predictor", values, values), name)
    with np.errstate(all="ignore"):  # outside the domain: refused just below
        linear = np.asarray(model.family.link(values))
    return _checked(Target("prob" if name == "p" else "fitted", values, linear), name)


def _checked(target: Target, argument: str) -> Target:
    bad = ~np.isfinite(target.eta)
    if target.column == "prob":
        bad |= ~((target.values > 0.0) & (target.values < 1.0))
    if np.any(bad) or len(bad) == 0:
        raise FitError(
            f"{argument}={list(target.values[bad])} cannot be reached by the mean. Give values inside its range.",
            argument=argument,
        )
    return target


def inverse_table(
    model: FittedModel,
    variable: str,
    target: Target,
    at: Mapping[str, object] | None,
    method: str,
    level: float,
) -> Table:
    """Return the value of a variable for each target, with its interval.

    Raises
    ------
    FitError
        The variable is not numeric or not in the model, others lack a value, the linear
        predictor is not monotone in it, or never reaches a target; unknown method.
    """
    if method not in METHODS:
        named = ", ".join(f'"{known}"' for known in METHODS)
        raise FitError(
            f"method={method!r} is not known. Choose one of: {named}.", argument="method", value=method
        )
    if method == "profile":
        check_profiles(model, method)
    path = path_of(model, variable, dict(at or {}))
    check_level(level)
    found = [_Solution.at(path, eta) for eta in target.eta]
    ends = np.array([_ends(path, solution, method, level) for solution in found])
    frame = pd.DataFrame(
        {
            target.column: target.values,
            "estimate": [solution.x for solution in found],
            "std_error": [solution.std_error for solution in found],
            "conf_low": ends[:, 0],
            "conf_high": ends[:, 1],
        }
    )
    others = ", ".join(f"{name} = {value}" for name, value in path.others.items())
    title = f"{variable} at which the {WORDS[target.column]} is reached{f', {others}' if others else ''}"
    return Table(
        frame, title, headings=interval_headings(level), notes=_notes(model, method, ends), show_index=False
    )


WORDS = {"prob": "probability", "fitted": "mean", "linear_predictor": "linear predictor"}
INTERVALS = {
    "delta": "Interval: estimate -+ quantile * standard error (delta method)",
    "fieller": "Interval: Fieller's, the values that a Wald test of the target does not reject",
    "profile": "Interval: the values that the likelihood-ratio test of the target does not reject",
}


def _notes(model: FittedModel, method: str, ends: Array) -> list[str]:
    label = "" if model.estimate.is_model_based else f"; covariance {model.estimate.label}"
    notes = [f"{INTERVALS[method]}{label}."]
    if np.any(np.isinf(ends)):
        notes.append("An infinite end: the slope is not distinct from 0 at this level.")
    return notes


@dataclass(frozen=True, eq=False)
class _Path:
    """The linear predictor as a function of one variable."""

    model: FittedModel
    variable: str
    others: dict[str, object]
    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low

    def rows(self, x: Array) -> tuple[Array, Array]:
        """Return L(x), (m, p), and o(x), (m,); nan where the formula has no value."""
        asked = prediction_rows(self.model, {self.variable: x, **self.others}, RowGiven())
        rows = np.full((len(x), asked.rows.shape[1]), np.nan)
        offset = np.full(len(x), np.nan)
        rows[asked.ok], offset[asked.ok] = asked.rows, asked.offset
        return rows, offset

    def row(self, x: float) -> tuple[Array, float] | None:
        """Return L(x) and o(x) at one value; None where the formula has no value."""
        try:
            rows, offset = self.rows(np.array([x]))
        except DataError:  # the logarithm of 0 is infinite, and no new data may be
            return None
        return None if np.isnan(rows).any() else (rows[0], float(offset[0]))

    def quantile(self, x: float, level: float) -> float:
        """Return the quantile at the degrees of freedom of L(x) beta; nan where there is no L(x)."""
        row = self.row(x)
        if row is None:
            return float("nan")
        return interval_quantile(level, float(self.model.estimate.df_of(row[0][None])[0]))

    def eta(self, x: Array) -> Array:
        """Return the linear predictor, (m,)."""
        rows, offset = self.rows(x)
        return self.model.estimate.linear(rows) + offset

    def direction(self, low: float, high: float) -> float:
        """Return 1 if the linear predictor rises all the way, -1 if it falls.

        Raises
        ------
        FitError
            It does neither, or is not finite.
        """
        eta = self.eta(np.linspace(low, high, GRID))
        is_finite = bool(np.all(np.isfinite(eta)))
        if is_finite:
            change = np.sign(eta[-1] - eta[0]) * np.diff(eta)
            if np.all(change > FLAT * np.ptp(eta)):
                return float(np.sign(eta[-1] - eta[0]))
        what = "does not rise, or fall, all the way" if is_finite else "is not finite"
        raise FitError(
            f"The linear predictor {what} for {self.variable} from {format_value(low)} to {format_value(high)}, hence "
            "no single value belongs to a mean. Read the value off predict() instead.",
            variable=self.variable,
        )


def path_of(model: FittedModel, variable: str, others: dict[str, object]) -> _Path:
    """Return the path along one numeric variable of the model, the others fixed."""
    variables = model.frame.coding.variables
    if variable not in variables or variables[variable].kind != "number":
        numeric = [name for name, seen in variables.items() if seen.kind == "number"]
        raise FitError(
            f"{variable!r} is not a numeric variable of the model. Choose one of: {numeric}.",
            argument="variable",
            value=variable,
        )
    missing = [name for name in variables if name != variable and name not in others]
    if missing:
        raise FitError(
            f"The model also uses {', '.join(missing)}. Say at which values: at={{{missing[0]!r}: ...}}.",
            argument="at",
            missing=missing,
        )
    seen = np.asarray(model.frame.row_values(variable, "variable"), dtype=np.float64)
    path = _Path(model, variable, others, float(np.min(seen)), float(np.max(seen)))
    rows, _ = path.rows(np.array([path.low, path.high]))
    if not np.all(model.estimate.estimable(rows)):
        raise FitError(
            "The linear predictor there rests on aliased columns. Fit without the redundant terms.",
            variable=variable,
        )
    return path


@dataclass(frozen=True, eq=False)
class _Solution:
    """A value of the variable that reaches a target, with its standard error."""

    eta: float
    x: float
    std_error: float

    @classmethod
    def at(cls, path: _Path, eta: float) -> _Solution:
        """Return the solution; standard error se(L beta) / |d eta / d x| (16.7)."""
        x = _solved(path, eta, path.direction(path.low, path.high))
        step = SLOPE_STEP * path.width
        ahead, behind = path.eta(np.array([x + step, x - step]))
        row = path.row(x)
        error = np.nan if row is None else path.model.estimate.std_errors(row[0][None])[0]
        return cls(eta, x, float(error / abs((ahead - behind) / (2.0 * step))))


def _solved(path: _Path, eta: float, sign: float) -> float:
    """Return where the target is reached: inside the range seen if it can be, else beyond."""
    first, last = path.eta(np.array([path.low, path.high]))
    base, at_base, way = (path.low, first, 1.0) if sign * (eta - first) > 0.0 else (path.high, last, -1.0)
    rise = sign * way * (eta - at_base)
    if rise == 0.0:
        return base

    def curve(distance: float) -> tuple[float, float]:
        row = path.row(base + way * distance)
        if row is None:
            return float("nan"), float("nan")
        value = path.model.estimate.linear(row[0][None])[0] + row[1]
        return float(sign * way * (value - at_base)), float("nan")

    start = path.width * min(rise / abs(last - first), 2.0)
    found = rising_crossing(curve, rise, start=start, step=path.width, low=0.0)
    if not np.isfinite(found.at) or found.is_edge:
        raise FitError(
            f"No value of {path.variable} gives a linear predictor of {format_value(eta)}. Choose another target.",
            variable=path.variable,
            eta=eta,
        )
    x = base + way * found.at
    if not path.low <= x <= path.high:
        path.direction(min(path.low, x), max(path.high, x))
    return float(x)


def _ends(path: _Path, solution: _Solution, method: str, level: float) -> tuple[float, float]:
    """Return the ends of the interval; infinite where the test never rejects."""
    quantile = path.quantile(solution.x, level)
    if method == "delta":
        half = quantile * solution.std_error
        return solution.x - half, solution.x + half
    size = _fieller(path, solution.eta, level) if method == "fieller" else _likelihood(path, solution.eta)
    limit = 1.0 if method == "fieller" else quantile

    def end(side: float) -> float:
        scale = side * solution.std_error

        def curve(distance: float) -> tuple[float, float]:
            return size(solution.x + scale * distance), float("nan")

        return solution.x + scale * rising_crossing(curve, limit, start=quantile, low=0.0).at

    return end(-1.0), end(1.0)


def _fieller(path: _Path, eta: float, level: float) -> Callable[[float], float]:
    """Return |L(x) beta + o(x) - t| / (quantile se(L(x) beta)) as a function of x."""

    def size(x: float) -> float:
        row = path.row(x)
        if row is None:
            return float("nan")
        estimate = path.model.estimate
        gap = estimate.linear(row[0][None])[0] + row[1] - eta
        return float(abs(gap) / (path.quantile(x, level) * estimate.std_errors(row[0][None])[0]))

    return size


def _likelihood(path: _Path, eta: float) -> Callable[[float], float]:
    """Return the size of the signed root of "L(x) beta = t - o(x)" as a function of x."""
    model = path.model
    reference = Reference(model.fit.dispersion, model.estimate.df)

    def size(x: float) -> float:
        row = path.row(x)
        if row is None:
            return float("nan")
        return abs(signed_root(model, row[0], eta - row[1], "profile", reference))

    return size
