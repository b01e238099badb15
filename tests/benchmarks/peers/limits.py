"""The floor of this machine: how fast it reads, multiplies and exponentiates on one thread and on two.

``python -m peers.limits [limits.json]`` prints a Markdown table; takes about ten seconds and 0.7 GB.
A fit reads its data at least once an iteration, forms X'WX (n p^2 flops) and takes n exponentials.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy.linalg.blas import dgemm, dsyrk
from threadpoolctl import threadpool_limits

from . import machine
from .tables import digits, markdown

READ = 40_000_000  # doubles: far more than any cache holds
EXPONENTIALS = 200_000  # doubles a thread: stay in its cache
EXP_PASSES = 20
SIDE = 1500  # of the square matrices of dgemm
TALL = ((1_000_000, 20), (400_000, 50), (60_000, 300))  # rows and columns of the designs of dsyrk
COLUMNS = (("what", "s"), ("unit", "s"), ("1 thread", "r"), ("2 threads", "r"))


def median_seconds(job: Callable[[], object], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        job()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def read_bandwidth(threads: int, pool: ThreadPoolExecutor) -> float:
    """GB/s of a sum of squares, each thread over its part."""
    parts = np.array_split(np.ones(READ), threads)
    return 8 * READ / median_seconds(lambda: list(pool.map(lambda part: part.dot(part), parts))) / 1e9


def exp_rate(threads: int, pool: ThreadPoolExecutor) -> float:
    """Million exponentials a second, each thread over its own block."""
    blocks = [np.linspace(-3, 3, EXPONENTIALS) for _ in range(threads)]
    results = [np.empty(EXPONENTIALS) for _ in range(threads)]

    def passes(block: np.ndarray, result: np.ndarray) -> None:
        for _ in range(EXP_PASSES):
            np.exp(block, out=result)

    elapsed = median_seconds(lambda: list(pool.map(passes, blocks, results)))
    return threads * EXP_PASSES * EXPONENTIALS / elapsed / 1e6


def dgemm_rate() -> float:
    """Gflop/s of a square product, on BLAS's own threads."""
    square = np.asfortranarray(np.random.default_rng(1).standard_normal((SIDE, SIDE)))
    return 2 * SIDE**3 / median_seconds(lambda: dgemm(1.0, square, square)) / 1e9


def dsyrk_rate(rows: int, columns: int) -> float:
    """Gflop/s of X'X, n p^2 flops: half of what a full product would take."""
    X = np.asfortranarray(np.random.default_rng(1).standard_normal((rows, columns)))
    return rows * columns**2 / median_seconds(lambda: dsyrk(1.0, X, trans=1)) / 1e9


def measured(threads: int) -> dict[str, float]:
    """All rates on so many threads."""
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        rates = {"read": read_bandwidth(threads, pool), "exp": exp_rate(threads, pool)}
    with threadpool_limits(threads):
        rates["dgemm"] = dgemm_rate()
        rates.update({f"dsyrk, {n:,} x {p}": dsyrk_rate(n, p) for n, p in TALL})
    return rates


def table(record: dict) -> str:
    """The rates in Markdown, with the machine below."""
    units = {"read": "GB/s", "exp": "million/s"}
    one, two = record["rates"]["1"], record["rates"]["2"]
    rows = [[name, units.get(name, "Gflop/s"), digits(one[name]), digits(two[name])] for name in one]
    return f"{markdown(COLUMNS, rows)}\n\n{machine.sentence(record['machine'])}\n"


def main() -> None:
    record = {"machine": machine.described(), "rates": {str(t): measured(t) for t in (1, 2)}}
    if sys.argv[1:]:
        Path(sys.argv[1]).write_text(json.dumps(record, indent=1), encoding="utf-8")
    print(table(record))


if __name__ == "__main__":
    main()
