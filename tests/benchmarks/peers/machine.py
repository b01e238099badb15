"""What a measurement was made on."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "scipy", "pandas", "formulaic", "threadpoolctl", "numba", "pyarrow")


def described() -> dict:
    """Processor, cores, memory, load, versions and the variables that set threads."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "processor": processor(),
        "cores": os.cpu_count(),
        "gibibytes": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.system(),
        "load": os.getloadavg()[0],
        "threads": {name: value for name, value in os.environ.items() if name.endswith("_NUM_THREADS")},
        "python": platform.python_version(),
        "packages": {name: installed_version(name) for name in PACKAGES},
    }


def processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def installed_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def sentence(machine: dict) -> str:
    """The machine in one sentence, for below a table."""
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    threads = ", ".join(f"{name}={value}" for name, value in machine["threads"].items())
    return (
        f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, {machine['gibibytes']} GiB, "
        f"{machine['system']}, Python {machine['python']}, {packages}; "
        f"threads: {threads or 'as each package likes'}."
    )
