"""Names and coefficients of contrasts: what is written beside a comparison, and how parts are joined."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from glmkit._typing import Array, IntArray
from glmkit.errors import FitError
from glmkit.frame.values import level_text
from glmkit.inference.adjust import ADJUSTMENTS, adjustment_name
from glmkit.inference.emmeans.coefficients import Contrasts, contrasts_of
from glmkit.tables.wording import format_text

__all__ = [
    "ALL_ADJUSTMENTS",
    "block_rows",
    "check_columns",
    "combined",
    "contrast_labels",
    "hypothesis",
    "interaction_of",
    "joined",
    "level_name",
    "mean_names",
    "usual_adjustment",
]

ALL_ADJUSTMENTS = (*ADJUSTMENTS, "tukey")
SIGNS = set("+-*/")


def usual_adjustment(asked: str | None, usual: str, pairs: bool) -> str:
    """Return the adjustment asked for, or what is usual for the contrasts."""
    chosen = usual if asked is None else adjustment_name(asked, ALL_ADJUSTMENTS)
    if chosen == "tukey" and not pairs:
        raise FitError(
            'adjust="tukey" is for pairs of means. Choose "single-step", which is exact for any contrasts.',
            argument="adjust",
        )
    return chosen


def block_rows(matrices: Sequence[Array], groups: Sequence[IntArray], total: int) -> Array:
    """Return coefficients over all rows from those within each group."""
    blocks = []
    for matrix, positions in zip(matrices, groups, strict=True):
        block = np.zeros((len(matrix), total))
        block[:, positions] = matrix
        blocks.append(block)
    return np.vstack(blocks)


def combined(coefficients: Array, values: Array) -> Array:
    """Return the product; what a zero coefficient multiplies does not count, be it nan or infinite."""
    if np.all(np.isfinite(values)):
        return np.asarray(coefficients @ values)
    finite = np.isfinite(values)
    product = np.asarray(coefficients @ np.where(finite, values, 0.0))
    lost = (coefficients != 0.0).astype(float) @ (~finite).astype(float)
    return np.where(lost > 0, np.nan, product)


def joined(name: tuple[str, ...], separator: str) -> str:
    """Return the name of a contrast; a mean whose own name holds a sign stands in brackets.

    Examples
    --------
    >>> joined(("placebo", "drug+"), " - ")
    'placebo - (drug+)'
    """
    if len(name) == 1:
        return name[0]
    return separator.join(f"({part})" if set(part) & SIGNS else part for part in name)


def level_name(column: str, value: Hashable, values: pd.Series) -> str:
    """Return the text of a level; where all are numbers, with the name of the factor before it."""
    text = level_text(value)
    numeric = all(_is_number(level_text(other)) for other in values)
    return f"{column}{text}" if numeric and column != "contrast" else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def hypothesis(null: float, side: str, delta: float) -> str:
    """Return the hypothesis tested in words; empty for the usual one."""
    if delta > 0:
        names = {"two-sided": "equivalence", ">": "non-inferiority", "<": "non-superiority"}
        return format_text(
            "Test of " + names[side] + " with margin {delta:number} around {null:number}.",
            delta=delta,
            null=null,
        )
    if side == "two-sided" and null == 0.0:
        return ""
    words = {"two-sided": "not equal to", ">": "greater than", "<": "less than"}
    return format_text("Alternative: " + words[side] + " {null:number}.", null=null)


def check_columns(labels: pd.DataFrame, within: Sequence[str]) -> None:
    """Refuse a name in `by` that is not a column of the means."""
    unknown = [name for name in within if name not in labels.columns]
    if unknown:
        raise FitError(
            f"by names {unknown[0]!r}, which is not a column of these means: {', '.join(labels.columns)}.",
            argument="by",
            name=unknown[0],
        )


def mean_names(labels: pd.DataFrame, positions: IntArray, within: Sequence[str]) -> list[str]:
    """Return the text of each mean; a number carries the name of its factor."""
    columns = [column for column in labels.columns if column not in within] or list(labels.columns)
    parts = [
        [level_name(column, value, labels[column]) for value in labels[column].iloc[positions]]
        for column in columns
    ]
    return [" ".join(texts) for texts in zip(*parts, strict=True)]


def contrast_labels(
    labels: pd.DataFrame,
    parts: Sequence[Contrasts],
    groups: Sequence[IntArray],
    within: Sequence[str],
    separator: str,
) -> pd.DataFrame:
    """Return the labels of contrasts: their names, then the columns they are made within."""
    names = [joined(name, separator) for part in parts for name in part.names]
    first = np.concatenate([np.repeat(g[0], len(p.names)) for g, p in zip(groups, parts, strict=True)])
    kept = labels.iloc[first][list(within)].reset_index(drop=True)
    kept.insert(0, "contrast", pd.Series(names, dtype=object))
    return kept


def interaction_of(
    labels: pd.DataFrame, within: Sequence[str], method: str | Sequence[str], separator: str
) -> Contrasts:
    """Return the products of contrasts of each factor, of means crossed with the first factor fastest."""
    names = [column for column in labels.columns if column not in within]
    methods = [method] * len(names) if isinstance(method, str) else list(method)
    levels = {name: list(dict.fromkeys(labels[name])) for name in names}
    if len(methods) != len(names) or len(names) < 2:
        raise FitError(
            f"interaction() takes one method, or one for each of two or more factors; the means have "
            f"{', '.join(names)} and there are {len(methods)} methods.",
            argument="method",
        )
    if int(np.prod([len(own) for own in levels.values()])) != len(labels):
        raise FitError(f"{', '.join(names)} are not crossed: nested means have no interaction contrasts.")
    texts = [""]
    matrix: Array = np.ones((1, 1))
    for name, how in zip(names, methods, strict=True):
        own = contrasts_of(how, [level_name(name, value, labels[name]) for value in levels[name]])
        matrix = np.asarray(np.kron(own.matrix, matrix))
        parts = [joined(part, separator) for part in own.names]
        texts = [f"{before} : {part}" if before else part for part in parts for before in texts]
    return Contrasts([(text,) for text in texts], matrix, "none")
