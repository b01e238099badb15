"""Saved models: the same predictions to the bit, the same bytes again, and nothing of the rows."""

from __future__ import annotations

import copy
import gc
import gzip
import os
import pickle
import stat
import warnings

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.frame.vocabulary import STATEFUL
from glmkit.io import states, text
from glmkit.models.record import Record

BIRTHWT = gk.load_dataset("birthwt")
WARPBREAKS = gk.load_dataset("warpbreaks")
DATES = pd.DataFrame(
    {
        "y": [1.0, 2.0, 4.0, 3.0, 5.0, 7.0],
        "when": pd.Categorical([pd.Timestamp("2020-01-01"), pd.Timestamp("2021-06-01 12:00")] * 3),
        "number": pd.Categorical([1, 2, 3] * 2),
        "text": ["1", "2"] * 3,
        "b": [True, False, False, True, False, True],
    }
)

FITS = {
    "splines and factors": ("low ~ ns(age, 3) * smoke + scale(lwt) + factor(race)", BIRTHWT, "binomial", {}),
    "polynomials": ("low ~ poly(age, 2) + poly(lwt, 2, raw = TRUE)", BIRTHWT, "quasibinomial", {}),
    "contrasts": (
        "bwt ~ C(race, Sum) * ht + cut(age, 3) + offset(log(lwt))",
        BIRTHWT,
        "gaussian",
        {"contrasts": {"cut(age, 3)": "helmert"}},
    ),
    "a matrix of contrasts": (
        "breaks ~ tension",
        WARPBREAKS,
        "poisson",
        {"contrasts": {"tension": np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])}},
    ),
    "a power link": (
        "bwt ~ bs(age, df = 5) + relevel(factor(race), ref = '2')",
        BIRTHWT,
        gk.Gamma("mu^0.5"),
        {},
    ),
    "a dot": ("low ~ . - bwt", BIRTHWT, "binomial", {}),
    "weights and offset by name": (
        "low ~ age",
        BIRTHWT,
        "poisson",
        {"weights": "ht + 1", "offset": "log(lwt)"},
    ),
    "weights and offset by value": (
        "low ~ age",
        BIRTHWT,
        "poisson",
        {"freq_weights": np.full(189, 2), "offset": np.linspace(0, 1, 189), "subset": "age > 15"},
    ),
    "counts": ("cbind(low, 1 - low) ~ age", BIRTHWT, "binomial", {}),
    "aliased": ("low ~ age + I(2 * age) + smoke", BIRTHWT, "binomial", {}),
    "missing": ("low ~ age", BIRTHWT.assign(age=BIRTHWT["age"].where(BIRTHWT["age"] > 16)), "binomial", {}),
    "typed levels": ("y ~ when + number", DATES, "gaussian", {}),
    "truth and text": ("y ~ text + b", DATES, "gaussian", {"na_action": "exclude"}),
    "a quasi family": ("breaks ~ wool", WARPBREAKS, gk.Quasi("mu^2", "log"), {}),
    "far from zero": ("low ~ I(age + 738000) + smoke", BIRTHWT, "binomial", {}),
    "on the edge": (
        "y ~ x",
        pd.DataFrame({"x": [0.0, 1, 2, 3], "y": [0.0, 1, 0, 6]}),
        gk.Poisson("identity"),
        {},
    ),
}


def fitted(name: str) -> tuple[gk.Results, pd.DataFrame]:
    formula, data, family, arguments = FITS[name]
    with pytest.warns(gk.GlmkitWarning) if name in WARNED else nothing():
        return gk.glm(formula, data, family, **arguments), data


class nothing:  # noqa: N801  (as contextlib.nullcontext, which pytest.warns is not)
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


WARNED = {"aliased", "missing", "on the edge"}


def new_rows(fit: gk.Results, data: pd.DataFrame, **more: object) -> pd.DataFrame:
    given = fit.frame.arguments.offset
    values = {} if given is None or isinstance(given, str) else {"offset": 0.5}
    return fit.predict(data.iloc[:7], se=True, interval="mean", **values)


@pytest.mark.parametrize("name", FITS)
def test_a_loaded_model_predicts_the_same_bits(name, tmp_path):
    fit, data = fitted(name)
    fit.save(tmp_path / "m.json")
    loaded = gk.load(tmp_path / "m.json")
    pd.testing.assert_frame_equal(new_rows(loaded, data), new_rows(fit, data), check_exact=True)


