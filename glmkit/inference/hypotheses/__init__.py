"""Hypotheses about coefficients: read from text, terms or matrices, and tested."""

from glmkit.inference.hypotheses.report import hypothesis_report

__all__ = ["hypothesis_report"]
