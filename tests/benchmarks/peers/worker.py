"""One run of one peer on one workload, in this process: prints what was found as a line of JSON.

``python -m peers.worker PEER WORKLOAD``; `peers.run` starts it.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from .adapters import adapter
from .workloads import WORKLOADS, Workload, load, load_reference, simulate

MARK = "@@"  # begins the line of JSON, whatever else a peer prints
REPEATS = 20  # of a fit that takes milliseconds


def run(peer: str, workload: Workload) -> dict:
    """Seconds, extra peak memory and errors against the reference; or why there are none."""
    module = adapter(peer)
    if reason := module.refusal(workload):
        return {"skipped": reason}
    found = module.measure(workload) if peer == "R" else measure(module, workload)
    errors = compared(peer, workload, found.pop("coef"), found.pop("std_error"))
    return {**found, **errors, "version": module.version(), "load": os.getloadavg()[0]}


def measure(module, workload: Workload) -> dict:
    """Fit once on a small problem of the same kind (imports, compilation), then on the workload."""
    data = load(workload)
    warm_up = workload if workload.small else miniature(workload)
    module.estimates(warm_up, data if workload.small else simulate(warm_up))
    before, seconds = memory_before(), []
    for _ in range(REPEATS if workload.small else 1):
        begin = time.perf_counter()
        coef, std_error = module.estimates(workload, data)
        seconds.append(time.perf_counter() - begin)
    return {
        "seconds": statistics.median(seconds),
        "mebibytes": mebibytes("VmHWM") - before,
        "coef": coef,
        "std_error": std_error,
    }


def miniature(workload: Workload) -> Workload:
    """The same model with few rows, columns and levels."""
    levels = tuple(min(levels, 4) for levels in workload.levels[:2])
    return dataclasses.replace(workload, rows=400, numeric=min(workload.numeric, 3), levels=levels)


def memory_before() -> float:
    """Reset the peak of this process and return its memory now, in MiB; NaN where there is no /proc."""
    gc.collect()
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        reset.write_text("5", encoding="ascii")
    return mebibytes("VmRSS")


def mebibytes(field: str) -> float:
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), np.nan)


def compared(peer: str, workload: Workload, coef: np.ndarray, std_error: np.ndarray) -> dict:
    """Largest errors: of a coefficient over its size or its SE, if larger; of an SE over the SE."""
    true_coef, true_error = load_reference(workload)
    if peer == "glum":  # has its own estimate of the dispersion: in every family, over n instead of n - p
        std_error = std_error * np.median(true_error / std_error)
    scale = np.maximum(np.abs(true_coef), true_error)
    return {
        "coef_error": float(np.max(np.abs(coef - true_coef) / scale)),
        "se_error": float(np.max(np.abs(std_error - true_error) / true_error)),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(MARK + json.dumps(run(sys.argv[1], WORKLOADS[sys.argv[2]])))
