"""Saving and loading: a fitted model to text or a file, and back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from glmkit.errors import ModelFileError
from glmkit.io.model import Saveable, Saved, model_document, model_of
from glmkit.io.node import Node
from glmkit.io.text import document_of, read_bytes, text_of, write_text

__all__ = ["json_of", "load", "model_from", "save", "slimmed"]


def json_of(model: Saveable, *, include_data: bool = False) -> str:
    """Return a model as the text of a file."""
    return text_of(model_document(model, include_data=include_data), _version())


def save(model: Saveable, path: str | os.PathLike[str], *, include_data: bool = False) -> None:
    """Write a model to a file, whole or not at all."""
    write_text(json_of(model, include_data=include_data), path)


def load(path: str | os.PathLike[str], functions: Mapping[str, object] | None, *, strict: bool) -> Saved:
    """Return the model in a file."""
    return model_from(read_bytes(path), functions, strict=strict)


def model_from(text: str, functions: Mapping[str, object] | None, *, strict: bool) -> Saved:
    """Return the model in a text."""
    if not isinstance(text, str):
        raise ModelFileError(
            f"A saved model is text, not {type(text).__name__}. Give what to_json() returned."
        )
    return model_of(document_of(text, strict=strict), functions)


def slimmed(model: Saveable) -> Saved:
    """Return a model without its rows: what would be saved, read back, with the caller's functions."""
    return model_of(Node(model_document(model), "the model"), model.frame.coding.context)


def _version() -> str:
    try:
        return version("glmkit")
    except PackageNotFoundError:  # run from a source folder that was never installed
        return "unknown"
