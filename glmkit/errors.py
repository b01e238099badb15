"""The exceptions and warnings of glmkit.

Every message has three parts: what is wrong, where, and what to do. The facts of the
message are attributes too (``error.facts`` and by name)::

    GlmkitError(Exception)
    ├─ FormulaError(ValueError)
    ├─ DataError(ValueError)
    │  ├─ NewLevelError
    │  ├─ DataReadError
    │  └─ DataChangedError
    ├─ FamilyError(ValueError)
    │  └─ NoLikelihoodError
    ├─ DesignError(ValueError)
    ├─ FitError(RuntimeError)
    └─ ModelFileError(ValueError)

    GlmkitWarning(UserWarning)
    ├─ ConvergenceWarning      ├─ BoundaryWarning
    ├─ SeparationWarning       ├─ DroppedRowsWarning
    ├─ AliasedWarning          ├─ OverdispersionWarning
    └─ GlmkitDeprecationWarning
"""

from __future__ import annotations

__all__ = [
    "AliasedWarning",
    "BoundaryWarning",
    "ConvergenceWarning",
    "DataChangedError",
    "DataError",
    "DataReadError",
    "DesignError",
    "DroppedRowsWarning",
    "FamilyError",
    "FitError",
    "FormulaError",
    "GlmkitDeprecationWarning",
    "GlmkitError",
    "GlmkitWarning",
    "ModelFileError",
    "NewLevelError",
    "NoLikelihoodError",
    "OverdispersionWarning",
    "SeparationWarning",
]


class _Facts:
    """Carry the facts of a message as attributes."""

    def __init__(self, message: str, /, **facts: object) -> None:
        super().__init__(message)  # type: ignore[call-arg]  # mixed into exceptions only
        self.facts = facts

    def __getattr__(self, name: str) -> object:
        facts = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(f"{type(self).__name__} has no fact {name!r}; it has {sorted(facts)}")

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore, (type(self), str(self), self.facts))


def _restore(kind: type[_Facts], message: str, facts: dict[str, object]) -> _Facts:
    return kind(message, **facts)


class GlmkitError(_Facts, Exception):
    """Base of every error raised by glmkit.

    The facts of the message are attributes: ``error.facts``, a dict, and each by its name.
    """


class FormulaError(GlmkitError, ValueError):
    """A formula cannot be read, or names something that does not exist."""


class DataError(GlmkitError, ValueError):
    """The data, or an argument that goes with its rows, cannot be used."""


class NewLevelError(DataError):
    """New data holds a factor level that the fit never saw."""


class DataReadError(DataError):
    """A file or source of data cannot be read."""


class DataChangedError(DataError):
    """A source of data changed between two passes over it."""


class FamilyError(GlmkitError, ValueError):
    """A family or link is unknown, or does not admit the response."""


class NoLikelihoodError(FamilyError):
    """The family has no likelihood, and what was asked for needs one."""


class DesignError(GlmkitError, ValueError):
    """The design matrix cannot be used as it is."""


class FitError(GlmkitError, RuntimeError):
    """The fit failed, or a result was asked for that this fit does not have."""


class ModelFileError(GlmkitError, ValueError):
    """A file is not a model saved by glmkit, or is damaged."""


class GlmkitWarning(_Facts, UserWarning):
    """Base of every warning given by glmkit.

    The facts of the message are attributes: ``warning.facts``, a dict, and each by its name.
    """


class ConvergenceWarning(GlmkitWarning):
    """The iterations stopped before the estimate was reached."""


class SeparationWarning(GlmkitWarning):
    """The maximum likelihood estimate does not exist: some coefficients are infinite."""


class AliasedWarning(GlmkitWarning):
    """Some columns are linear combinations of earlier ones; their coefficients are NaN."""


class BoundaryWarning(GlmkitWarning):
    """The maximum lies on the boundary of the parameter space."""


class DroppedRowsWarning(GlmkitWarning):
    """Rows were left out of the fit."""


class OverdispersionWarning(GlmkitWarning):
    """The response varies more than the family allows."""


class GlmkitDeprecationWarning(GlmkitWarning):
    """A spelling or behaviour will change; the message names the replacement."""