@pytest.mark.parametrize("name", FITS)
def test_saving_a_loaded_model_gives_the_same_bytes(name):
    saved = fitted(name)[0].to_json()
    assert gk.from_json(saved).to_json() == saved


@pytest.mark.parametrize("name", FITS)
def test_a_loaded_model_prints_the_same(name):
    fit = fitted(name)[0]
    loaded = gk.from_json(fit.to_json())
    assert (str(loaded.summary()), repr(loaded)) == (str(fit.summary()), repr(fit))


@pytest.mark.parametrize("name", FITS)
def test_a_loaded_model_has_its_covariance_intervals_and_tests(name):
    fit = fitted(name)[0]
    loaded = gk.from_json(fit.to_json())
    pd.testing.assert_frame_equal(loaded.vcov(), fit.vcov(), check_exact=True)
    pd.testing.assert_frame_equal(loaded.confint("wald"), fit.confint("wald"), check_exact=True)
    pd.testing.assert_frame_equal(loaded.tidy(), fit.tidy(), check_exact=True)
    pd.testing.assert_frame_equal(loaded.glance(), fit.glance(), check_exact=True)


@pytest.mark.parametrize("name", FITS)
def test_a_model_saved_with_its_rows_has_them_back(name):
    fit = fitted(name)[0]
    saved = fit.to_json(include_data=True)
    loaded = gk.from_json(saved)
    # The same fit from the same numbers: only sums may be taken in another order.
    np.testing.assert_allclose(loaded.fitted, fit.fitted, rtol=1e-9)
    np.testing.assert_array_equal(loaded.coef, fit.coef)
    assert loaded.fitted.index.equals(fit.fitted.index)
    assert loaded.to_json(include_data=True) == saved
    assert loaded.to_json() == fit.to_json()


def test_a_robust_covariance_is_kept_and_named():
    fit = gk.glm("breaks ~ wool", WARPBREAKS, "poisson").with_vcov("HC1")
    loaded = gk.from_json(fit.to_json())
    np.testing.assert_array_equal(loaded.std_error, fit.std_error)
    assert "HC1" in str(loaded.summary())


def test_a_fit_to_arrays_comes_back():
    X = np.column_stack([np.ones(6), np.arange(6.0)])
    fit = gk.glm_fit(X, [1.0, 2.0, 2.0, 5.0, 6.0, 9.0], "poisson")
    loaded = gk.from_json(fit.to_json(include_data=True))
    np.testing.assert_array_equal(loaded.predict(X), fit.predict(X))
    assert loaded.formula is None


ROWS_NEEDED = {
    "fitted": lambda fit: fit.fitted,
    "linear_predictor": lambda fit: fit.linear_predictor,
    "weights": lambda fit: fit.weights,
    "design": lambda fit: fit.design,
    "residuals": lambda fit: fit.residuals(),
    "augment": lambda fit: fit.augment(),
    "predictions of its own rows": lambda fit: fit.predict(),
    "robust covariance": lambda fit: fit.with_vcov("HC0"),
    "clusters": lambda fit: fit.with_vcov("CR1", cluster="tension"),
    "a bootstrap": lambda fit: fit.bootstrap(),
    "a profile": lambda fit: fit.profile(),
    "another formula": lambda fit: fit.update(". ~ . - wool"),
    "influence": lambda fit: fit.influence(),
    "simulation": lambda fit: fit.simulate(),
    "its data again": lambda fit: fit.to_json(include_data=True),
}


@pytest.mark.parametrize("what", ROWS_NEEDED)
def test_what_needs_the_rows_says_so(what):
    slim = gk.glm("breaks ~ wool", WARPBREAKS, "poisson").slim()
    with pytest.raises(gk.FitError, match=r"no rows of data.*include_data=True"):
        ROWS_NEEDED[what](slim)


# ----------------------------------------------------------------------------- infinite estimates


def separated(**columns):
    data = pd.DataFrame({"y": [0, 0, 0, 1, 1, 1, 1, 0], "g": list("aaaabbbb"), **columns})
    data.loc[7, "y"] = 1
    with pytest.warns(gk.SeparationWarning):
        return gk.glm("y ~ g", data, "binomial"), data


