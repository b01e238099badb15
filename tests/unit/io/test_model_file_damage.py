"""A damaged model file is refused with `ModelFileError`: never another error, never another model."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.io.text import text_of

BIRTHWT = gk.load_dataset("birthwt")
FORMULA = (
    "low ~ poly(age, 2) + factor(race) + C(smoke, Helmert) + bs(lwt, df = 4) + scale(lwt):ht"
    " + cut(age, c(0, 20, 25, 50)) + b"
)
FIT = gk.glm(FORMULA, BIRTHWT.assign(b=BIRTHWT["ui"] == 1), "binomial", offset="log(lwt)")
SAVED = FIT.to_json()
MODEL = json.loads(SAVED)["model"]
WITH_ROWS = gk.glm(
    "y ~ g", pd.DataFrame({"y": [1.0, 2, 4, 3], "g": list("abab")}), weights=[1.0, 2.0, 1.0, 1.0]
)
MODEL_WITH_ROWS = json.loads(WITH_ROWS.to_json(include_data=True))["model"]

Path = tuple[str | int, ...]
# Lists that may be shorter or longer: no other part of the file says how long they are.
FREE_LENGTH = (
    "notes",
    "trace",
    "dropped",
    "frame.columns",
    "knots",
    "boundary.x",
    "kept",
    "frame.response.levels",
)
# What a factor learned may be levels of any kind, in any number: those in use stand in its encoding.
LEARNED_LEVELS = ("smoke, Helmert).of.levels", "factor(race).of.levels")
# Numbers that may be missing: a family without a likelihood, a null model outside the range.
MAY_BE_NAN = ("loglik", "null.deviance", "null.loglik", "data.columns")


def members(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value inside a document with the way to it."""
    if path:
        yield path, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in inside:
        yield from members(member, (*path, key))


def changed(model: dict[str, Any], path: Path, value: Any) -> str:
    """Return the file with another value at a place, and a checksum that fits."""
    document = copy.deepcopy(model)
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    if value is REMOVED:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return text_of(document, "0.1.0")


REMOVED = object()


def refused(text: str) -> bool:
    try:
        gk.from_json(text)
    except gk.ModelFileError:
        return True
    return False


