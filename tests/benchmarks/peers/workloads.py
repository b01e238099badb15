"""Seeded workloads W1 to W8 and their files.

``python -m peers.workloads [W1 ...]`` writes to $GLMBENCH_DATA (default ~/.cache/glmkit-bench), for each
workload, the data frame (feather, for Python), its columns (raw, for R's readBin) and a tight reference
solution. Files that exist are kept.

The generator: numeric columns are N(0, 1) plus 0.3 times a common factor; levels are drawn with weights
1 / (rank + 2); effects are N(0, 0.25 / k) for k numeric columns and N(0, 0.09) for levels; the exposure
is U(0.1, 1). The order of the draws is part of it: the files are the same on every machine.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

SMALL = 5000  # rows; below it one fit takes milliseconds and is timed many times


@dataclass(frozen=True)
class Workload:
    """A model and the size of its data: numeric columns, then one factor for each number of levels."""

    name: str
    rows: int
    numeric: int
    levels: tuple[int, ...]
    family: str
    exposure: bool = False

    @property
    def seed(self) -> int:
        return 1000 + sum(map(ord, self.name))

    @property
    def terms(self) -> list[str]:
        numeric = [f"x{j + 1}" for j in range(self.numeric)]
        return numeric + [f"c{j + 1}" for j in range(len(self.levels))]

    @property
    def right_side(self) -> str:
        return " + ".join(self.terms)

    @property
    def formula(self) -> str:
        return f"y ~ {self.right_side}"

    @property
    def columns(self) -> int:
        """Columns of the design: the intercept, numeric columns and levels but the first."""
        return 1 + self.numeric + sum(levels - 1 for levels in self.levels)

    @property
    def small(self) -> bool:
        return self.rows < SMALL

    def offset(self, data: pd.DataFrame) -> np.ndarray | None:
        return data["logexp"].to_numpy() if self.exposure else None

    def described(self) -> str:
        """Family and size in words, for the tables."""
        numeric = [f"{self.numeric} numeric"] if self.numeric else []
        offset = ["offset"] if self.exposure else []
        return ", ".join([self.family, f"{self.rows:,} rows", *numeric, *factors(self.levels), *offset])


def factors(levels: tuple[int, ...]) -> list[str]:
    """Number and levels of the factors in words, if there are any."""
    if not levels:
        return []
    noun = "1 factor" if len(levels) == 1 else f"{len(levels)} factors"
    return [f"{noun} ({' + '.join(map(str, levels))} levels)"]


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("W1", 1_000_000, 19, (), "poisson"),
        Workload("W2", 1_000_000, 49, (), "binomial"),
        Workload("W3", 1_000_000, 4, (3, 5, 8, 12, 20, 40, 60, 500), "poisson", exposure=True),
        Workload("W4", 5_000_000, 0, (4, 5, 6, 8, 5), "poisson", exposure=True),
        Workload("W5", 200, 3, (2,), "poisson"),
        Workload("W6", 100_000, 299, (), "binomial"),
        Workload("W7", 1_000_000, 10, (3, 4, 5), "gamma"),
        Workload("W8", 200_000, 20, (1200, 781), "poisson"),
    )
}


def simulate(workload: Workload) -> pd.DataFrame:
    """The data frame of a workload: the response, its terms and, if it has one, the exposure."""
    rows, rng = workload.rows, np.random.default_rng(workload.seed)
    eta, columns = np.full(rows, -0.5), {}
    common = rng.standard_normal(rows)
    beta = rng.standard_normal(workload.numeric) * 0.5 / np.sqrt(max(workload.numeric, 1))
    for j in range(workload.numeric):
        columns[f"x{j + 1}"] = rng.standard_normal(rows) + 0.3 * common
        eta += beta[j] * columns[f"x{j + 1}"]
    for j, levels in enumerate(workload.levels):
        codes = draw_codes(levels, rows, rng)
        eta += rng.normal(0, 0.3, levels)[codes]
        columns[f"c{j + 1}"] = pd.Categorical.from_codes(codes, level_names(levels))
    if workload.exposure:
        columns["exposure"] = rng.uniform(0.1, 1.0, rows)
        columns["logexp"] = np.log(columns["exposure"])
        eta += columns["logexp"]
    return pd.DataFrame({"y": draw_response(workload.family, eta, rng), **columns})


def draw_codes(levels: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Codes of a factor whose levels all occur, the first ones most often."""
    weights = 1.0 / (np.arange(levels) + 2.0)
    codes = rng.choice(levels, size=rows, p=weights / weights.sum()).astype(np.int64)
    if rows >= levels:
        codes[:levels] = np.arange(levels)
    return codes


def level_names(levels: int) -> list[str]:
    return [f"L{i:0{len(str(levels))}d}" for i in range(levels)]


def draw_response(family: str, eta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if family == "poisson":
        return rng.poisson(np.exp(eta)).astype(float)
    if family == "binomial":
        return (rng.uniform(size=len(eta)) < 1 / (1 + np.exp(-eta))).astype(float)
    return np.exp(eta) * rng.gamma(2.0, 0.5, len(eta))


def folder() -> Path:
    """Where the files of the workloads are."""
    return Path(os.environ.get("GLMBENCH_DATA", "~/.cache/glmkit-bench")).expanduser()


def raw_folder(workload: Workload) -> Path:
    return folder() / f"{workload.name}.rbin"


def load(workload: Workload) -> pd.DataFrame:
    return pd.read_feather(folder() / f"{workload.name}.feather")


def load_reference(workload: Workload) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors of the tight reference solution."""
    stored = np.load(folder() / f"{workload.name}.ref.npz")
    return stored["coef"], stored["se"]


def write(workload: Workload) -> None:
    """Write the files of a workload that are missing."""
    from .reference import solve

    folder().mkdir(parents=True, exist_ok=True)
    frame = folder() / f"{workload.name}.feather"
    if not frame.exists():
        simulate(workload).to_feather(frame, compression="uncompressed")
    if not (raw_folder(workload) / "meta").exists():
        write_raw(load(workload), raw_folder(workload))
    solution = folder() / f"{workload.name}.ref.npz"
    if not solution.exists():
        coef, std_error = solve(workload, load(workload))
        np.savez(solution, coef=coef, se=std_error)


def write_raw(data: pd.DataFrame, target: Path) -> None:
    """Columns as R's readBin takes them; `meta`, written last, has the rows and the kind of each."""
    target.mkdir(exist_ok=True)
    kinds = [write_column(name, data[name], target) for name in data.columns]
    (target / "meta").write_text("\n".join([str(len(data)), *kinds]) + "\n", encoding="utf-8")


def write_column(name: str, column: pd.Series, target: Path) -> str:
    """Write one column and return its line of `meta`."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        (column.cat.codes.to_numpy().astype("i4") + 1).tofile(target / f"{name}.bin")
        levels = "\n".join(column.cat.categories) + "\n"
        (target / f"{name}.lev").write_text(levels, encoding="utf-8")
        return f"{name} factor"
    column.to_numpy().astype("f8").tofile(target / f"{name}.bin")
    return f"{name} double"


if __name__ == "__main__":
    for wanted in sys.argv[1:] or WORKLOADS:
        write(WORKLOADS[wanted])
