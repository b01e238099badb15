"""What stands below a table of deviance: the dispersion used, the distribution, what to know of the fits."""

from __future__ import annotations

from collections.abc import Mapping

from glmkit.fitting.glm import GLMFit
from glmkit.inference.protocols import FittedModel
from glmkit.inference.restricted import MeasuredFit
from glmkit.tables.wording import format_text, statistic_headings

__all__ = ["dispersion_note", "fit_notes", "reference_note", "test_headings"]

WORDS = {"LRT": "Likelihood ratio", "F": "F", "Rao": "Rao's score", "Wald": "Wald"}


def test_headings(test: str) -> dict[str, str]:
    """Return the headings of the statistic and its p value."""
    return {} if test == "none" else statistic_headings(test)


def reference_note(model: FittedModel, test: str) -> list[str]:
    """Return which test it is, referred to which distribution, with which covariance."""
    if test == "none":
        return []
    if test == "F":
        return ["F tests."]
    covariance = f", covariance {model.estimate.label}" if test == "Wald" else ""
    notes = [f"{WORDS[test]} tests, referred to chi-square{covariance}."]
    if test == "Wald" and model.estimate.small_sample is not None:
        notes.append("These degrees of freedom are not used here: fit.test() of a term refers it to F.")
    return notes


def dispersion_note(fit: GLMFit, of: str, by_deviance: bool = False) -> list[str]:
    """Return the dispersion the tests use, and where it comes from.

    Parameters
    ----------
    fit : GLMFit
    of : str
        Which model it is of, in words.
    by_deviance : bool
        Whether the deviance over its df is used instead of Pearson's statistic.
    """
    if fit.family.dispersion is not None:
        return [format_text("Dispersion {dispersion} (known).", dispersion=fit.dispersion)]
    value = deviance_dispersion(fit) if by_deviance else fit.dispersion
    source = "deviance" if by_deviance else "Pearson chi-square"
    text = "Dispersion {dispersion}: {source} / {df} df {of}."
    return [format_text(text, dispersion=value, source=source, df=fit.df_resid, of=of)]


def deviance_dispersion(fit: GLMFit) -> float:
    """Return deviance / df; nan where none is left."""
    return fit.deviance / fit.df_resid if fit.df_resid > 0 else float("nan")


def fit_notes(fits: Mapping[str, MeasuredFit]) -> list[str]:
    """Return what has to be said of the submodels' fits, each kind of trouble once.

    Parameters
    ----------
    fits : mapping of str to fit
        By the row each belongs to.
    """
    kinds = {
        "did not converge": [row for row, fit in fits.items() if not fit.converged],
        "has infinite estimates, and its deviance is the limit": [
            row for row, fit in fits.items() if fit.recession is not None
        ],
        "lies on the edge of the valid region, where tests are doubtful": [
            row for row, fit in fits.items() if fit.active is not None
        ],
    }
    return [f"The fit behind {', '.join(rows)} {what}." for what, rows in kinds.items() if rows]
