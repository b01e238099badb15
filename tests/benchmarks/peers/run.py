"""Compare peers on the workloads: ``python -m peers.run``, from the folder above this one.

Every run is a process of its own and the peers take turns, so that a busy minute hits all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from . import machine, tables
from .adapters import PEERS, installed
from .worker import MARK
from .workloads import WORKLOADS, write

ABOVE = Path(__file__).parents[1]  # `-m peers.worker` is found from here
ONCE_ABOVE = 60.0  # seconds; what takes longer is not repeated


def compare(peers: list[str], workloads: list[str], repeats: int, timeout: float) -> list[dict]:
    """All runs, peers interleaved and in turned order from round to round."""
    runs = []
    for workload in workloads:
        write(WORKLOADS[workload])
        waiting = list(peers)
        for _ in range(repeats):
            done = [one_run(peer, workload, timeout) for peer in waiting]
            runs += done
            waiting = [run["peer"] for run in reversed(done) if run.get("seconds", ONCE_ABOVE) < ONCE_ABOVE]
    return runs


def one_run(peer: str, workload: str, timeout: float) -> dict:
    """What the worker found, or why it did not."""
    command = [sys.executable, "-m", "peers.worker", peer, workload]
    child = subprocess.Popen(
        command,
        cwd=ABOVE,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        found = answer(*child.communicate(timeout=timeout))
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)  # R is a child of the child
        child.communicate()
        found = {"failed": f"more than {timeout:.0f} s"}
    run = {"workload": workload, "peer": peer, **found}
    print(json.dumps(run), file=sys.stderr, flush=True)
    return run


def answer(output: str, errors: str) -> dict:
    marked = [line for line in output.splitlines() if line.startswith(MARK)]
    if marked:
        return json.loads(marked[-1].removeprefix(MARK))
    return {"failed": (errors.strip().splitlines() or ["no answer"])[-1][-200:]}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m peers.run", description=__doc__)
    present = ",".join(peer for peer in PEERS if installed(peer))
    parser.add_argument("--peers", default=present, help="default: the ones installed (%(default)s)")
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help="default: %(default)s")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds for one run")
    parser.add_argument("--out", type=Path, default=Path("peers.json"))
    parser.add_argument("--append", action="store_true", help="keep the runs that --out already has")
    return parser.parse_args()


def main() -> None:
    """Measure, store after each workload, and print the tables."""
    chosen = arguments()
    kept = json.loads(chosen.out.read_text(encoding="utf-8"))["runs"] if chosen.append else []
    record = {"machine": machine.described(), "runs": kept}
    for workload in chosen.workloads.split(","):
        record["runs"] += compare(chosen.peers.split(","), [workload], chosen.repeats, chosen.timeout)
        chosen.out.write_text(json.dumps(record, indent=1), encoding="utf-8")
    print(tables.page(record))


if __name__ == "__main__":
    main()
