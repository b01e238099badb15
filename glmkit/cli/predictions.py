"""Predictions of a saved model as the command line asks for them."""

from __future__ import annotations

import argparse

import pandas as pd

from glmkit.cli.files import read_table
from glmkit.models.results import Results
from glmkit.tables.table import Table

__all__ = ["predictions_table"]


def predictions_table(model: Results, options: argparse.Namespace) -> Table:
    """Return predictions for the rows of a file, numbered from 1."""
    predicted = model.predict(
        read_table(options.data),
        options.type,
        se=options.se,
        interval=options.interval,
        level=options.level,
        offset=options.offset,
        exposure=options.exposure,
        weights=options.weights,
    )
    frame = predicted.to_frame("fit") if isinstance(predicted, pd.Series) else predicted.copy()
    if frame.columns.nlevels > 1:  # with errors, terms are under fit, se and the ends of intervals
        frame.columns = pd.Index([" ".join(map(str, name)) for name in frame.columns.tolist()], dtype=object)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    notes = [] if "constant" not in predicted.attrs else [CONSTANT]
    return Table(frame, f"Predictions: {options.type}", notes=notes)


CONSTANT = "Terms are centred: add the constant of the model for the linear predictor."
