"""Hypotheses about the coefficients of several components, named ``B:x``: component and name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.inference.component_anova import terms_of_components
from glmkit.inference.components import ComponentModel, component_slots, parts_of
from glmkit.inference.hypotheses import Vocabulary, report_of
from glmkit.tables.table import Report

__all__ = ["component_hypotheses"]


def component_hypotheses(
    model: ComponentModel, given: object, value: Array | Sequence[float] | float, adjust: str | None
) -> Report:
    """Return Wald tests of hypotheses, one by one and all together.

    A term is named by its label, in all components at once, or as ``B:term`` in one.
    """
    slots = component_slots(model.frame, model.family)
    names = pd.Index([":".join(pair) for slot in slots for pair in slot.labels()], dtype=object)
    others = [":".join(pair) for slot in slots for pair in slot.labels("r")]
    terms = _terms_by_component(model) | {t.label: t.columns for t in terms_of_components(model)}
    known = Vocabulary(replace(model.estimate, names=names), others, terms)
    if isinstance(given, pd.DataFrame) and given.columns.nlevels == 2:
        given = given.set_axis([":".join(map(str, pair)) for pair in given.columns], axis=1)
    return report_of(known, given, value, adjust)


def _terms_by_component(model: ComponentModel) -> dict[str, IntArray]:
    slots, parts = component_slots(model.frame, model.family), parts_of(model.frame)
    ends = np.cumsum([0, *(len(slot.names) for slot in slots)])
    return {
        f"{slot.spec.name}:{term.label}": first + np.flatnonzero(np.isin(slot.columns, term.columns))
        for slot, first in zip(slots, ends[:-1], strict=True)
        if slot.columns is not None
        for term in parts[slot.part].terms
    }
