"""Whether one model lies inside another: what tables of several models stand on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from glmkit.inference.components import are_nested
from glmkit.inference.protocols import FittedModel

__all__ = ["by_rank", "is_nested", "nesting_notes", "same_family"]

# What the larger model leaves of the smaller one's columns, as a share of their size, below
# which the smaller lies inside the larger.
NESTED = 1e-7


def same_family(one: FittedModel, other: FittedModel) -> bool:
    """Return whether two models have one family and one link."""
    return one.family.name == other.family.name and one.family.link_name == other.family.link_name


def by_rank(one: FittedModel, other: FittedModel) -> tuple[FittedModel, FittedModel]:
    """Return the model of fewer coefficients and the other; as they come where both have as many."""
    return (one, other) if one.fit.rank <= other.fit.rank else (other, one)


def is_nested(small: FittedModel, big: FittedModel) -> bool:
    """Return whether the larger model's columns span the smaller's, and what their offsets differ by."""
    if big.family.model_kind != "glm":
        return are_nested(small.fit, big.fit)
    columns = [small.fit.problem.design.dense()]
    moved = small.fit.problem.added - big.fit.problem.added
    if np.any(moved):
        columns.append(moved[:, None])
    wanted = np.column_stack(columns)
    counted = big.fit.problem.weights > 0
    Q, _ = np.linalg.qr(big.fit.independence.design.dense()[counted])
    left = wanted[counted] - Q @ (Q.T @ wanted[counted])
    sizes = np.linalg.norm(wanted[counted], axis=0)
    return bool(np.all(np.linalg.norm(left, axis=0) <= NESTED * np.where(sizes > 0, sizes, 1.0)))


def nesting_notes(models: Sequence[FittedModel]) -> list[str]:
    """Return what chi-square stands on, where it does not stand on nested models of one family."""
    notes = []
    for i, (one, other) in enumerate(pairwise(models), start=1):
        small, big = by_rank(one, other)
        if _is_poisson_edge(one, other) or _is_poisson_edge(other, one):
            notes.append(
                f"Models {i} and {i + 1}: Poisson is the edge of negative binomial, theta infinite. With one "
                "parameter between them half the p-value is right (Self and Liang 1987)."
            )
        elif not (same_family(one, other) and is_nested(small, big)):
            notes.append(f"Whether model {i} is nested in model {i + 1}, or the other way, cannot be told.")
    return notes


def _is_poisson_edge(small: FittedModel, big: FittedModel) -> bool:
    """Return whether one is a Poisson model that the other contains with theta infinite."""
    families = small.family.name == "poisson" and big.family.nuisance_name == "theta"
    if not families or big.fit.nuisance is None or small.family.link_name != big.family.link_name:
        return False
    return is_nested(small, big)
