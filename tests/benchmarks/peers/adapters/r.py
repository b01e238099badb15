"""R's glm, run and timed by glm.R in a process of its own."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from ..workloads import raw_folder

SCRIPT = Path(__file__).with_name("glm.R")
LARGEST = 2e8  # cells of the dense design: it takes too much memory and time above


def version() -> str:
    command = ["Rscript", "--vanilla", "-e", "cat(as.character(getRversion()))"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def refusal(workload) -> str:
    return "dense design too large" if workload.rows * workload.columns > LARGEST else ""


def measure(workload) -> dict:
    """What glm.R writes: median seconds, peak MiB, p, then p coefficients and p standard errors."""
    offset = "logexp" if workload.exposure else "none"
    with tempfile.NamedTemporaryFile() as answer:
        arguments = [str(raw_folder(workload)), workload.formula, workload.family, offset, answer.name]
        command = ["Rscript", "--vanilla", str(SCRIPT), *arguments]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            raise RuntimeError(run.stderr[-300:])
        numbers = np.fromfile(answer.name)
    coef, std_error = np.split(numbers[3:], 2)
    return {"seconds": numbers[0], "mebibytes": numbers[1], "coef": coef, "std_error": std_error}