def test_one_direction_of_separation_is_kept():
    fit, _ = separated()
    loaded = gk.from_json(fit.to_json())
    assert loaded.coef["g[T.b]"] == np.inf
    assert loaded.predict({"g": ["a", "b"]}).tolist() == fit.predict({"g": ["a", "b"]}).tolist()
    assert str(loaded.summary()) == str(fit.summary())


def test_several_directions_answer_only_what_does_not_depend_on_the_rows():
    data = pd.DataFrame({"x": np.arange(8.0), "y": [0, 0, 0, 0, 1, 1, 1, 1]})
    with pytest.warns(gk.SeparationWarning):
        fit = gk.glm("y ~ x", data, "binomial")
    loaded = gk.from_json(fit.to_json())
    assert str(loaded.summary()) == str(fit.summary())
    with pytest.raises(gk.FitError, match="separated rows"):
        loaded.predict({"x": [1.0]})
    again = gk.from_json(fit.to_json(include_data=True))
    assert again.predict({"x": [1.0, 6.0]}).tolist() == [0.0, 1.0]


# ----------------------------------------------------------------------------- names of one's own


def test_a_function_of_ones_own_is_asked_for_at_loading():
    fit = gk.glm("breaks ~ twice(n)", WARPBREAKS.assign(n=np.arange(54)), context={"twice": lambda x: 2 * x})
    saved = fit.to_json()
    with pytest.raises(gk.ModelFileError, match=r"twice.*functions="):
        gk.from_json(saved)
    loaded = gk.from_json(saved, functions={"twice": lambda x: 2 * x})
    assert loaded.predict({"n": 3}).tolist() == fit.predict({"n": 3}).tolist()
    assert fit.slim().predict({"n": 3}).tolist() == fit.predict({"n": 3}).tolist()


def test_a_constant_of_ones_own_is_in_the_file():
    fit = gk.glm("breaks ~ I(n / unit)", WARPBREAKS.assign(n=np.arange(54)), context={"unit": 10.0})
    assert gk.from_json(fit.to_json()).predict({"n": 3}).tolist() == fit.predict({"n": 3}).tolist()


def test_a_link_of_ones_own_is_refused():
    link = gk.Link.from_functions("mine", np.log, np.exp, np.exp)
    fit = gk.glm("breaks ~ wool", WARPBREAKS, gk.Poisson(link))
    with pytest.raises(gk.FamilyError, match="'mine' is your own"):
        fit.to_json()


def test_a_family_of_ones_own_is_refused():
    class Mine(gk.Poisson):
        pass

    with pytest.raises(gk.FamilyError, match="'Mine' is your own"):
        gk.glm("breaks ~ wool", WARPBREAKS, Mine()).to_json()


def test_levels_of_an_unknown_type_are_refused():
    data = WARPBREAKS.assign(g=pd.cut(np.arange(54), 3))
    with pytest.raises(gk.FitError, match="Interval"):
        gk.glm("breaks ~ g", data, "poisson").to_json()


# ----------------------------------------------------------------------------- nothing of the rows


SECRET = pd.DataFrame(
    {
        "y": [3.14159, 2.71828, 1.41421, 1.73205, 2.23606, 2.64575, 3.31662, 3.60555],
        "x": [0.57721, 0.91596, 1.20205, 1.64493, 0.69314, 0.30102, 0.43429, 0.11111],
        "w": [1.1213, 1.1313, 1.1413, 1.1513, 1.1613, 1.1713, 1.1813, 1.1913],
        "z": [7.7717, 7.7727, 7.7737, 7.7747, 7.7757, 7.7767, 7.7777, 7.7787],
    },
    index=[f"person-{i:03}" for i in range(8)],
)


def secrets() -> list[float]:
    return [float(value) for value in SECRET.to_numpy().ravel()]


def slim_fit() -> gk.Results:
    fit = gk.glm("y ~ x + log(z)", SECRET, weights="w", offset=SECRET["z"] / 10)
    return fit.slim()


def test_a_saved_model_holds_no_value_of_the_data():
    saved = slim_fit().to_json()
    assert [value for value in secrets() if value.hex() in saved or str(value) in saved] == []
    assert "person-" not in saved


def test_a_pickled_slim_model_holds_no_value_of_the_data():
    raw = pickle.dumps(slim_fit())
    forms = [f(value) for value in secrets() for f in (packed, swapped, written)]
    assert [form for form in forms if form in raw] == []
    assert b"person-" not in raw


