"""The tables of the comparison, from a record made up for it."""

from __future__ import annotations

import numpy as np
import pytest

from . import tables
from .workloads import WORKLOADS, simulate


def finished(peer, seconds, coef_error=1e-12, se_error=1e-12):
    found = {"seconds": seconds, "mebibytes": 10.0, "coef_error": coef_error, "se_error": se_error}
    return {"workload": "W5", "peer": peer, "version": "1", "load": 0.5, **found}


RECORD = {
    "runs": [
        finished("glmkit", 0.3),
        finished("glmkit", 0.1),
        finished("glmkit", 0.2),
        finished("slow", 0.8),
        finished("right", 0.4),
        finished("wrong", 0.01, coef_error=1e-3),
        {"workload": "W5", "peer": "absent", "skipped": "no Gamma family"},
    ]
}

SHORT = """\
| workload | glmkit, s | best peer | its s | times as fast | glmkit, MiB | its MiB | coefficient error | SE error |
| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |
| W5 | 0.2 | right | 0.4 | 2.0 | 10 | 10 | 1e-12 | 1e-12 |"""

LONG = """\
| workload | peer | seconds | over glmkit's | MiB | coefficient error | SE error | eligible | runs |
| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | ---: |
| W5 | wrong | 0.01 | 0.05 | 10 | 1e-03 | 1e-12 | no | 1 |
| W5 | glmkit | 0.2 | 1.0 | 10 | 1e-12 | 1e-12 | yes | 3 |
| W5 | right | 0.4 | 2.0 | 10 | 1e-12 | 1e-12 | yes | 1 |
| W5 | slow | 0.8 | 4.0 | 10 | 1e-12 | 1e-12 | yes | 1 |
| W5 | absent |  |  |  |  |  | no Gamma family | 0 |"""


def test_the_short_table_compares_with_the_fastest_peer_that_is_right():
    assert tables.short_table(RECORD) == SHORT


def test_the_long_table_has_every_peer_and_the_reason_of_those_without_numbers():
    assert tables.long_table(RECORD) == LONG


def test_without_glmkit_there_is_nothing_to_divide_by():
    alone = {"runs": [finished("right", 0.4)]}
    assert "| W5 |  | right | 0.4 |  |  | 10 |  |  |" in tables.short_table(alone)


def test_an_error_that_is_not_a_number_is_not_eligible():
    assert not tables.eligible({"coef_error": np.nan, "se_error": 0.0})


@pytest.mark.parametrize(
    ("value", "shown"), [(None, ""), (123.4, "123"), (11.74, "11.7"), (0.00612, "0.00612"), (4e-5, "0.00004")]
)
def test_seconds_have_three_digits_and_no_exponent(value, shown):
    assert tables.digits(value) == shown


def test_a_workload_is_the_same_each_time():
    first, second = simulate(WORKLOADS["W5"]), simulate(WORKLOADS["W5"])
    assert first.equals(second)
