"""From a frame to the arrays of a fit with several linear predictors, and to further fits.

The coefficients of all components stand in one vector, named by component and column, so
that everything linear in them is asked of `Estimate` as ever.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.design.dense import DenseDesign
from glmkit.design.matrix import Design
from glmkit.errors import DataError, FormulaError
from glmkit.families.vector import ComponentSpec, VectorFamily
from glmkit.fitting.component_existence import settle_components
from glmkit.fitting.component_fit import ComponentFit, fit_components
from glmkit.fitting.components import Component, ComponentProblem
from glmkit.fitting.null import NullModel
from glmkit.fitting.scoring import Control
from glmkit.frame.level_offsets import LevelOffset
from glmkit.frame.modelframe import ModelFrame
from glmkit.frame.names import CoefName, plain_name
from glmkit.inference.estimate import Estimate
from glmkit.inference.refit import beyond, constant_of, in_doubles
from glmkit.numerics.algebra import least_squares

# What a smaller model's columns may leave of themselves outside the larger's span: rounding.
NESTED = 1e-8
# The null model of a further fit is asked for by nobody.
NO_NULL = (NullModel(float("nan"), float("nan")), 0)

__all__ = [
    "ComponentModel",
    "Slot",
    "are_nested",
    "component_problem",
    "component_slots",
    "edge_note",
    "fit_component_problem",
    "predictor_offsets",
    "predictor_rows",
    "refit_components",
    "slot_index",
]


class ComponentModel(Protocol):
    """A fitted model with several linear predictors."""

    @property
    def frame(self) -> ModelFrame:
        """Rows, response, terms and coding."""
        ...

    @property
    def fit(self) -> ComponentFit:
        """The arrays of the fit."""
        ...

    @property
    def estimate(self) -> Estimate:
        """Coefficients with the covariance in use."""
        ...

    @property
    def family(self) -> VectorFamily:
        """The family."""
        ...

    @property
    def control(self) -> Control:
        """How the iterations were run."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was said about this fit."""
        ...


@dataclass(frozen=True, eq=False)
class Slot:
    """What a component is filled with: its columns of a frame's design, and their names.

    Parameters
    ----------
    spec : ComponentSpec
    part : int
        0 for the right-hand side, 1 for the part after ``|``.
    columns : integer array or None
        Of that part's design; None for one column of ones.
    names : tuple of CoefName or str
    """

    spec: ComponentSpec
    part: int
    columns: IntArray | None
    names: tuple[CoefName | str, ...]

    def design(self, designs: Sequence[Design], n: int) -> Design:
        """Return the component's design over n rows, from those of the parts."""
        if self.columns is None:
            return DenseDesign(np.ones((n, 1), order="F"))
        return designs[self.part].take(self.columns)

    def labels(self, naming: str | None = None) -> list[tuple[str, str]]:
        """Return the two-level names of the coefficients: glmkit's, or "r" or "label"."""
        attribute = naming or "name"
        return [
            (self.spec.name, name if isinstance(name, str) else str(getattr(name, attribute)))
            for name in self.names
        ]


def levels_of(frame: ModelFrame) -> tuple[Hashable, ...]:
    """Return the levels of the response; none of a numeric one."""
    return frame.response.levels or ()


def parts_of(frame: ModelFrame) -> tuple[ModelFrame, ...]:
    """Return the frame, and that of the part after ``|`` where the family models one."""
    return (frame,) if frame.second is None else (frame, frame.second)


def component_slots(frame: ModelFrame, family: VectorFamily) -> tuple[Slot, ...]:
    """Return what each component of the family is filled with.

    Raises
    ------
    FormulaError
        The formula leaves out the intercept where other components hold it.
    """
    return tuple(_slot(spec, frame) for spec in family.components(levels_of(frame)))


