"""Covariances of the coefficients other than the model-based: the same bread, another meat."""

from glmkit.inference.covariance.robust import KINDS, Options, estimate_with

__all__ = ["KINDS", "Options", "estimate_with"]
