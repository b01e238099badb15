"""The rows of the data in a file, for those who asked for them: columns, labels, row arguments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from glmkit.errors import FitError, GlmkitError
from glmkit.families.base import Family
from glmkit.frame.align import row_values
from glmkit.frame.arguments import RowArguments
from glmkit.frame.coding import factor_encodings
from glmkit.frame.modelframe import ModelFrame, model_frame
from glmkit.frame.values import Factor, Logical, Matrix, Value
from glmkit.io.coding import seen_columns
from glmkit.io.frame import ROW_ARGUMENTS, argument_columns
from glmkit.io.node import Node, hexed
from glmkit.io.plain import level_of, tagged

__all__ = ["data_document", "frame_with_rows"]


def data_document(frame: ModelFrame) -> dict[str, Any]:
    """Return the columns and row arguments of a fit as JSON.

    Raises
    ------
    FitError
        The model holds no rows, or a row label is of a type that a file has no word for.
    """
    used = dict.fromkeys((*seen_columns(frame.coding, frame.source), *argument_columns(frame)))
    index = frame.rows.index
    counted = isinstance(index, pd.RangeIndex) and index.equals(pd.RangeIndex(len(index)))
    return {
        "rows": len(index),
        "index": None if counted else [tagged(label) for label in index],
        "columns": {name: _value_document(frame.source[name]) for name in frame.source if name in used},
        "arguments": {
            name: _value_document(row_values(given, name, frame.source, frame.coding.context))
            for name in ROW_ARGUMENTS
            if (given := getattr(frame.arguments, name)) is not None and not isinstance(given, str)
        },
    }


def frame_with_rows(frame: ModelFrame, node: Node, family: Family) -> ModelFrame:
    """Return a loaded frame with its rows."""
    parts = node.record("rows", "index", "columns", "arguments")
    n = parts["rows"].whole(least=1)
    labels = parts["index"].maybe()
    index = pd.RangeIndex(n) if labels is None else pd.Index([level_of(item) for item in labels.items(n)])
    given = parts["columns"].mapping()
    columns = {name: _series(given[name], n, index) for name in frame.source if name in given}
    arrays = {name: _series(item, n, index) for name, item in parts["arguments"].mapping().items()}
    if not set(arrays) <= set(ROW_ARGUMENTS):
        parts["arguments"].wrong("names no argument")
    texts = {
        name: given for name in ROW_ARGUMENTS if isinstance(given := getattr(frame.arguments, name), str)
    }
    coding = frame.coding
    try:
        found = model_frame(
            coding.formula.text,
            pd.DataFrame(columns, index=index),
            response_kind=family.response_kind,
            arguments=RowArguments(**texts, **arrays, na_action=frame.rows.na_action),
            contrasts={e.factor: e.contrast for e in factor_encodings(coding.encodings)},
            context=coding.context,
        )
    except GlmkitError as error:
        node.wrong(f"is not of this model: {error}")
    if [name.name for name in found.names] != [name.name for name in coding.names]:
        node.wrong("is not of this model: its columns differ")
    # The numbers that were learned stay those of the file, to the bit.
    return replace(found, coding=coding, ready=frame.ready, notes=frame.notes)


def _value_document(value: Value) -> dict[str, Any]:
    if isinstance(value, Matrix):
        raise FitError("A row argument of several columns cannot be saved. Give one column.")
    if isinstance(value, Factor):
        levels = [tagged(level) for level in value.levels]
        return {"levels": levels, "ordered": value.ordered, "codes": value.codes.tolist()}
    if isinstance(value, Logical):
        return {"truth": hexed(value.values)}
    return {"numbers": hexed(value)}


def _series(node: Node, n: int, index: pd.Index) -> pd.Series:
    members = node.mapping()
    if "numbers" in members:
        return pd.Series(node.record("numbers")["numbers"].array(n, finite=False), index=index)
    if "truth" in members:
        truth = node.record("truth")["truth"].array(n, finite=False)
        if not np.all(np.isnan(truth) | (truth == 0.0) | (truth == 1.0)):
            node.wrong("is neither true nor false")
        mask = np.isnan(truth)
        return pd.Series(pd.arrays.BooleanArray(np.where(mask, 0.0, truth) == 1.0, mask), index=index)
    parts = node.record("levels", "ordered", "codes")
    levels = [level_of(item) for item in parts["levels"]]
    codes = np.array([item.whole(least=-1) for item in parts["codes"].items(n)], dtype=np.intp)
    if np.any(codes >= len(levels)) or len(set(levels)) < len(levels):
        node.wrong("has codes without a level, or a level twice")
    categories = pd.Index(levels, dtype=object)
    return pd.Series(
        pd.Categorical.from_codes(codes, categories, ordered=parts["ordered"].truth()), index=index
    )
