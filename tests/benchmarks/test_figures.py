"""Figures, not assertions: what a small fit, the import and a hostile formula cost here.

Run with ``pytest -m benchmark -s tests/benchmarks``.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glmkit as gk

pytestmark = pytest.mark.benchmark


def milliseconds(function, repeats=30):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def shown(capsys, *lines):
    with capsys.disabled():
        print("", *lines, sep="\n  ")


def test_latency_of_a_200_by_5_fit_from_frame_to_printed_summary(capsys):
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "b", "c"])
    data["g"] = rng.choice(["x", "y"], size=200)
    data["y"] = rng.poisson(np.exp(0.3 * data["a"]))
    formula = "y ~ a + b + c + g"
    gk.glm(formula, data, "poisson")
    whole = milliseconds(lambda: str(gk.glm(formula, data, "poisson").summary()))
    fit = milliseconds(lambda: gk.glm(formula, data, "poisson"))
    shown(capsys, f"200 x 5, formula to printed summary: {whole:.1f} ms (fit {fit:.1f} ms)")
    assert whole > fit > 0


def seconds_to_import(names):
    code = f"import time; s = time.perf_counter(); import {names}; print(time.perf_counter() - s)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(5)
    ]
    return statistics.median(runs)


def test_import_time_over_pandas_and_formulaic(capsys):
    with_glmkit = seconds_to_import("pandas, formulaic, glmkit")
    without = seconds_to_import("pandas, formulaic")
    alone, pandas_alone = seconds_to_import("glmkit"), seconds_to_import("pandas")
    shown(
        capsys,
        f"import glmkit over pandas and formulaic: {with_glmkit - without:.3f} s",
        f"import glmkit alone: {alone:.3f} s, of which pandas {pandas_alone:.3f} s",
    )
    assert with_glmkit > 0


def test_time_of_hostile_formulas(capsys):
    path = Path(__file__).parents[1] / "hard" / "data" / "hostile_formulas.json"
    data = pd.DataFrame({"y": np.arange(1.0, 13.0), "x": np.arange(12.0), "g": list("abc") * 4})
    times = {}
    for case in json.loads(path.read_text()):
        if not case["formula"]:
            continue
        text = case["formula"] if "~" in case["formula"] else f"y ~ {case['formula']}"
        start = time.perf_counter()
        with contextlib.suppress(gk.GlmkitError):
            gk.glm(text.replace("{M}", "marker"), data)
        times[case["id"]] = time.perf_counter() - start
    slowest = max(times, key=times.get)
    shown(
        capsys, f"{len(times)} hostile formulas, slowest (number {slowest}): {1000 * times[slowest]:.1f} ms"
    )
    assert times