def _slot(spec: ComponentSpec, frame: ModelFrame) -> Slot:
    if spec.columns == "constant":
        return Slot(spec, 0, None, (spec.label,))
    part = int(spec.columns == "second" and frame.second is not None)
    names = parts_of(frame)[part].names
    columns = np.arange(len(names))
    if spec.columns == "slopes":
        if not frame.intercept and not frame.ready:
            raise FormulaError(
                f"The formula {frame.formula.text!r} leaves out the intercept, but the thresholds are intercepts. "
                "Leave out the 0 (or -1).",
                formula=frame.formula.text,
            )
        columns = columns[0 if frame.ready else 1 :]
    return Slot(spec, part, columns, tuple(names[j] for j in columns))


def slot_index(slots: tuple[Slot, ...], family: VectorFamily, naming: str | None = None) -> pd.MultiIndex:
    """Return the two-level names of all coefficients."""
    pairs = [pair for slot in slots for pair in slot.labels(naming)]
    return pd.MultiIndex.from_tuples(pairs, names=[family.component_title, "name"])


def component_problem(frame: ModelFrame, family: VectorFamily) -> ComponentProblem:
    """Return the arrays of a frame, as the fitting room takes them."""
    levels, n = levels_of(frame), frame.n
    slots = component_slots(frame, family)
    response = frame.response
    arranged = family.arranged(response.y, response.indicator, frame.weights, response.trials)
    return ComponentProblem(
        components=_filled(slots, frame),
        y=arranged.y,
        prior=arranged.prior,
        offset=predictor_offsets(family, levels, parts_of(frame), n),
        degrees=family.degrees(levels),
        frequency=frame.freq_weights,
        trials=arranged.trials,
    )


def _filled(slots: tuple[Slot, ...], frame: ModelFrame) -> tuple[Component, ...]:
    """Return the components, each knowing which coefficients make up for a shift of its columns."""
    designs = [part.design for part in parts_of(frame)]
    made: dict[tuple[int, bytes], Design] = {}
    ends = np.cumsum([0, *(len(slot.names) for slot in slots)])
    absorbing = np.zeros(ends[-1])
    for slot, first in zip(slots, ends[:-1], strict=True):
        if slot.columns is None:
            absorbing[first] = 1.0
    components = []
    for slot, first in zip(slots, ends[:-1], strict=True):
        key = (slot.part, b"1" if slot.columns is None else slot.columns.tobytes())
        design = made.setdefault(key, slot.design(designs, frame.n))
        slopes = slot.spec.columns == "slopes"
        if slopes:  # its pattern is minus the sum of the thresholds' patterns
            constant: Array | None = -absorbing
        else:
            constant = _own_constant(slot, frame, (int(first), int(ends[-1])))
        components.append(Component(design, slot.spec.pattern, constant, slopes))
    return tuple(components)


def _own_constant(slot: Slot, frame: ModelFrame, place: tuple[int, int]) -> Array | None:
    constant = np.ones(1) if slot.columns is None else constant_of(parts_of(frame)[slot.part])
    if constant is None:
        return None
    whole = np.zeros(place[1])
    whole[place[0] : place[0] + len(constant)] = constant
    return whole


def predictor_rows(frame: ModelFrame, family: VectorFamily, designs: Sequence[Design], n: int) -> Array:
    """Return the linear functions of all coefficients that the predictors of n rows are, (n, K, p).

    `designs` are those of the parts, over these rows.
    """
    blocks = []
    for slot in component_slots(frame, family):
        values = slot.design(designs, n).dense()
        blocks.append(values[:, None, :] * slot.spec.pattern[None, :, None])
    return np.concatenate(blocks, axis=2)


class HasOffsets(Protocol):
    """Rows with offsets: a frame of a fit, or of new data."""

    @property
    def offset(self) -> Array | None:
        """The sum of those of one column, (n,)."""
        ...

    @property
    def level_offsets(self) -> tuple[LevelOffset, ...]:
        """Those of several columns."""
        ...


