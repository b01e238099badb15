"""Estimated marginal means: linear functions of a fit over a grid of its predictors."""
