"""How the time of glmkit grows with rows, columns and levels: ``python -m peers.growth``.

Three series of Poisson fits, from data frame and formula to printed table, each in a process of its own:

rows      1e4 to 1e7, five columns: the intercept and four numeric ones
columns   5 to 2000, all numeric; the more columns, the fewer rows, so that the data stay 160 MB
levels    10 to 5000 of one factor, a million rows and four numeric columns
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
import warnings
from itertools import pairwise
from math import log
from pathlib import Path

from . import machine
from .adapters import adapter
from .run import ABOVE, answer
from .tables import digits, markdown, memory
from .worker import MARK, mebibytes, memory_before, miniature
from .workloads import Workload, simulate

CELLS = 20_000_000  # rows times columns of the series of columns
ROWS = tuple(round(10 ** (4 + half / 2)) for half in range(7))
COLUMNS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000)
LEVELS = (10, 30, 100, 300, 1000, 2000, 5000)
HEADINGS = (
    ("rows", "r"),
    ("columns", "r"),
    ("levels", "r"),
    ("seconds", "r"),
    ("exponent", "r"),
    ("MiB", "r"),
)

SERIES = {
    "rows": [Workload(f"rows {n}", n, 4, (), "poisson") for n in ROWS],
    "columns": [Workload(f"columns {p}", CELLS // p, p - 1, (), "poisson") for p in COLUMNS],
    "levels": [Workload(f"levels {k}", 1_000_000, 4, (k,), "poisson") for k in LEVELS],
}


def measure(workload: Workload) -> dict:
    """One timed fit in this process, after a small one."""
    glmkit, data = adapter("glmkit"), simulate(workload)
    glmkit.estimates(miniature(workload), simulate(miniature(workload)))
    before, begin = memory_before(), time.perf_counter()
    glmkit.estimates(workload, data)
    return {"seconds": time.perf_counter() - begin, "mebibytes": mebibytes("VmHWM") - before}


def in_own_process(series: str, place: int) -> dict:
    """What `measure` finds for one member of a series."""
    command = [sys.executable, "-m", "peers.growth", "--one", series, str(place)]
    child = subprocess.run(command, cwd=ABOVE, text=True, capture_output=True, check=False)
    found = answer(child.stdout, child.stderr)
    print(SERIES[series][place].name, json.dumps(found), file=sys.stderr, flush=True)
    return found


def medians(series: str, repeats: int) -> list[dict]:
    """Medians of the members of a series, which take turns."""
    members = SERIES[series]
    rounds = [[in_own_process(series, i) for i in range(len(members))] for _ in range(repeats)]
    return [
        {
            "rows": member.rows,
            "columns": member.columns,
            "levels": max(member.levels, default=0),
            **{field: median(field, found) for field in ("seconds", "mebibytes")},
        }
        for member, found in zip(members, zip(*rounds, strict=True), strict=True)
    ]


def median(field: str, runs: list[dict]) -> float | None:
    """Median over the runs that finished; None where none did, for want of memory say."""
    values = [run[field] for run in runs if field in run]
    return statistics.median(values) if values else None


def page(record: dict) -> str:
    """A table for each series, and the machine."""
    parts = [f"### {name.capitalize()}\n\n{table(name, rows)}" for name, rows in record["series"].items()]
    note = (
        "The exponent is that of the seconds in what grows, from the line before: "
        "1 where twice as much takes twice as long."
    )
    return "\n\n".join([*parts, note, machine.sentence(record["machine"])]) + "\n"


def table(series: str, rows: list[dict]) -> str:
    """One series in Markdown, with the exponent of its growth from line to line."""
    exponents = [None, *(exponent(series, *pair) for pair in pairwise(rows))]
    cells = [
        [
            f"{row['rows']:,}",
            f"{row['columns']:,}",
            f"{row['levels']:,}" if row["levels"] else "",
            digits(row["seconds"]),
            "" if power is None else f"{power:.2f}",
            memory(row),
        ]
        for row, power in zip(rows, exponents, strict=True)
    ]
    return markdown(HEADINGS, cells)


def exponent(series: str, before: dict, after: dict) -> float | None:
    if not before["seconds"] or not after["seconds"]:
        return None
    return log(after["seconds"] / before["seconds"]) / log(after[series] / before[series])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m peers.growth", description=__doc__)
    parser.add_argument("--series", default=",".join(SERIES), help="default: %(default)s")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("growth.json"))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure, store after each series, and print the tables."""
    chosen = arguments()
    if chosen.one:
        warnings.simplefilter("error")  # a separated or unfinished fit is not one to time
        print(MARK + json.dumps(measure(SERIES[chosen.one[0]][int(chosen.one[1])])))
        return
    record = {"machine": machine.described(), "series": {}}
    for series in chosen.series.split(","):
        record["series"][series] = medians(series, chosen.repeats)
        chosen.out.write_text(json.dumps(record, indent=1), encoding="utf-8")
    print(page(record))


if __name__ == "__main__":
    main()
