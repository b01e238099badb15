"""Which coefficients of several components are independent, and their coordinates.

Each component's columns are judged on their own, left to right as R judges them. Where
the constant is held by other components (thresholds of an ordinal response), it stands
first, and a column that repeats it is aliased.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from glmkit._typing import Array, IntArray
from glmkit.design.centring import StackedCentring
from glmkit.design.dense import DenseDesign
from glmkit.design.matrix import Design
from glmkit.fitting.components import Component, ComponentProblem, places
from glmkit.fitting.independence import ExtremeColumnsError, Independence, independence_under

__all__ = ["Stack", "stack_of"]


@dataclass(frozen=True, eq=False)
class Stack:
    """The independent columns of all components, ready to be fitted.

    Parameters
    ----------
    kept, dropped : integer arrays
        Positions among the coefficients of all components.
    combinations : (rank, dropped) array
        What each dropped coefficient does, in terms of the kept ones.
    centring : StackedCentring
        Of the kept coefficients.
    components : tuple of Component
        Their kept columns, moved by the centring.
    """

    kept: IntArray
    dropped: IntArray
    combinations: Array
    centring: StackedCentring
    components: tuple[Component, ...]


def stack_of(problem: ComponentProblem) -> Stack:
    """Return the independent columns of all components."""
    weights, p = problem.weights, problem.width
    where = places(problem.components)
    judged: dict[tuple[int, bool], Independence] = {}
    keep, combined = np.zeros(p, dtype=bool), np.zeros((p, p))
    constants, shifts = np.zeros((len(where), p)), np.zeros((len(where), p))
    fitted = []
    for c, (component, place) in enumerate(zip(problem.components, where, strict=True)):
        key = (id(component.design), component.absorbed)
        if key not in judged:
            judged[key] = _judged(component, place, weights)
        one = judged[key]
        extra = int(component.absorbed)
        kept, dropped = one.kept[extra:] - extra + place.start, one.dropped - extra + place.start
        keep[kept] = True
        combined[np.ix_(kept, dropped)] = one.combinations[extra:]
        if component.constant is not None:
            if component.absorbed:
                combined[:, dropped] += np.outer(component.constant, one.combinations[0])
            constants[c] = component.constant
            shifts[c, kept] = one.centring.shift[extra:]
        design = one.design.take(np.arange(extra, one.design.shape[1])) if extra else one.design
        fitted.append(replace(component, design=design, constant=None))
    kept, dropped = np.flatnonzero(keep), np.flatnonzero(~keep)
    centring = StackedCentring(constants[:, kept], shifts[:, kept])
    return Stack(kept, dropped, combined[np.ix_(kept, dropped)], centring, tuple(fitted))


def _judged(component: Component, place: slice, weights: Array) -> Independence:
    design: Design = component.design
    constant = None if component.constant is None else component.constant[place]
    if component.absorbed:
        ones = np.ones((len(weights), 1))
        design = DenseDesign(np.asfortranarray(np.hstack([ones, design.dense()])))
        constant = np.eye(design.shape[1])[0]
    try:
        return independence_under(design, weights, constant, weights)
    except ExtremeColumnsError as error:  # told by its place among the coefficients of all components
        columns = [place.start + column - int(component.absorbed) for column in error.columns]
        raise ExtremeColumnsError(str(error), columns=columns, largest=error.largest) from None
