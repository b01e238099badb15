"""A fitted model as a document, and back: what `summary`, `predict`, `vcov` and Wald tests need.

No row of the data is in it unless that was asked for. What is left of the rows are counts, and what
the model itself is made of: levels, knots, means, coefficients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from glmkit._typing import Array
from glmkit.errors import FitError, GlmkitError, ModelFileError
from glmkit.families.base import Family
from glmkit.fitting.absent import absent
from glmkit.fitting.glm import GLMFit, NuisanceFit
from glmkit.fitting.goodness import deviance_of
from glmkit.fitting.independence import Independence
from glmkit.fitting.null import NullModel
from glmkit.fitting.problem import Problem
from glmkit.fitting.scoring import Control, Iteration
from glmkit.frame.modelframe import ModelFrame
from glmkit.inference.estimate import Estimate
from glmkit.inference.protocols import FittedModel
from glmkit.inference.refit import fit_problem, problem_of
from glmkit.io.coding import coding_document, coding_of
from glmkit.io.estimate import covariance_of, estimate_document, estimate_of
from glmkit.io.families import family_document, family_of
from glmkit.io.frame import frame_document, frame_of
from glmkit.io.node import Node, hexed
from glmkit.io.plain import plain_of, tagged_plain
from glmkit.io.rows import data_document, frame_with_rows

__all__ = ["Saveable", "Saved", "model_document", "model_of"]

# Deviances of one fit on two machines agree to this share.
SAME = 1e-6
METHODS = ("ml", "firth", "mean", "median", "jeffreys")
REASONS = ("", "iterations", "stuck", "separated", "boundary", "nuisance", "lost")


class Saveable(FittedModel, Protocol):
    """A fitted model with all that a file holds of it."""

    @property
    def method(self) -> str:
        """How it was fitted."""
        ...

    @property
    def boundary(self) -> bool:
        """Whether the fit ended at a boundary."""
        ...


class Saved(NamedTuple):
    """The fields of a fitted model, as they come out of a file."""

    frame: ModelFrame
    fit: GLMFit
    estimate: Estimate
    control: Control
    method: str
    notes: tuple[str, ...]
    boundary: bool


def model_document(model: Saveable, *, include_data: bool = False) -> dict[str, Any]:
    """Return a model as JSON, without the rows of its data unless they are asked for.

    Raises
    ------
    FamilyError, FitError
        What a file has no word for: a family or link of the caller's own, levels of unknown types.
    """
    frame = model.frame
    estimate, fit = estimate_document(model.estimate), _fit_document(model.fit)
    _check_covariances(estimate, fit, len(model.estimate.kept))
    return {
        "family": family_document(model.family),
        "design": coding_document(frame.coding, frame.source),
        "estimate": estimate,
        "fit": fit,
        "frame": frame_document(frame),
        "control": {f.name: tagged_plain(getattr(model.control, f.name)) for f in fields(Control)},
        "method": model.method,
        "notes": list(model.notes),
        "boundary": model.boundary,
        "data": data_document(model.frame) if include_data else None,
    }


def model_of(node: Node, functions: Mapping[str, object] | None = None) -> Saved:
    """Return the model of a document, every part checked before it is used.

    Raises
    ------
    ModelFileError
        Anything that `model_document` would not have written.
    """
    parts = node.record(
        "family", "design", "estimate", "fit", "frame", "control", "method", "notes", "boundary", "data"
    )
    family = family_of(parts["family"])
    coding = coding_of(parts["design"], functions)
    estimate = estimate_of(parts["estimate"], tuple(name.name for name in coding.names))
    method = parts["method"].choice(METHODS)
    saved = Saved(
        frame=frame_of(parts["frame"], coding, parts["design"].at("seen").texts()),
        fit=_fit_of(parts["fit"], family, estimate, method),
        estimate=estimate,
        control=_control_of(parts["control"]),
        method=method,
        notes=parts["notes"].texts(),
        boundary=parts["boundary"].truth(),
    )
    data = parts["data"].maybe()
    return saved if data is None else _with_rows(saved, data)


def _check_covariances(estimate: dict[str, Any], fit: dict[str, Any], rank: int) -> None:
    """Refuse to write what would not be read: a covariance that rounding has undone."""
    try:
        covariance_of(Node(estimate["covariance"], "the covariance"), rank)
        covariance_of(Node(fit["inverse"], "the inverse information"), rank)
    except ModelFileError as error:
        raise FitError(
            "The covariance of this fit is not one, to rounding: the columns are too nearly collinear or too far "
            "apart in size. Rescale or drop columns, fit again, and save that."
        ) from error


def _with_rows(saved: Saved, node: Node) -> Saved:
    """Return a model with the rows it was fitted to, and its own numbers."""
    frame = frame_with_rows(saved.frame, node, saved.fit.family)
    try:
        again = _fitted_again(saved, problem_of(frame, saved.method))
    except GlmkitError as error:
        node.wrong(f"cannot be fitted: {error}")
    ours = saved.fit
    reached = (
        [again.deviance] if ours.converged else [again.deviance, _deviance_at(saved.estimate.coef, again)]
    )
    if again.rank != ours.rank or not _agree(again, ours, reached):
        node.wrong("are not those of the coefficients")
    kept = ("gamma", "inverse", "deviance", "null", "pearson_chi2", "dispersion", "loglik", "converged")
    own = (*kept, "reason", "trace", "nuisance", "penalised_deviance")
    fit = replace(again, **{name: getattr(ours, name) for name in own})
    return saved._replace(frame=frame, fit=fit, estimate=replace(saved.estimate, recession=again.recession))


def _fitted_again(saved: Saved, problem: Problem) -> GLMFit:
    try:
        return fit_problem(problem, saved.fit.family, saved.control, _start_of(saved))
    except FitError as error:  # rounding may put a mean at the end of its range beyond it
        if error.facts.get("argument") != "start":
            raise
        return fit_problem(problem, saved.fit.family, saved.control)


def _start_of(saved: Saved) -> Array | None:
    """Return where to begin, so that of several maxima the saved one is found; None where there is none."""
    coef = saved.estimate.coef
    if not saved.fit.converged or saved.boundary or np.any(np.isinf(coef)):
        return None
    return np.where(np.isnan(coef), 0.0, coef)


def _deviance_at(coef: Array, fit: GLMFit) -> float:
    """Return the deviance at coefficients where no iterations ended, which others need not reach."""
    with np.errstate(all="ignore"):
        eta = fit.problem.design.dot(np.where(np.isnan(coef), 0.0, coef)) + fit.problem.added
        return deviance_of(fit.problem, fit.family, fit.family.mean(eta).of)


def _agree(again: GLMFit, ours: GLMFit, reached: list[float]) -> bool:
    """Return whether two fits are one, but for the rounding of another machine."""
    close = bool(np.any(np.isclose(reached, ours.deviance, rtol=SAME, atol=1e-12)))
    return bool(close and np.array_equal(again.kept, ours.kept) and again.nobs == ours.nobs)


def _control_of(node: Node) -> Control:
    given = {name: plain_of(item) for name, item in node.record(*(f.name for f in fields(Control))).items()}
    try:
        return Control(**given)
    except (GlmkitError, TypeError, ValueError, OverflowError) as error:
        node.wrong(f"is refused: {error}")


# ----------------------------------------------------------------------------- the fit

MEASURES = ("deviance", "pearson_chi2", "dispersion", "loglik")


def _fit_document(fit: GLMFit) -> dict[str, Any]:
    return {
        **{name: hexed(getattr(fit, name)) for name in MEASURES},
        "null": {"deviance": hexed(fit.null.deviance), "loglik": hexed(fit.null.loglik)},
        "nobs": hexed(fit.nobs),
        "intercept": fit.problem.intercept,
        "inverse": hexed(fit.inverse),
        "converged": fit.converged,
        "reason": fit.reason,
        "on_edge": fit.active is not None,
        "penalised_deviance": hexed(fit.penalised_deviance),
        "nuisance": None if fit.nuisance is None else hexed(np.array(fit.nuisance)),
        "trace": [
            [line.iteration, hexed(line.deviance), hexed(line.step), line.halvings, hexed(line.coef)]
            for line in fit.trace
        ],
    }


OTHERS = (
    "null", "nobs", "intercept", "inverse", "converged", "reason", "on_edge", "penalised_deviance", "nuisance", "trace"
)  # fmt: skip


def _fit_of(node: Node, family: Family, estimate: Estimate, method: str) -> GLMFit:
    parts = node.record(*MEASURES, *OTHERS)
    rank = len(estimate.kept)
    nobs = parts["nobs"].number(least=0.0)
    limits = estimate.recession is not None or not parts["converged"].truth()
    measures = _measures(parts, family, nobs - rank, limits)
    null = parts["null"].record("deviance", "loglik")
    return GLMFit(
        problem=absent(
            "its response and design", nobs=nobs, intercept=parts["intercept"].truth(), method=method
        ),
        family=family,
        independence=Independence(
            estimate.kept,
            estimate.dropped,
            estimate.combinations,
            estimate.single_centring,
            absent("the design"),
        ),
        gamma=estimate.gamma,
        factor=absent("the information"),
        inverse=covariance_of(parts["inverse"], rank),
        fitted=absent(
            "the fitted mean of each row",
            eta=absent("the linear predictor of each row"),
            mean=absent("the fitted mean of each row"),
        ),
        deviance=measures["deviance"],
        pearson_chi2=measures["pearson_chi2"],
        dispersion=measures["dispersion"],
        loglik=measures["loglik"],
        null=NullModel(null["deviance"].number(finite=False), null["loglik"].number(finite=False)),
        converged=parts["converged"].truth(),
        reason=parts["reason"].choice(REASONS),
        trace=tuple(_line(item, rank) for item in parts["trace"]),
        recession=estimate.recession,
        active=absent("which rows lie on the edge") if parts["on_edge"].truth() else None,
        nuisance=_nuisance_of(parts["nuisance"]),
        penalised_deviance=parts["penalised_deviance"].number(finite=False),
    )


def _nuisance_of(node: Node) -> NuisanceFit | None:
    """Return what goes with an estimated theta or power."""
    given = node.maybe()
    if given is None:
        return None
    value, std_error, simplest, rounds = given.array(4, finite=False).tolist()
    return NuisanceFit(value, std_error, simplest, int(rounds) if np.isfinite(rounds) else 0)


def _measures(parts: Mapping[str, Node], family: Family, df_resid: float, limits: bool) -> dict[str, float]:
    """Return deviance, Pearson's statistic, dispersion and log-likelihood, as far as they must exist."""
    found = {name: parts[name].number(finite=False) for name in MEASURES}
    # 0/0 of means that have gone to their ends
    lost = np.isnan(found["pearson_chi2"]) and (limits or df_resid <= 0)
    for name in ("deviance",) if lost else ("deviance", "pearson_chi2"):
        if not found[name] >= 0.0:
            parts[name].wrong(f"is {found[name]}")
    phi = found["dispersion"]
    known = family.dispersion
    unknown = known is None and df_resid > 0 and not lost
    if (known is not None and phi != known) or (unknown and not phi >= 0.0):
        parts["dispersion"].wrong(f"is {phi}")
    return found


def _step(node: Node) -> float:
    """Return the length of a step, which is nan where the score left the range of doubles."""
    size = node.number(finite=False)
    return size if np.isnan(size) else node.number(finite=False, least=0.0)


def _line(node: Node, rank: int) -> Iteration:
    iteration, deviance, step, halvings, coef = node.items(5)
    return Iteration(
        iteration.whole(),
        deviance.number(finite=False, least=-np.inf),
        _step(step),
        halvings.whole(),
        coef.array(rank),
    )
