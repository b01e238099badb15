"""One module for each peer, from data frame and formula to printed table.

A peer that runs in Python has

    version()                        what is measured, in words
    refusal(workload)                why it cannot fit this one, or ""
    estimates(workload, data)        fits, prints the table to a string, returns coefficients and SE

with coefficients in the order of the formula, intercept first, in treatment coding. R has `measure`, which
returns what the worker finds out about the others. Nothing is imported before it is used.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
from types import ModuleType

# A peer: the module here, and the package that has to be there.
PEERS = {
    "glmkit": ("glmkit", "glmkit"),
    "glum": ("glum", "glum"),
    "scikit-learn": ("scikit_learn", "sklearn"),
    "statsmodels": ("statsmodels", "statsmodels"),
    "pyfixest": ("pyfixest", "pyfixest"),
    "R": ("r", "Rscript"),
}


def adapter(peer: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{PEERS[peer][0]}")


def installed(peer: str) -> bool:
    needed = PEERS[peer][1]
    if peer == "R":
        return shutil.which(needed) is not None
    return importlib.util.find_spec(needed) is not None
