"""Hypotheses about coefficients: read from text, terms or matrices, and tested."""

from glmkit.inference.hypotheses.report import hypothesis_report, report_of
from glmkit.inference.hypotheses.rows import Vocabulary

__all__ = ["Vocabulary", "hypothesis_report", "report_of"]
