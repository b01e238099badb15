"""What a formula may call: the closed table of functions, contrasts and constants."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glmkit.frame.functions import PLAIN
from glmkit.frame.groups import GROUPING
from glmkit.frame.operands import Operand, Stateful
from glmkit.frame.splines import SPLINES
from glmkit.frame.syntax import Call, Name, Node
from glmkit.frame.transforms import TRANSFORMS

__all__ = ["CONSTANTS", "CONTRASTS", "FUNCTIONS", "GROUPING_NAMES", "STATEFUL", "contrast_position"]

CONSTANTS: dict[str, float | bool] = {"pi": float(np.pi), "np.pi": float(np.pi), "T": True, "F": False}

# Every spelling of a contrast inside C(): R's functions, patsy's and formulaic's.
CONTRASTS: dict[str, str] = {
    spelling: scheme
    for scheme, spellings in {
        "treatment": ("Treatment", "treatment", "contr.treatment"),
        "sum": ("Sum", "sum", "contr.sum"),
        "helmert": ("Helmert", "helmert", "contr.helmert"),
        "poly": ("Poly", "poly", "contr.poly"),
        "diff": ("Diff", "diff"),
        "sas": ("SAS", "sas", "contr.sas", "contr.SAS"),
    }.items()
    for spelling in spellings
}

GROUPING_NAMES = frozenset(GROUPING)
STATEFUL: dict[str, Stateful] = {**TRANSFORMS, **GROUPING, **SPLINES}
FUNCTIONS: dict[str, Callable[..., Operand] | Stateful] = {**PLAIN, **STATEFUL}


def contrast_position(call: Call) -> int | None:
    """Return the place of the argument of ``C()`` that names a contrast, if it is written there.

    Only there do ``sum`` and ``Treatment("b")`` mean contrasts rather than columns or functions.
    """
    if call.function != "C":
        return None
    positional = 0
    for place, (name, value) in enumerate(call.arguments):
        positional += name is None
        if (name in ("contr", "contrast") or (name is None and positional == 2)) and _is_contrast(value):
            return place
    return None


def _is_contrast(node: Node) -> bool:
    spelled = node.name if isinstance(node, Name) else node.function if isinstance(node, Call) else ""
    return spelled in CONTRASTS
