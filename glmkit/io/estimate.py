"""Coefficients and their covariance as JSON, and where they are infinite."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from glmkit._typing import Array
from glmkit.design.centring import Centring
from glmkit.fitting.absent import absent
from glmkit.fitting.known_limits import KnownLimits
from glmkit.fitting.recession import Recession
from glmkit.inference.estimate import Estimate
from glmkit.io.node import Node, hexed
from glmkit.numerics.algebra import eigenvalues

__all__ = ["estimate_document", "estimate_of"]

# A covariance is symmetric and positive semidefinite to this share of its diagonal.
ROUNDING: Final = 1e-8


def estimate_document(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate as JSON."""
    document = {
        "kept": estimate.kept.tolist(),
        "combinations": hexed(estimate.combinations),
        "centring": {
            "constant": hexed(estimate.single_centring.constant),
            "shift": hexed(estimate.single_centring.shift),
        },
        "coef": hexed(estimate.gamma),
        "covariance": hexed(estimate.covariance),
        "df": hexed(estimate.df),
        "label": estimate.label,
        "infinite": None,
    }
    recession = estimate.recession
    if recession is not None:
        limits = recession.limits(_units(estimate.single_centring, len(estimate.kept)))
        document["infinite"] = {
            "direction": hexed(recession.direction),
            "basis": hexed(recession.basis),
            "limits": hexed(limits),
        }
    return document


def estimate_of(node: Node, names: tuple[str, ...]) -> Estimate:
    """Return the estimate of a document, for the columns of these names."""
    parts = node.record("kept", "combinations", "centring", "coef", "covariance", "df", "label", "infinite")
    p = len(names)
    kept = parts["kept"].positions(p)
    rank = len(kept)
    moved = parts["centring"].record("constant", "shift")
    centring = Centring(moved["constant"].array(rank), moved["shift"].array(rank))
    df = parts["df"].number(finite=False, least=0.0)
    if np.isnan(df):
        parts["df"].wrong("is nan")
    return Estimate(
        names=pd.Index(list(names), dtype=object),
        kept=kept,
        dropped=np.setdiff1d(np.arange(p), kept),
        combinations=parts["combinations"].matrix(rank, p - rank),
        centring=centring,
        gamma=parts["coef"].array(rank),
        covariance=covariance_of(parts["covariance"], rank),
        df=df,
        label=parts["label"].text(),
        recession=_recession(parts["infinite"], centring, rank),
    )


def covariance_of(node: Node, rank: int) -> Array:
    """Return a covariance: symmetric, positive semidefinite to rounding, or nan throughout."""
    found = node.matrix(rank, rank, finite=False)
    if np.all(np.isnan(found)):
        return found
    if not np.all(np.isfinite(found)):
        node.wrong("holds nan or infinity")
    size = np.sqrt(np.maximum(np.diag(found), 0.0))
    scaled = found / np.where(size > 0.0, size, 1.0) / np.where(size > 0.0, size, 1.0)[:, None]
    symmetric = np.all(np.abs(scaled - scaled.T) <= ROUNDING)
    if not symmetric or (
        rank and np.min(eigenvalues("The correlation of the coefficients", scaled)) < -ROUNDING * rank
    ):
        node.wrong("is not a covariance")
    return found


def _units(centring: Centring, rank: int) -> Array:
    return centring.rows_to_fitted(np.eye(rank))


def _recession(node: Node, centring: Centring, rank: int) -> Recession | None:
    if node.value is None:
        return None
    parts = node.record("direction", "basis", "limits")
    first = parts["basis"].items(rank)
    width = len(first[0].items()) if first else 0
    known = parts["limits"].array(rank, finite=False)
    if not np.all((known == 0.0) | ~np.isfinite(known)):
        parts["limits"].wrong("are not 0, infinite or nan")
    return KnownLimits(
        direction=parts["direction"].array(rank),
        basis=parts["basis"].matrix(rank, width),
        signs=absent("the separated rows"),
        design=absent("the design"),
        units=_units(centring, rank),
        known=known,
    )
