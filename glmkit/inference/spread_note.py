"""What the notes say of overdispersion, which depends on where the standard errors come from."""

from __future__ import annotations

from glmkit.fitting.glm import GLMFit
from glmkit.inference.estimate import Estimate
from glmkit.inference.likelihood import Spread
from glmkit.tables.wording import format_text

__all__ = ["at_given_dispersion", "spread_note", "under"]

EXPECTED = "data would give about 1"


def spread_note(fit: GLMFit, test: Spread) -> str:
    """Return the note under the model-based covariance."""
    return format_text(
        "Overdispersion: Pearson chi-square / df = {ratio}, where {family} {expected}, so standard errors are too "
        "small. Consider {cure}.",
        ratio=test.ratio,
        family=fit.family.in_words,
        expected=EXPECTED,
        cure=fit.family.overdispersion_cure,
    )


def under(notes: tuple[str, ...], estimate: Estimate) -> tuple[str, ...]:
    """Return the notes with what is true of the errors of an estimate."""
    if estimate.rests_on_variance:
        return notes
    return _ending(
        notes,
        f"Standard errors ({estimate.label}) do not rest on the variance of the family; the log-likelihood and the "
        "AIC do.",
    )


def at_given_dispersion(notes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the notes with what is true of errors at a dispersion that was given."""
    return _ending(
        notes, "Standard errors are at the dispersion given; the log-likelihood and the AIC are not."
    )


def _ending(notes: tuple[str, ...], consequence: str) -> tuple[str, ...]:
    return tuple(
        f"{note.partition(EXPECTED)[0]}{EXPECTED}. {consequence}" if EXPECTED in note else note
        for note in notes
    )
