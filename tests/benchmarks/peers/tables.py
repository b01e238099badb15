"""Markdown from the record of `peers.run`: ``python -m peers.tables peers.json``."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

from . import machine
from .workloads import WORKLOADS

OURS = "glmkit"
COEF_WITHIN = 1e-7  # relative errors up to which a peer has solved the same problem
SE_WITHIN = 1e-5
MEASURED = ("seconds", "mebibytes", "coef_error", "se_error")

SHORT = (
    ("workload", "s"),
    ("glmkit, s", "r"),
    ("best peer", "s"),
    ("its s", "r"),
    ("times as fast", "r"),
    ("glmkit, MiB", "r"),
    ("its MiB", "r"),
    ("coefficient error", "r"),
    ("SE error", "r"),
)
LONG = (
    ("workload", "s"),
    ("peer", "s"),
    ("seconds", "r"),
    ("over glmkit's", "r"),
    ("MiB", "r"),
    ("coefficient error", "r"),
    ("SE error", "r"),
    ("eligible", "s"),
    ("runs", "r"),
)


def page(record: dict) -> str:
    """Both tables, the workloads in words, and what they were measured on."""
    used = [name for name in WORKLOADS if any(run["workload"] == name for run in record["runs"])]
    words = "\n".join(f"- {name}: {WORKLOADS[name].described()}" for name in used)
    return "\n\n".join([short_table(record), long_table(record), words, caption(record)]) + "\n"


def short_table(record: dict) -> str:
    """Each workload in one line: glmkit beside the fastest of the others that is right."""
    medians = medians_of(record["runs"])
    rows = []
    for name, found in medians.items():
        ours = found.get(OURS, {})
        others = [(m["seconds"], peer) for peer, m in found.items() if peer != OURS and eligible(m)]
        best = min(others)[1] if others else "none"
        other = found.get(best, {})
        speed = ratio(other.get("seconds"), ours.get("seconds"))
        pairs = [seconds(other), speed, memory(ours), memory(other)]
        rows.append([name, seconds(ours), best, *pairs, error(ours, "coef_error"), error(ours, "se_error")])
    return markdown(SHORT, rows)


def long_table(record: dict) -> str:
    """Each peer on each workload, the fastest first; without numbers, the reason."""
    rows = []
    for name, found in medians_of(record["runs"]).items():
        ours = found.get(OURS, {}).get("seconds")
        for peer in sorted(found, key=lambda p: found[p].get("seconds", float("inf"))):
            m = found[peer]
            verdict = m.get("reason") or ("yes" if eligible(m) else "no")
            numbers = [seconds(m), ratio(m.get("seconds"), ours), memory(m)]
            errors = [error(m, "coef_error"), error(m, "se_error")]
            rows.append([name, peer, *numbers, *errors, verdict, str(m["runs"])])
    return markdown(LONG, rows)


def caption(record: dict) -> str:
    """Versions, machine and load."""
    versions = {run["peer"]: {} for run in record["runs"] if "version" in run}
    for run in record["runs"]:
        if "version" in run:
            versions[run["peer"]][run["version"]] = None
    peers = ", ".join(f"{peer} {' and '.join(found)}" for peer, found in versions.items())
    loads = [run["load"] for run in record["runs"] if "load" in run]
    load = f" Load while measured: {min(loads):.1f} to {max(loads):.1f}." if loads else ""
    return f"{peers}. {machine.sentence(record['machine'])}{load}"


def medians_of(runs: list[dict]) -> dict[str, dict[str, dict]]:
    """Workload, peer: medians and the number of runs, or the reason why there are none."""
    grouped: dict[str, dict[str, list[dict]]] = {}
    for run in runs:
        grouped.setdefault(run["workload"], {}).setdefault(run["peer"], []).append(run)
    return {name: {peer: median_of(r) for peer, r in peers.items()} for name, peers in grouped.items()}


def median_of(runs: list[dict]) -> dict:
    finished = [run for run in runs if "seconds" in run]
    if not finished:
        return {"runs": 0, "reason": runs[-1].get("skipped") or f"failed: {runs[-1]['failed']}"}
    medians = {field: statistics.median(run[field] for run in finished) for field in MEASURED}
    return {"runs": len(finished), **medians}


def eligible(found: dict) -> bool:
    """Whether a peer has solved the problem, so that its time counts; NaN has not."""
    return found.get("coef_error", 1.0) <= COEF_WITHIN and found.get("se_error", 1.0) <= SE_WITHIN


def seconds(found: dict) -> str:
    return digits(found.get("seconds"))


def memory(found: dict) -> str:
    value = found.get("mebibytes")
    if value is None:
        return ""
    return "< 1" if value < 0.5 else f"{value:.0f}"


def error(found: dict, field: str) -> str:
    value = found.get(field)
    return "" if value is None else f"{value:.0e}"


def ratio(above: float | None, below: float | None) -> str:
    if above is None or below is None:
        return ""
    return f"{above / below:.1f}" if above >= below else f"{above / below:.2f}"


def digits(value: float | None) -> str:
    """Three significant digits without an exponent; nothing for nothing."""
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.001 else f"{value:.5f}"


def markdown(columns: tuple[tuple[str, str], ...], rows: list[list[str]]) -> str:
    """A pipe table; columns are named and aligned, "s" to the left and "r" to the right."""
    lines = [[name for name, _ in columns], ["---:" if side == "r" else "---" for _, side in columns]]
    clean = [[cell.replace("|", "/") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [*lines, *clean])


if __name__ == "__main__":
    print(page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
