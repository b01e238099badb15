"""Compiled code is kept whole, read only if it is what was written, and compiled by one process at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from glmkit.compiled import build, load, store

FIT = """
import numpy as np, pandas as pd, glmkit as gk
from glmkit.compiled.load import compiled_pass
rng = np.random.default_rng(0)
data = pd.DataFrame(rng.normal(size=(60_000, 30)), columns=[f"x{j}" for j in range(30)])
fit = gk.glm("y ~ " + " + ".join(data), data.assign(y=rng.poisson(1.0, 60_000)), "poisson")
print(compiled_pass() is not None, repr(float(fit.deviance)), fit.pearson_chi2)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(store.FOLDER, str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def undecided():
    load.compiled_pass.cache_clear()
    yield
    load.compiled_pass.cache_clear()


def test_what_is_written_is_read_back_whole(folder):
    slot = store.Slot("key", "a processor")
    assert slot.read() is None
    slot.write(b"some code")
    assert slot.read() == b"some code"
    assert store.is_here("key")
    assert not store.is_here("another")
    assert [path.name for path in folder.iterdir()] == [slot.path.name]


@pytest.mark.parametrize(
    "damage", [lambda held: held[:-1], lambda held: held[:40] + b"x" + held[41:], lambda _: b""]
)
def test_a_damaged_file_is_not_read(folder, damage):
    slot = store.Slot("key", "a processor")
    slot.write(b"code " * 20)
    slot.path.write_bytes(damage(slot.path.read_bytes()))
    assert slot.read() is None


def test_code_of_another_user_is_not_read(folder, monkeypatch):
    slot = store.Slot("key", "a processor")
    slot.write(b"some code")
    monkeypatch.setattr(store.Path, "stat", lambda self: SimpleNamespace(st_uid=12345))
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    assert slot.read() is None


def test_processors_have_places_of_their_own(folder):
    assert store.Slot("key", "one").path != store.Slot("key", "two").path


def test_one_process_compiles_and_a_failure_is_not_tried_again(folder):
    assert store.claim("key")
    assert not store.claim("key")  # another is at it
    store.release("key")
    assert store.claim("key")
    store.release("key", "TypingError: no such thing")
    assert not store.claim("key")
    assert "no such thing" in (folder / "key.lock").read_text()


def test_an_abandoned_compilation_is_taken_over(folder):
    assert store.claim("key")
    long_ago = time.time() - store.ABANDONED - 1.0
    os.utime(folder / "key.lock", (long_ago, long_ago))
    assert store.claim("key")


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(store.FOLDER, str(tmp_path / "file"))
    assert not store.claim("key")
    assert not store.is_here("key")


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "glmkit"),
        ("darwin", "HOME", "Library/Caches/glmkit"),
        ("win32", "LOCALAPPDATA", "glmkit"),
    ],
)
def test_the_folder_is_the_users_cache(tmp_path, monkeypatch, platform, variable, expected):
    monkeypatch.delenv(store.FOLDER, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert store.folder() == tmp_path / expected


def test_without_the_compiler_or_switched_off_there_is_no_compiled_pass(folder, monkeypatch, undecided):
    assert load.compiled_pass() is None  # tests switch it off
    load.compiled_pass.cache_clear()
    monkeypatch.delenv(store.SWITCH)
    monkeypatch.setattr(load, "find_spec", lambda name: None)
    assert load.compiled_pass() is None
    assert not folder.exists()


def test_a_missing_pass_is_compiled_elsewhere_meanwhile(folder, monkeypatch, undecided):
    started = []
    monkeypatch.delenv(store.SWITCH)
    monkeypatch.setattr(load, "_start_compilation", lambda: started.append(True))
    assert load.compiled_pass() is None
    assert load.compiled_pass() is None  # decided once in a process
    assert started == [True]


def test_a_pass_that_is_there_is_loaded(compiled_folder, monkeypatch, undecided):
    monkeypatch.delenv(store.SWITCH)
    monkeypatch.setenv(store.FOLDER, str(compiled_folder))
    run = load.compiled_pass()
    assert run is not None
    assert build.agrees(run)


def test_code_that_does_not_agree_with_numpy_is_not_kept(folder, monkeypatch, compiled_run):
    monkeypatch.setattr(build, "compiled", lambda: b"name\0code")
    monkeypatch.setattr(build, "loaded", lambda code: lambda job, first, last: 0)
    assert build.main() == 1
    assert not store.is_here(store.source_key())
    assert "NumPy" in (folder / f"{store.source_key()}.lock").read_text()
    assert build.main() == 1  # and it is not tried again


def test_a_pass_that_finds_other_numbers_is_found_out(compiled_run):
    def almost(job, first, last):
        return compiled_run(job, first, last - 1)

    assert build.agrees(compiled_run)
    assert not build.agrees(almost)


def fit_in(folder: Path, **switch: str) -> list[str]:
    env = {name: value for name, value in os.environ.items() if name != store.SWITCH}
    command = [sys.executable, "-W", "error", "-c", FIT]
    env |= {store.FOLDER: str(folder), **switch}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.slow
def test_the_first_large_fit_has_the_pass_compiled_and_a_later_one_uses_it(tmp_path):
    used, deviance, pearson = fit_in(tmp_path)
    assert used == "False"
    until = time.monotonic() + 120.0
    while not list(tmp_path.glob("*.o")) and time.monotonic() < until:
        time.sleep(0.5)
    by_compiled, *same = fit_in(tmp_path)
    assert by_compiled == "True"
    np.testing.assert_allclose([float(one) for one in same], [float(deviance), float(pearson)], rtol=1e-12)
    assert fit_in(tmp_path, **{store.SWITCH: "0"})[0] == "False"
