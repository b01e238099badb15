"""Settings for all tests: hypothesis draws the same examples on every run and every machine.

``--hypothesis-profile=thorough`` draws more of them; CI does so for tests/properties.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("quick", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("thorough", derandomize=True, deadline=None, max_examples=300)
settings.load_profile("quick")
