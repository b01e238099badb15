"""Whether the functions of a formula give a row the same value in whatever chunk it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FormulaError
from glmkit.frame.chunks import Chunk
from glmkit.frame.columns import Columns, ReadyColumn
from glmkit.frame.evaluate import evaluate
from glmkit.frame.learning import calls_in
from glmkit.frame.values import Factor, Logical, Matrix, Value, take_rows
from glmkit.frame.vocabulary import FUNCTIONS

__all__ = ["check_rowwise", "refuse_lag"]


def refuse_lag(expressions: Iterable[str], where: str = "which may be in another chunk") -> None:
    """Refuse ``lag()``, saying `where` the row before is, if it is one at all."""
    for text in expressions:
        if any(call.function == "lag" for call in calls_in(text)):
            raise FormulaError(
                f"`{text}` looks at rows before, {where}. Make the lagged values a column of the data.",
                expression=text,
            )


def check_rowwise(
    expressions: Sequence[str],
    chunk: Chunk,
    columns: Columns,
    context: Mapping[str, object],
    state: Mapping[str, object],
) -> None:
    """Refuse functions of the caller's own that look beyond the row, as far as half a chunk shows it."""
    own = [text for text in expressions if any(call.function not in FUNCTIONS for call in calls_in(text))]
    half = np.arange((columns.n_rows + 1) // 2)
    readers = {name: ReadyColumn(take_rows(columns[name], half)) for name in columns}
    part = Columns(len(half), columns.index[half], readers)
    for text in own:
        whole, some = (
            evaluate(text, data, context=context, state=dict(state), learn=False) for data in (columns, part)
        )
        if not _same(take_rows(whole, half), some):
            raise FormulaError(
                f"`{text}` gives other values when it sees half of a chunk: a function of your own has to work row"
                " by row where the data come in chunks. Compute what it learns from all rows beforehand, and pass"
                " that.",
                expression=text,
            )


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, Factor) and isinstance(other, Factor):
        labels = [
            [value.levels[code] if code >= 0 else None for code in value.codes] for value in (one, other)
        ]
        return labels[0] == labels[1]
    if type(one) is not type(other) or isinstance(one, Factor) or isinstance(other, Factor):
        return False
    return bool(np.allclose(_numbers(one), _numbers(other), rtol=1e-9, equal_nan=True))


def _numbers(value: Array | Logical | Matrix) -> Array:
    return value if isinstance(value, np.ndarray) else value.values
