"""The smallest workload with whichever peers are installed: a table to look at, and glmkit's numbers.

Run with ``pytest -m benchmark -s tests/benchmarks/peers``; the other workloads with ``python -m peers.run``.
"""

from __future__ import annotations

import pytest

from . import machine, tables
from .adapters import PEERS, installed
from .run import compare

pytestmark = pytest.mark.benchmark

TIGHT = 1e-9  # relative; the reference is good to 1e-12


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    peers = [peer for peer in PEERS if installed(peer)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLMBENCH_DATA", str(tmp_path_factory.mktemp("workloads")))
        return {"machine": machine.described(), "runs": compare(peers, ["W5"], repeats=1, timeout=120.0)}


@pytest.fixture(scope="module")
def ours(record):
    return tables.medians_of(record["runs"])["W5"]["glmkit"]


def test_the_table_of_the_peers_has_a_line_for_glmkit(record, capsys):
    page = tables.page(record)
    with capsys.disabled():
        print("", page, sep="\n")
    assert "| W5 | glmkit |" in page


def test_coefficients_are_those_of_the_reference(ours):
    assert ours["coef_error"] < TIGHT


def test_std_errors_are_those_of_the_reference(ours):
    assert ours["se_error"] < TIGHT
