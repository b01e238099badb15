"""Settings for all tests: hypothesis draws the same examples on every run and every machine."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("dev", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=200)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
