"""The rows of a fitted model in parts: all at once where it holds them, else chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from glmkit.fitting.fitted import FittedAt
from glmkit.fitting.glm import GLMFit
from glmkit.frame.chunks import within
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference.protocols import FittedModel
from glmkit.inference.refit import problem_of

__all__ = ["chunk_parts", "parts_of"]


def parts_of(model: FittedModel) -> Iterator[GLMFit]:
    """Yield the fit with its rows, which may be some at a time: sums over them are those of all.

    What a part says of itself as a whole, such as ``nobs``, is of its own rows.
    """
    if model.frame.chunks is None:
        yield model.fit
        return
    for _, part in chunk_parts(model):
        yield part


def chunk_parts(model: FittedModel, columns: tuple[str, ...] = ()) -> Iterator[tuple[ModelFrame, GLMFit]]:
    """Yield the frame and the fit of each chunk of a model fitted to chunks, from a pass over the data.

    Parameters
    ----------
    model : FittedModel
    columns : tuple of str
        Columns of the data that the frames need besides the model's own.
    """
    chunks, fit = model.frame.chunks, model.fit
    assert chunks is not None
    for chunk, frame in chunks.with_columns(columns).frames("scores"):
        with within(chunk), np.errstate(all="ignore"):
            problem = problem_of(frame)
            design = problem.design.take(fit.kept).shifted(fit.centring.shift)
            eta = design.dot(fit.gamma) + problem.added
            independence = replace(fit.independence, design=design)
            fitted = FittedAt(eta, fit.family)
            yield frame, replace(fit, problem=problem, independence=independence, fitted=fitted)
