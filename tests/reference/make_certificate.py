"""Write glmkit/certificate.json, the models that `gk.verify()` fits: python tests/reference/make_certificate.py.

R's numbers are those of `oracle/`, NIST's those of `nist/`; nothing is computed here.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from oracle_cases import case_ids, contrasts_of, data_of, numbers, read_case, waiting_for

from glmkit.frame.syntax import names_in, parse

TARGET = Path(__file__).parents[2] / "glmkit" / "certificate.json"
NIST = Path(__file__).parent / "nist"
MOST_ROWS = 200
FIELDS = ("deviance", "loglik")


def from_r() -> list[dict]:
    """Return the models of R whose data are small, with the columns they use."""
    found = []
    for case_id in case_ids():
        case = read_case(case_id)
        if waiting_for(case) or case["model"]["method"] != "glm" or case["model"]["start"] is not None:
            continue
        if case["model"]["family"] in ("negative.binomial", "tweedie"):  # they carry a theta or a power
            continue
        data = data_of(case)
        if len(data) <= MOST_ROWS:
            found.append(entry(case_id, case, data))
    return found


def entry(case_id: str, case: dict, data) -> dict:
    model, expect = case["model"], case["expect"]
    offset = model["offset"]["expression"] if (model["offset"] or {}).get("given") == "argument" else None
    texts = [model["formula_r"], model["weights"], offset, model["subset"]]
    used = {name for text in texts if text for name in names_in(parse(text))}
    columns = {name: column(data[name]) for name in data.columns if name in used or "." in used}
    estimates = expect["coefficients"]
    return {
        "name": case_id,
        "source": "R 4.2.2",
        "formula": model["formula_r"],
        "family": {"name": model["family"], "link": model["link"], "variance": model["variance"]},
        "weights": model["weights"],
        "offset": offset,
        "subset": model["subset"],
        "contrasts": {name: scheme(one) for name, one in contrasts_of(case).items()},
        "data": columns,
        "estimate": plain(numbers(estimates["estimate"])),
        "std_error": plain(numbers(estimates["std_error"])),
        "deviance": plain(numbers([expect["deviance"]]))[0],
    }


def scheme(one: object) -> dict:
    return {"name": one, "base": None} if isinstance(one, str) else {"name": one.name, "base": one.base}


def column(series) -> dict:
    if hasattr(series, "cat"):
        levels = [str(level) for level in series.cat.categories]
        return {"levels": levels, "ordered": bool(series.cat.ordered), "codes": series.cat.codes.tolist()}
    return {"values": [None if v != v else v for v in series.tolist()]}


def plain(values) -> list:
    return [float(v) if np.isfinite(v) else None for v in values]


def from_nist() -> list[dict]:
    """Return the NIST sets, with the exact solution for columns rounded to double."""
    found = []
    for path in sorted(NIST.glob("*.json")):
        case = json.loads(path.read_text())
        found.append(
            {
                "name": case["id"],
                "source": "NIST StRD",
                "formula": case["formula_r"],
                "family": {"name": "gaussian", "link": "identity", "variance": None},
                "weights": None,
                "offset": None,
                "subset": None,
                "contrasts": {},
                "data": {name: {"values": values} for name, values in case["data"].items()},
                "estimate": [float(v) for v in case["exact"]["estimate"]],
                "std_error": [float(v) for v in case["exact"]["std_error"]],
                "deviance": None,
            }
        )
    return found


def certificate() -> str:
    """Return the text of the certificate."""
    return json.dumps([*from_nist(), *from_r()], separators=(",", ":"), allow_nan=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(certificate(), encoding="utf-8")
    print(f"{TARGET.stat().st_size} bytes")
