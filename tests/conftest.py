"""Settings for all tests: hypothesis draws the same examples on every run and every machine.

``--hypothesis-profile=thorough`` draws more of them; CI does so for tests/properties.

Fits go by NumPy alone, but where a test asks for the compiled pass, which is compiled once for all tests.
"""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import settings

from glmkit.compiled import load, store

os.environ[store.SWITCH] = "0"
# Seconds in which one of several processes has compiled the pass.
PATIENCE = 300.0

settings.register_profile("quick", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("thorough", derandomize=True, deadline=None, max_examples=300)
settings.load_profile("quick")


@pytest.fixture(scope="session")
def compiled_folder(tmp_path_factory):
    """A folder in which the pass is compiled, by the first of the processes that run tests."""
    pytest.importorskip("numba")
    place = tmp_path_factory.getbasetemp().parent / "glmkit-compiled"
    place.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(store.FOLDER, str(place))
        from glmkit.compiled.build import main

        main()
        until = time.monotonic() + PATIENCE
        while not store.is_here(store.source_key()) and time.monotonic() < until:
            time.sleep(0.2)
        failed = list(place.glob("*.lock"))
        assert store.is_here(store.source_key()), [path.read_text() for path in failed]
    return place


@pytest.fixture(scope="session")
def compiled_run(compiled_folder):
    """The compiled pass."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(store.FOLDER, str(compiled_folder))
        return load.loaded(store.Slot(store.source_key(), load.processor()).read())


@pytest.fixture
def compiled(compiled_run, monkeypatch):
    """Every fit of this test goes by the compiled pass, however few its rows."""
    from glmkit.design import compiled as designs
    from glmkit.fitting import objective

    monkeypatch.setattr(designs, "compiled_pass", lambda: compiled_run)
    monkeypatch.setattr(designs, "WORTH_IT", 1)
    monkeypatch.setattr(objective, "REUSING_NUMBERS", 1)
