"""The command line: ``glmkit fit``, ``glmkit datasets``, ``glmkit demo``."""

from __future__ import annotations

from glmkit.cli.main import main

__all__ = ["main"]