def packed(value: float) -> bytes:
    return np.float64(value).tobytes()


def swapped(value: float) -> bytes:
    return np.float64(value).tobytes()[::-1]


def written(value: float) -> bytes:
    return repr(value).encode()


def reachable(root: object) -> list[object]:
    """Return every object that a value leads to, modules and classes left out."""
    seen, queue = {id(root): root}, [root]
    while queue:
        for found in gc.get_referents(queue.pop()):
            if id(found) not in seen and not isinstance(found, (type, type(os), type(reachable))):
                seen[id(found)] = found
                queue.append(found)
    return list(seen.values())


def test_nothing_that_a_slim_model_refers_to_holds_a_value_of_the_data():
    values = set(secrets())
    floats = [one for one in reachable(vars(slim_fit())) if isinstance(one, float)]
    arrays = [
        one for one in reachable(vars(slim_fit())) if isinstance(one, np.ndarray) and one.dtype.kind == "f"
    ]
    held = {float(number) for array in arrays for number in array.ravel()} | set(floats)
    assert held & values == set()
    assert arrays != []


def test_a_slim_model_can_be_copied_and_pickled():
    slim = slim_fit()
    again = pickle.loads(pickle.dumps(copy.deepcopy(slim)))
    assert (
        again.predict({"x": 1.0, "z": 2.0}, offset=0.0).tolist()
        == slim.predict({"x": 1.0, "z": 2.0}, offset=0.0).tolist()
    )


def test_every_field_of_a_fit_is_in_the_file():
    # A new field of `Record` needs a place in the file, or a saved model would forget it. The way by
    # which `step` came to a model is not kept.
    assert set(Record.__dataclass_fields__) - {"step_path"} == {
        "frame", "fit", "estimate", "control", "method", "notes", "boundary",
    }  # fmt: skip


def test_every_function_that_learns_has_its_state_checked():
    assert set(states._SHAPES) == set(STATEFUL)


# ----------------------------------------------------------------------------- the file itself


def test_a_compressed_file_comes_back_and_has_no_date(tmp_path):
    fit = gk.glm("breaks ~ wool", WARPBREAKS, "poisson")
    fit.save(tmp_path / "a.json.gz")
    fit.save(tmp_path / "b.json.gz")
    assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()
    assert gk.load(tmp_path / "a.json.gz").to_json() == fit.to_json()


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    fit = gk.glm("breaks ~ wool", WARPBREAKS, "poisson")
    path = tmp_path / "m.json"
    path.write_text("the old one")
    monkeypatch.setattr(text.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit.save(path)
    assert path.read_text() == "the old one"
    assert os.listdir(tmp_path) == ["m.json"]


def interrupted(*_):
    raise KeyboardInterrupt


def test_a_save_that_the_disk_refuses_leaves_the_old_file(tmp_path, monkeypatch):
    fit = gk.glm("breaks ~ wool", WARPBREAKS, "poisson")
    path = tmp_path / "m.json"
    path.write_text("the old one")
    monkeypatch.setattr(text.os, "fsync", full)
    with pytest.raises(gk.ModelFileError, match=r"cannot be written.*No space"):
        fit.save(path)
    assert path.read_text() == "the old one"
    assert os.listdir(tmp_path) == ["m.json"]


def full(*_):
    raise OSError(28, "No space left on device")


def test_a_saved_file_has_the_usual_permissions(tmp_path):
    path = tmp_path / "m.json"
    usual = tmp_path / "usual"
    usual.write_text("")
    gk.glm("breaks ~ wool", WARPBREAKS, "poisson").save(path)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "no" / "m.json"
    with pytest.raises(gk.ModelFileError) as raised:
        gk.glm("breaks ~ wool", WARPBREAKS, "poisson").save(path)
    assert str(raised.value) == (
        f"{str(path)!r} cannot be written: the folder {str(path.parent)!r} does not exist. "
        "Make it first, or choose another path."
    )


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "no").write_text("")
    with pytest.raises(gk.ModelFileError, match="no' is not a folder"):
        gk.glm("breaks ~ wool", WARPBREAKS, "poisson").save(tmp_path / "no" / "m.json")