def is_hex(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip("-").startswith("0x")


def dotted(path: Path) -> str:
    return ".".join(map(str, path))


def free(path: Path, names: tuple[str, ...]) -> bool:
    return any(name in dotted(path) for name in names)


def wrong_types(value: Any) -> list[Any]:
    others = [7, "seven", [], {}, True, None]
    return [other for other in others if type(other) is not type(value)]


def accepted(model: dict[str, Any], changes: list[tuple[Path, Any]]) -> list[str]:
    return [
        f"{dotted(path)} := {value!r:.40}"
        for path, value in changes
        if not refused(changed(model, path, value))
    ]


@pytest.mark.parametrize("model", [MODEL, MODEL_WITH_ROWS], ids=["without rows", "with rows"])
def test_every_key_is_needed(model):
    # C(g) without a contrast is a call too.
    keys = [
        path for path, _ in members(model) if isinstance(path[-1], str) and path[-2:] != ("of", "contrast")
    ]
    assert accepted(model, [(path, REMOVED) for path in keys]) == []


def mistyped(model: dict[str, Any]) -> list[tuple[Path, Any]]:
    """Return every value of a document with every wrong type in its place."""
    may_be_null = ("arguments", "labels", "event", "levels", "base", "data", "threads", "index", "context")
    may_be_text = ("arguments", "base", "of.levels", "event")
    changes = [(path, wrong) for path, value in members(model) for wrong in wrong_types(value)]
    return [
        (path, value)
        for path, value in changes
        if not free(path, LEARNED_LEVELS)
        and not (value is None and free(path, may_be_null))
        and not (isinstance(value, str) and free(path, may_be_text))
        and not (isinstance(value, (bool, int)) and path[-1] in ("max_halvings", "threads", "max_iter"))
        and not (value == [] and free(path, FREE_LENGTH))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("model", [MODEL, MODEL_WITH_ROWS], ids=["without rows", "with rows"])
def test_every_value_has_its_type(model):
    assert accepted(model, mistyped(model)) == []


def test_one_value_in_twenty_has_its_type():
    assert accepted(MODEL, mistyped(MODEL)[::20]) == []


def test_every_list_has_its_length():
    lists = [(path, value) for path, value in members(MODEL) if isinstance(value, list) and value]
    fixed = [(path, value) for path, value in lists if not free(path, FREE_LENGTH + LEARNED_LEVELS)]
    shorter = [(path, value[:-1]) for path, value in fixed]
    longer = [(path, [*value, value[-1]]) for path, value in fixed]
    assert accepted(MODEL, shorter + longer) == []


def test_no_number_may_be_nan():
    numbers = [path for path, value in members(MODEL) if is_hex(value) and not free(path, MAY_BE_NAN)]
    assert accepted(MODEL, [(path, "nan") for path in numbers[::2]]) == []


def test_how_many_damages_are_tried(capsys):
    found = list(members(MODEL)) + list(members(MODEL_WITH_ROWS))
    keys = sum(isinstance(path[-1], str) for path, _ in found)
    types = sum(len(wrong_types(value)) for _, value in found)
    with capsys.disabled():
        print(
            f"\nmodel files: {keys} keys removed, about {types} wrong types, {len(SAVED) // 97} cuts, 600 flips"
        )
    assert len(found) > 800


@pytest.mark.parametrize("place", range(0, len(SAVED), 97))
def test_a_cut_file_is_refused(place):
    assert refused(SAVED[:place])


@pytest.mark.parametrize("bit", [1, 4, 32])
def test_a_flipped_byte_is_refused(bit):
    rng = np.random.default_rng(bit)
    places = rng.choice(len(SAVED) - 1, 200, replace=False)  # the last byte ends the line
    flipped = [SAVED[:i] + chr(ord(SAVED[i]) ^ bit) + SAVED[i + 1 :] for i in places]
    assert [text for text in flipped if not refused(text)] == []


def test_a_flipped_byte_of_a_compressed_file_is_refused_or_changes_nothing(tmp_path):
    path = tmp_path / "m.json.gz"
    FIT.save(path)
    raw = path.read_bytes()
    places = np.random.default_rng(5).choice(len(raw), 200, replace=False)
    assert {outcome(path, raw, int(i)) for i in places} <= {"refused", "the same"}


def outcome(path, raw: bytes, place: int) -> str:
    path.write_bytes(raw[:place] + bytes([raw[place] ^ 16]) + raw[place + 1 :])
    try:
        return "the same" if gk.load(path).to_json() == SAVED else "another model"
    except gk.ModelFileError:
        return "refused"


def test_a_huge_number_is_found_by_the_checksum():
    huge = SAVED.replace(MODEL["estimate"]["coef"][0], "0x1.0000000000000p+1000")
    with pytest.raises(gk.ModelFileError, match="checksum"):
        gk.from_json(huge)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("family", "name"), "os.system", "does not know"),
        (("family", "name"), "Normalish", "does not know"),
        (("family", "link", "name"), "Power", "lacks 'p'"),
        (("family", "link", "name"), "FunctionLink", "does not know"),
        (("design", "formula"), "low ~ __import__('os').system('id')", "cannot be read"),
        (("design", "formula"), "low ~ age", "encodings"),
        (("design", "columns", 1), "another", "columns.*are not those"),
        (("design", "encodings", "factor(race)", "contrast", "name"), "exec", "does not know"),
        (("estimate", "covariance", 0, 1), "0x1.0000000000000p+40", "not a covariance"),
        (("fit", "dispersion"), "0x1.0000000000000p+1", "dispersion"),
        (("fit", "deviance"), "-0x1.0000000000000p+1", "deviance"),
        (("frame", "rows", "used"), 0, "add up"),
        (("method",), "magic", "does not know"),
        (("control", "tol"), {"float": "0x1.0000000000000p+3"}, "tol"),
    ],
)
def test_what_is_outside_the_closed_vocabulary_is_refused(path, value, said):
    with pytest.raises(gk.ModelFileError, match=said):
        gk.from_json(changed(MODEL, path, value))


def test_an_unknown_key_is_refused_or_warned_about():
    text = changed(MODEL, ("colour",), "blue")
    with pytest.raises(gk.ModelFileError, match="unknown key 'colour'"):
        gk.from_json(text)
    with pytest.warns(gk.GlmkitWarning, match="colour"):
        loaded = gk.from_json(text, strict=False)
    assert loaded.to_json() == SAVED


def test_rows_of_other_data_are_refused():
    text = changed(MODEL_WITH_ROWS, ("data", "columns", "y", "numbers", 0), "0x1.4000000000000p+5")
    with pytest.raises(gk.ModelFileError, match="not those of the coefficients"):
        gk.from_json(text)


def test_refusing_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert refused(SAVED[:100])
