"""The command line: ``glmkit fit anova emmeans predict sql datasets verify demo``."""

from __future__ import annotations

from glmkit.cli.main import main

__all__ = ["main"]