def test_a_path_that_is_a_folder_is_named_as_given(tmp_path):
    with pytest.raises(gk.ModelFileError) as raised:
        gk.glm("breaks ~ wool", WARPBREAKS, "poisson").save(tmp_path)
    assert str(raised.value).startswith(f"{str(tmp_path)!r} cannot be written: Is a directory. ")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (pickle.dumps({"a": 1}), "not a glmkit model file"),
        (b"", "not a glmkit model file"),
        (b"[1]", "not a glmkit model file"),
        (b"{}", "not a glmkit model file"),
        (b'{"format":"glmkit.model"}', "schema"),
        (b'{"format":"glmkit.model","schema":2}', "newer glmkit.*Upgrade"),
        (b'{"format":"glmkit.model","schema":1,"checksum":"0","model":{}}', "damaged.*checksum"),
        (b'{"format":"glmkit.model","format":"glmkit.model"}', "twice"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":1e400}', "hexadecimal"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deeply|deeper"),
        (b'{"a":' + b"[" * 60 + b"]" * 60 + b"}", "deeper"),
        (b'{"a":' + b"9" * 5000 + b"}", "not a whole glmkit model file"),
        (b"\xff\xfe", "not text"),
        (gzip.compress(b"{}", mtime=0)[:-4], "cut off"),
        (gzip.compress(b"{}", mtime=0) + b"x", "cut off|after"),
        (b"\x1f\x8b" + b"rubbish", "damaged"),
    ],
)
def test_what_is_no_model_file_is_refused(raw, said, tmp_path):
    path = tmp_path / "m.json"
    path.write_bytes(raw)
    with pytest.raises(gk.ModelFileError, match=said):
        gk.load(path)


def test_a_file_that_unpacks_to_too_much_is_refused_early(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "MOST_UNPACKED", 2**20)
    path = tmp_path / "m.json"
    path.write_bytes(gzip.compress(b" " * 2**24))
    with pytest.raises(gk.ModelFileError, match="unpacks to more"):
        gk.load(path)


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "MOST_PACKED", 100)
    path = tmp_path / "m.json"
    path.write_bytes(b" " * 101)
    with pytest.raises(gk.ModelFileError, match="larger"):
        gk.load(path)


def test_rows_saved_with_an_estimated_theta_are_found_at_the_saved_maximum():
    # With theta held the iterations from the response alone end in another maximum.
    x = [4.6, 7.5, 4.5, 5.2, 6.5, 7.9, 7.7, 0.9, 6.9, 1.5, 4.1, 4.1, 1.9, 1.7]
    w = [2, 0, 0, 3, 1, 1, 2, 1, 0, 0, 3, 1, 3, 2]
    y = [
        231.853,
        1.9,
        472.975,
        545.741,
        979.5,
        611.278,
        788.268,
        588.155,
        513.873,
        456.983,
        512.834,
        238.523,
        705.795,
    ]
    data = pd.DataFrame({"x": x, "w": w, "y": [*y, 630.199], "o": [0, 0, 2, 2, 3, 2, 2, 3, 1, 3, 3, 2, 3, 2]})
    with pytest.warns(gk.GlmkitWarning):
        fit = gk.glm("y ~ log(x) + ns(x, 3) + factor(w)", data, gk.NegativeBinomial(link="sqrt"), offset="o")
    loaded = gk.from_json(fit.to_json(include_data=True))
    np.testing.assert_array_equal(loaded.coef, fit.coef)


def test_rows_saved_with_means_next_to_the_end_of_their_range_are_read_back():
    data = pd.DataFrame(
        {
            "x": [0.2, 1.3, 4.7, 6.2, 7.5],
            "z": [6.0, -1.5, 4.2, 4.3, 5.4],
            "w": [0, 0, 0, 2, 2],
            "y": [1, 0, 0, 1, 0],
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gk.GlmkitWarning)
        fit = gk.glm("y ~ (x + z)**2 + w", data, gk.QuasiPoisson("1/mu^2"))
    assert gk.from_json(fit.to_json(include_data=True)).deviance == fit.deviance


def test_rows_of_a_separated_fit_that_did_not_converge_are_read_back():
    data = pd.DataFrame(
        {"g": list("eabcdanbda"), "y": [105.4, 933.8, 355.4, 195.1, 374.2, 497.6, 169.4, 0.3, 770.3, 513.8]}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gk.GlmkitWarning)
        fit = gk.glm("y ~ g", data, gk.Gamma("cauchit"))
    assert gk.from_json(fit.to_json(include_data=True)).deviance == fit.deviance
