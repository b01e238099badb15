"""Several fits with their names: given one after another, or in a dict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glmkit.errors import FitError
from glmkit.inference.protocols import FittedModel

__all__ = ["formula_notes", "named_models", "numbered"]


def named_models(
    models: Sequence[object], names: Sequence[str] | None, caller: str, pattern: str
) -> dict[str, FittedModel]:
    """Return fits by name.

    Parameters
    ----------
    models : sequence
        Fits, or one dict of them by name.
    names : sequence of str, optional
    caller : str
        For messages.
    pattern : str
        Of the names that are not given: ``"Model {}"``.

    Raises
    ------
    FitError
        Something is no fit, none is given, or the names do not go with them.
    """
    if len(models) == 1 and isinstance(models[0], Mapping):
        given = models[0]
        names, models = list(given) if names is None else names, list(given.values())
    strange = [value for value in models if not (hasattr(value, "fit") and hasattr(value, "frame"))]
    if strange:
        raise FitError(
            f"{caller}() takes fitted models, one after another or in one dict; {type(strange[0]).__name__} is none.",
            argument="models",
        )
    if not models:
        raise FitError(f"{caller}() needs at least one fit: {caller}(m1, m2).", argument="models")
    chosen = numbered(len(models), pattern) if names is None else [str(name) for name in names]
    if isinstance(names, str) or len(chosen) != len(models) or len(set(chosen)) != len(chosen):
        raise FitError(
            f"names={names!r} does not name {len(models)} models. Give one name for each, all different.",
            argument="names",
        )
    return dict(zip(chosen, models, strict=True))  # type: ignore[arg-type]


def numbered(count: int, pattern: str = "Model {}") -> list[str]:
    """Return names by number.

    Examples
    --------
    >>> numbered(2)
    ['Model 1', 'Model 2']
    """
    return [pattern.replace("{}", str(i)) for i in range(1, count + 1)]


def formula_notes(models: Mapping[str, FittedModel]) -> list[str]:
    """Return the formula of each fit, with the families where these differ."""
    families = {(model.family.name, model.family.link_name) for model in models.values()}
    texts = {
        name: "(a ready design matrix)" if model.frame.ready else model.frame.formula.text
        for name, model in models.items()
    }
    return [
        f"{name}: {text}{_family_text(models[name]) if len(families) > 1 else ''}"
        for name, text in texts.items()
    ]


def _family_text(model: FittedModel) -> str:
    link = model.family.link_name
    return f" ({model.family.title}, {link} link)" if link else f" ({model.family.title})"