def predictor_offsets(
    family: VectorFamily, levels: Sequence[Hashable], parts: Sequence[HasOffsets], n: int
) -> Array:
    """Return the offset of every predictor, (n, K), from those of the parts.

    Raises
    ------
    DataError
        An offset of one column, where it does not say which level it belongs to.
    FamilyError
        One of several columns that are not those of the levels.
    """
    total = np.zeros((n, family.predictors(levels)))
    for place, part in enumerate(parts):
        for wide in part.level_offsets:
            total += family.offset_by_level(levels, wide.values, wide.levels)
        if part.offset is None or not np.any(part.offset):  # nan counts
            continue
        pattern = family.offset_pattern(levels, place)
        if pattern is None:
            raise _levelless(family, levels)
        total += np.outer(part.offset, pattern)
    return total


def _levelless(family: VectorFamily, levels: Sequence[Hashable]) -> DataError:
    names = [spec.name for spec in family.components(levels)]
    example = ", ".join(f'"{name}": "offset_{k + 1}"' for k, name in enumerate(names))
    return DataError(
        f"A response of {len(levels)} levels takes no offset of one column: added to every level it cancels, "
        f"and it does not say which level it belongs to. Give one for each level: offset={{{example}}}, an array of "
        f"{len(names)} columns, or offset(cbind(...)) in the formula.",
        argument="offset",
        levels=tuple(levels),
    )


def fit_component_problem(
    problem: ComponentProblem,
    family: VectorFamily,
    control: Control,
    start: Array | None = None,
    *,
    null: tuple[NullModel, int] | None = None,
) -> ComponentFit:
    """Return the fit of a problem, settled: with its limit where the maximum is at infinity.

    Raises
    ------
    FitError
        No valid starting value; or numbers so far apart that the arithmetic has no answer.
    """
    with in_doubles(family):
        fit = settle_components(fit_components(problem, family, control, start, null=null), control)
    if not (np.all(np.isfinite(fit.gamma)) and fit.deviance < np.inf):
        raise beyond(family)
    return fit


def edge_note(frame: ModelFrame, fit: ComponentFit, estimate: Estimate) -> str | None:
    """Return a sentence where predictors are on their way to infinity, so that there may be no maximum."""
    beyond = (fit.problem.weights > 0) & np.any(np.abs(fit.eta) > fit.family.edge, axis=1)
    rows = np.flatnonzero(beyond)
    if len(rows) == 0:
        return None
    designs = [part.design.select(rows) for part in parts_of(frame)]
    functions = predictor_rows(frame, fit.family, designs, len(rows))
    m, k, p = functions.shape
    errors = estimate.std_errors(functions.reshape(m * k, p)).reshape(m, k)
    return fit.family.boundary_note(fit.eta[rows], errors)


def refit_components(
    model: ComponentModel,
    columns: IntArray | None = None,
    *,
    added: Array | None = None,
    start: Array | None = None,
) -> ComponentFit:
    """Return the model fitted again, to the same rows, without its null model.

    Parameters
    ----------
    model : ComponentModel
    columns : integer array, optional
        Coefficients to keep, of all components; all by default.
    added : (n, K) array, optional
        Added to the predictors.
    start : array over the kept coefficients, optional
    """
    problem = model.fit.problem if columns is None else model.fit.problem.take(columns)
    if added is not None:
        problem = replace(problem, offset=problem.offset + added)
    return fit_component_problem(problem, model.family, model.control, start, null=NO_NULL)


def response_name(frame: ModelFrame) -> str:
    """Return the response as messages name it."""
    return plain_name(frame.response.label)


def are_nested(small: object, big: object) -> bool:
    """Return whether each component of one fit is spanned by that of another of the same family."""
    one, two = cast(ComponentFit, small), cast(ComponentFit, big)
    if not np.array_equal(one.problem.offset, two.problem.offset):  # nor of the same number of predictors
        return False
    parts = zip(one.problem.components, two.problem.components, strict=True)
    return all(_spans(first, second) for first, second in parts)


def _spans(small: Component, big: Component) -> bool:
    ones = np.ones((big.design.shape[0], int(big.absorbed)))
    wide = np.hstack([ones, big.design.dense()])
    wanted = small.design.dense()
    left = wanted - wide @ least_squares("Whether one model holds the other", wide, wanted)
    return bool(np.linalg.norm(left) <= NESTED * np.linalg.norm(wanted))
