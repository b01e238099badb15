"""What must hold when data come in chunks and something is wrong with one of them."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glmkit as gk
from glmkit.fitting.chunked.fit import _check_falling
from glmkit.fitting.chunked.stream import Total
from glmkit.fitting.scoring import Iteration

pq = pytest.importorskip("pyarrow.parquet")
pa = pytest.importorskip("pyarrow")

N = 300


def make(seed: int = 1, n: int = N) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"x": rng.normal(size=n), "z": rng.normal(size=n), "g": rng.choice(list("abc"), n), "w": 1.0}
    )
    frame["y"] = rng.poisson(np.exp(0.3 * frame.x + 0.2 * (frame.g == "b")))
    frame["event"] = (rng.uniform(size=n) < 1 / (1 + np.exp(-frame.x))).astype(float)
    return frame


def split(frame: pd.DataFrame, *at: int) -> list[pd.DataFrame]:
    edges = [0, *at, len(frame)]
    return [frame[first:last] for first, last in pairwise(edges)]


def write(folder: Path, frames: list[pd.DataFrame]) -> list[Path]:
    paths = [folder / f"part-{k}.parquet" for k in range(len(frames))]
    for path, frame in zip(paths, frames, strict=True):
        frame.to_parquet(path, index=False)
    return paths


def fit(frames: Any, formula: str = "y ~ x + g", family: Any = "poisson", **arguments: Any) -> gk.Results:
    return gk.glm(formula, gk.chunks(frames), family, **arguments)


def assert_same(chunked: gk.Results, whole: gk.Results) -> None:
    np.testing.assert_allclose(chunked.coef, whole.coef, rtol=1e-10)
    np.testing.assert_allclose(chunked.std_error, whole.std_error, rtol=1e-10)
    np.testing.assert_allclose(
        [chunked.deviance, chunked.null_deviance, chunked.loglik, chunked.nobs],
        [whole.deviance, whole.null_deviance, whole.loglik, whole.nobs],
        rtol=1e-10,
    )


# ----------------------------------------------------------------------------- levels and rows


def test_a_chunk_that_lacks_a_category_has_the_same_columns() -> None:
    data = make().sort_values("g", kind="stable").reset_index(drop=True)
    assert_same(fit(split(data, 50, 100, 200)), gk.glm("y ~ x + g", data, "poisson"))


def test_a_level_that_first_occurs_in_the_last_chunk_is_found() -> None:
    data = make()
    data.loc[N - 20 :, "g"] = "late"
    assert_same(fit(split(data, 100, N - 20)), gk.glm("y ~ x + g", data, "poisson"))


def test_a_level_that_was_not_declared_is_named_with_chunk_and_row() -> None:
    data = make()
    data.loc[N - 1, "g"] = "late"
    chunks = gk.chunks(split(data, 100, 200), levels={"g": ["a", "b", "c"]})
    with pytest.raises(gk.NewLevelError, match=f"'late' in row {N - 1}.*chunk 2") as error:
        gk.glm("y ~ x + g", chunks, "poisson")
    assert (error.value.levels, error.value.rows, error.value.chunk) == (("late",), [N - 1], 2)


def test_declared_levels_give_their_order() -> None:
    chunks = gk.chunks(split(make(), 100), levels={"g": ["c", "b", "a"]})
    assert list(gk.glm("y ~ g", chunks, "poisson").coef.index) == ["Intercept", "g[T.b]", "g[T.a]"]


@pytest.mark.filterwarnings("ignore::glmkit.errors.DroppedRowsWarning")
def test_a_chunk_of_missing_rows_adds_none() -> None:
    data = make()
    data.loc[100:199, "x"] = np.nan
    chunked, whole = fit(split(data, 100, 200)), gk.glm("y ~ x + g", data, "poisson")
    assert_same(chunked, whole)
    assert chunked.notes == whole.notes


@pytest.mark.parametrize("at", [(0, 0), (0, 1, 1, 2), (N, N), (7, 8, 150, 299), tuple(range(1, 40))])
def test_ragged_chunks_give_the_fit_of_one(at: tuple[int, ...]) -> None:
    data = make()
    assert_same(fit(split(data, *at)), gk.glm("y ~ x + g", data, "poisson"))


def refusal(data: Any) -> str:
    with pytest.raises(gk.DataError) as error:
        gk.glm("y ~ x + g", data, "poisson")
    return str(error.value)


def test_empty_chunks_are_refused_as_empty_data_are() -> None:
    assert refusal(gk.chunks([make()[:0], make()[:0]])) == refusal(make()[:0])


def test_chunks_of_missing_rows_are_refused_as_such_data_are() -> None:
    data = make().assign(x=np.nan)
    assert refusal(gk.chunks(split(data, 100))) == refusal(data)


def test_no_chunks_at_all_are_empty_data() -> None:
    assert "The data are empty" in refusal(gk.chunks([]))


def test_files_that_code_a_category_differently_are_matched_by_label(tmp_path: Path) -> None:
    data = make()
    first, second = split(data, 150)
    first = first.assign(g=pd.Categorical(first.g, ["a", "b", "c"]))
    second = second.assign(g=pd.Categorical(second.g, ["c", "a", "b"]))
    assert_same(fit(write(tmp_path, [first, second])), gk.glm("y ~ x + g", data, "poisson"))


def test_categories_keep_their_declared_order_through_files(tmp_path: Path) -> None:
    data = make()
    data["g"] = pd.Categorical(data.g, ["c", "a", "b", "never"])
    paths = write(tmp_path, split(data.sort_values("g"), 30, 200))
    chunked, whole = fit(paths), gk.glm("y ~ x + g", data, "poisson")
    assert list(chunked.coef.index) == list(whole.coef.index)
    assert_same(chunked, whole)


def test_a_factor_too_wide_to_cross_is_refused_before_it_is_made() -> None:
    n = 9_000
    data = pd.DataFrame(
        {"y": np.arange(n) % 7, "a": [f"a{k}" for k in range(n)], "b": [f"b{k % 4000}" for k in range(n)]}
    )
    with pytest.raises(gk.DataError, match=r"GiB.*absorb the factor") as error:
        gk.glm("y ~ a * b", gk.chunks(split(data, 5000)), "poisson")
    assert error.value.columns > 1e7


def test_an_identifier_as_a_factor_is_refused() -> None:
    n = 12_000
    data = pd.DataFrame({"y": np.arange(n) % 7, "a": [f"a{k}" for k in range(n)]})
    with pytest.raises(gk.DataError, match="takes at most 10000"):
        gk.glm("y ~ a", gk.chunks(split(data, 5000)), "poisson")


# ----------------------------------------------------------------------------- sources that fail


def test_a_truncated_file_is_named_with_the_row(tmp_path: Path) -> None:
    paths = write(tmp_path, split(make(), 100, 200))
    paths[1].write_bytes(paths[1].read_bytes()[:-200])
    with pytest.raises(gk.DataReadError, match=r"part-1\.parquet") as error:
        fit(paths)
    assert error.value.path == str(paths[1])


def damaged(folder: Path) -> list[Path]:
    """Return three files, the second of which is broken in its last row group."""
    data = make(n=3000)
    paths = write(folder, split(data, 1000, 2000))
    data[1000:2000].to_parquet(paths[1], index=False, row_group_size=250, compression="gzip")
    raw = bytearray(paths[1].read_bytes())
    last = pq.ParquetFile(paths[1]).metadata.row_group(3).column(0)
    start = last.dictionary_page_offset or last.data_page_offset
    raw[start + 20 : start + 120] = b"\xff" * 100
    paths[1].write_bytes(bytes(raw))
    return paths


def test_a_file_that_is_damaged_inside_is_named_with_the_row(tmp_path: Path) -> None:
    paths = damaged(tmp_path)
    with pytest.raises(gk.DataReadError, match="cannot be read from row 750 on") as error:
        gk.glm("y ~ x", gk.chunks(paths, rows=250), "poisson")
    assert (error.value.path, error.value.row, error.value.chunk) == (str(paths[1]), 750, 7)


def test_a_damaged_file_is_skipped_whole_when_asked_and_reported(tmp_path: Path) -> None:
    paths = damaged(tmp_path)
    with pytest.warns(gk.DroppedRowsWarning, match="1 file was skipped"):
        chunked = gk.glm("y ~ x", gk.chunks(paths, on_error="skip"), "poisson")
    assert_same(chunked, gk.glm("y ~ x", pd.concat([make(n=3000)[:1000], make(n=3000)[2000:]]), "poisson"))
    assert "part-1.parquet' (1000 rows)" in chunked.notes[0]
    assert "1 file was skipped" in str(chunked.summary())


def test_a_source_of_frames_that_fails_is_named_with_the_chunk(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    raw = bytearray(gzip.compress(make(n=3000).to_csv(index=False).encode()))
    raw[-8:-4] = b"\x00\x00\x00\x00"  # the checksum
    path.write_bytes(bytes(raw))
    with pytest.raises(gk.DataReadError, match=r"Chunk 0 of the data.*BadGzipFile") as error:
        fit(lambda: pd.read_csv(path, chunksize=1000))
    assert error.value.chunk == 0


def test_a_short_row_is_an_error_of_the_reader() -> None:
    def read() -> Iterator[pd.DataFrame]:
        yield make()[:100]
        raise pd.errors.ParserError("Expected 5 fields in line 3, saw 7")

    with pytest.raises(gk.DataReadError, match=r"Chunk 1.*Expected 5 fields"):
        fit(read)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(gk.DataReadError, match=r"no file 'nowhere\.parquet'"):
        gk.chunks("nowhere.parquet")


def test_a_folder_without_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(gk.DataReadError, match=r"holds no \.parquet files"):
        gk.chunks(tmp_path)


def test_a_folder_is_its_files_in_order(tmp_path: Path) -> None:
    data = make()
    write(tmp_path, split(data, 100, 200))
    assert_same(fit(tmp_path), gk.glm("y ~ x + g", data, "poisson"))


def test_a_file_that_changes_between_passes_is_noticed(tmp_path: Path) -> None:
    paths = write(tmp_path, split(make(), 150))

    def rewrite(progress: Any) -> None:
        if progress.purpose == "pass 1" and progress.chunk == 0:
            make(seed=2)[:150].to_parquet(paths[1], index=False)

    with pytest.raises(gk.DataChangedError, match=r"part-1\.parquet.*changed"):
        gk.glm("y ~ x", gk.chunks(paths, progress=rewrite), "poisson")


@pytest.mark.parametrize("change", ["value", "row", "fewer", "more"])
def test_frames_that_change_between_passes_are_noticed(change: str) -> None:
    passes: list[int] = []
    first, second = split(make(), 150)
    later = {
        "value": [first, second.assign(y=second.y + (second.index == N - 1))],
        "row": [first, second[:-1]],
        "fewer": [first],
        "more": [first, second, second],
    }

    def read() -> Iterator[pd.DataFrame]:
        passes.append(1)
        yield from ([first, second] if len(passes) < 6 else later[change])

    with pytest.raises(gk.DataChangedError):
        fit(read)


def test_a_file_that_is_gone_is_noticed_when_it_is_needed_again(tmp_path: Path) -> None:
    paths = write(tmp_path, split(make(), 150))
    chunked = fit(paths)
    paths[0].unlink()
    with pytest.raises(gk.DataChangedError, match=r"part-0\.parquet' is gone"):
        chunked.with_vcov("HC1")


def test_a_column_that_is_missing_in_a_file_is_named(tmp_path: Path) -> None:
    first, second = split(make(), 150)
    paths = write(tmp_path, [first, second.rename(columns={"x": "X"})])
    with pytest.raises(gk.DataError, match=r"part-1\.parquet.*lacks the column 'x'") as error:
        fit(paths)
    assert (error.value.path, error.value.columns) == (str(paths[1]), ("x",))


def test_columns_in_another_order_are_matched_by_name(tmp_path: Path) -> None:
    data = make()
    first, second = split(data, 150)
    assert_same(
        fit(write(tmp_path, [first, second[second.columns[::-1]]])), gk.glm("y ~ x + g", data, "poisson")
    )


def test_text_where_another_file_has_numbers_is_named(tmp_path: Path) -> None:
    first, second = split(make(), 150)
    paths = write(tmp_path, [first, second.assign(x=second.x.astype(str))])
    with pytest.raises(gk.DataError, match=r"'x' is text or a category.*part-0.*part-1") as error:
        fit(paths)
    assert error.value.path == str(paths[1])


def test_whole_numbers_and_fractions_are_one_kind(tmp_path: Path) -> None:
    data = make().assign(x=np.arange(N) % 5)
    first, second = split(data, 150)
    assert_same(
        fit(write(tmp_path, [first, second.assign(x=second.x + 0.0)])), gk.glm("y ~ x + g", data, "poisson")
    )


@pytest.mark.parametrize("column", ["w", "z"])
def test_a_weight_or_offset_missing_in_one_chunk_is_named(column: str) -> None:
    first, second = split(make(), 150)
    argument = {"w": "weights", "z": "offset"}[column]
    with pytest.raises(gk.DataError, match=f"Column '{column}' is missing.*chunk 1") as error:
        fit([first, second.drop(columns=column)], **{argument: column})
    assert error.value.chunk == 1


def test_a_cluster_column_missing_in_one_chunk_is_named() -> None:
    first, second = split(make(), 150)
    chunked = fit([first, second.drop(columns="z")])
    with pytest.raises(gk.DataError, match=r"Column 'z' is missing.*chunk 1"):
        chunked.with_vcov("CR1", cluster="z")


def test_a_generator_is_refused_at_once() -> None:
    with pytest.raises(gk.DataError, match="needs a re-iterable source"):
        gk.chunks(frame for frame in split(make(), 150))


def test_a_function_that_returns_the_same_iterator_is_refused() -> None:
    frames = iter(split(make(), 150))
    with pytest.raises(gk.DataError, match="needs a re-iterable source"):
        fit(lambda: frames)


# ----------------------------------------------------------------------------- numbers


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_value_is_named_with_file_and_row(tmp_path: Path, value: float) -> None:
    data = make()
    data.loc[210, "x"] = value
    paths = write(tmp_path, split(data, 100, 200))
    with pytest.raises(gk.DataError, match=r"'x' is infinite in 1 row \(label 10\).*part-2") as error:
        fit(paths)
    assert (error.value.rows, error.value.path) == ([10], str(paths[2]))


def test_a_response_outside_the_support_is_named_with_chunk_and_row() -> None:
    data = make()
    data.loc[210, "y"] = -1
    with pytest.raises(gk.FamilyError, match=r"Rows \[210\].*chunk 2"):
        fit(split(data, 100, 200))


def separated(kind: str) -> pd.DataFrame:
    data = make()
    frames = {
        "complete": data.assign(event=(data.x > 0.1) * 1.0),
        "one level": data.assign(event=np.where(data.g == "b", 1.0, data.event)),
        "two levels": data.assign(event=np.select([data.g == "b", data.g == "c"], [1.0, 0.0], data.event)),
        "none": data,
        "nearly": data.assign(event=(data.x > 0.1) * 1.0 + (np.arange(N) == 5) * (1 - 2.0 * (data.x > 0.1))),
    }
    return frames[kind]


@pytest.mark.filterwarnings("ignore::glmkit.errors.SeparationWarning")
@pytest.mark.parametrize("kind", ["complete", "one level", "two levels", "none", "nearly"])
@pytest.mark.parametrize("formula", ["event ~ x + g", "event ~ x * g"])
def test_separation_over_all_chunks_is_seen_as_in_memory(kind: str, formula: str) -> None:
    data = separated(kind)
    whole, chunked = gk.glm(formula, data, "binomial"), fit(split(data, 31, 120, 230), formula, "binomial")
    np.testing.assert_array_equal(np.isfinite(chunked.coef), np.isfinite(whole.coef))
    assert_same(chunked, whole)
    assert [note[:80] for note in chunked.notes] == [note[:80] for note in whole.notes]


def test_separation_is_a_warning_that_names_rows() -> None:
    with pytest.warns(gk.SeparationWarning, match=r"g\[T.b\] = Inf.*rows perfectly \(labels \d+ in chunk 0"):
        fit(split(separated("one level"), 31), "event ~ x + g", "binomial")


def test_a_maximum_on_the_edge_is_not_passed_over() -> None:
    data = make().assign(y=lambda d: np.where(d.x < 0, 0, d.y * d.x * 3))
    with pytest.warns(gk.BoundaryWarning, match="a fit to chunks does not follow it there"):
        fit(split(data, 100), "round(y) ~ x", gk.Poisson("identity"))


@pytest.mark.parametrize("scale", [1e-200, 1e160, 1e300])
def test_a_column_beyond_the_range_of_squares_is_refused_by_name(scale: float) -> None:
    data = make().assign(x=lambda d: d.x * scale)
    with pytest.raises(gk.DesignError, match=r"'x' \(largest"):
        fit(split(data, 100))


@pytest.mark.filterwarnings("ignore::glmkit.errors.AliasedWarning")
@pytest.mark.parametrize("broken", [0.0, 1e-4])
def test_rank_is_decided_on_all_chunks(broken: float) -> None:
    data = make()
    data["twice"] = 2 * data.x
    data.loc[N - 1, ["twice", "y"]] = 2 * data.x[N - 1] + broken, 3
    whole, chunked = gk.glm("y ~ x + twice", data, "poisson"), fit(split(data, 100), "y ~ x + twice")
    assert chunked.rank == whole.rank
    assert chunked.notes == whole.notes
    np.testing.assert_allclose(chunked.coef, whole.coef, rtol=1e-9)  # columns that are equal but for one row


def test_the_order_of_chunks_does_not_matter() -> None:
    frames = split(make(), 50, 60, 200)
    first, second = fit(frames), fit([frames[k] for k in (3, 1, 0, 2)])
    np.testing.assert_allclose(second.coef, first.coef, rtol=1e-10)


def test_the_same_chunks_give_the_same_bits() -> None:
    frames = split(make(), 50, 60, 200)
    pd.testing.assert_series_equal(fit(frames).coef, fit(frames).coef, rtol=0.0, atol=0.0)


def test_sums_of_many_small_terms_lose_nothing() -> None:
    total = Total()
    for _ in range(10_000):
        total.add(1e-3)
    assert float(total.value) == 10.0


def test_a_billion_light_rows_keep_their_deviance() -> None:
    data = make().assign(w=1e-3, f=1e9 / N // 1)
    chunked = fit(split(data, *range(10, N, 10)), weights="w", freq_weights="f")
    whole = gk.glm("y ~ x + g", data, "poisson", weights="w", freq_weights="f")
    assert_same(chunked, whole)


def test_a_deviance_that_rises_is_an_error() -> None:
    trace = tuple(Iteration(k, deviance, 0.1, 0, np.zeros(1)) for k, deviance in enumerate((10.0, 9.0, 9.1)))
    with pytest.raises(gk.DataChangedError, match=r"rose from 9 to 9\.1"):
        _check_falling(trace)


@pytest.mark.parametrize("family", ["poisson", gk.Poisson("sqrt"), "gaussian"])
def test_the_deviance_falls_from_pass_to_pass(family: Any) -> None:
    deviance = fit(split(make(), 100), family=family).trace["deviance"].to_numpy()
    assert np.all(np.diff(deviance) <= 1e-8 * deviance[1:])


# ----------------------------------------------------------------------------- interruptions


def test_an_interruption_leaves_coefficients_to_go_on_from() -> None:
    def interrupt(progress: Any) -> None:
        if progress.purpose == "pass 4" and progress.chunk == 1:
            raise KeyboardInterrupt

    frames = split(make(), 100)
    with pytest.raises(KeyboardInterrupt) as stopped:
        gk.glm("y ~ x + g", gk.chunks(frames, progress=interrupt), "poisson")
    partial = stopped.value.partial
    assert stopped.value.converged is False
    assert fit(frames, start=partial).n_iter < fit(frames).n_iter


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let SIGINT raise, also where the process was started to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_a_fit_within_the_chunk() -> None:
    struck: list[Any] = []

    def strike(progress: Any) -> None:
        struck.append(progress)
        if progress.purpose == "pass 2":
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        gk.glm("y ~ x", gk.chunks(split(make(), 100), progress=strike), "poisson")
    assert (struck[-1].purpose, struck[-1].chunk) == ("pass 2", 0)


def test_a_progress_callback_that_fails_stops_the_fit() -> None:
    def fail(progress: Any) -> None:
        raise ZeroDivisionError("in the callback")

    with pytest.raises(gk.FitError, match="progress callback raised ZeroDivisionError") as error:
        gk.glm("y ~ x", gk.chunks(split(make(), 100), progress=fail), "poisson")
    assert isinstance(error.value.__cause__, ZeroDivisionError)


def test_progress_is_told_of_every_chunk() -> None:
    seen: list[Any] = []
    gk.glm("y ~ x", gk.chunks(split(make(), 100, 200), progress=seen.append), "poisson")
    assert {p.chunk for p in seen if p.purpose == "pass 1"} == {0, 1, 2}
    assert {p.chunks for p in seen if p.purpose == "pass 1"} == {3}


def test_progress_asked_for_is_written_to_stderr_and_cleared(capsys: pytest.CaptureFixture[str]) -> None:
    gk.glm("y ~ x", gk.chunks(split(make(), 100), progress=True), "poisson")
    captured = capsys.readouterr()
    assert "glmkit: " in captured.err
    assert captured.err.endswith("\r")
    assert captured.out == ""


def test_nothing_is_shown_of_a_short_fit(capsys: pytest.CaptureFixture[str]) -> None:
    fit(split(make(), 100))
    assert capsys.readouterr() == ("", "")


def test_nothing_is_written_to_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("mkstemp", "mkdtemp", "TemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refuse)
    assert fit(split(make(), 100)).converged


def test_an_interrupted_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chunked, path = fit(split(make(), 100)), tmp_path / "model.json"
    chunked.save(path)
    before = path.read_bytes()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        chunked.save(path)
    assert path.read_bytes() == before


# ----------------------------------------------------------------------------- memory

STREAM = """
    import resource
    import numpy as np, pandas as pd, glmkit as gk

    def chunk(k, rows):
        rng = np.random.default_rng(k)
        data = {f"x{j}": rng.random(rows) for j in range(8)}
        data["g"] = np.arange(rows) % 5
        data["y"] = np.floor(4 * rng.random(rows) + data["x0"])
        return pd.DataFrame(data)

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    formula = "y ~ " + " + ".join(f"x{j}" for j in range(8)) + " + factor(g)"
    rows, count = 10_000, 100
    gk.glm(formula, gk.chunks([chunk(0, rows), chunk(1, rows)]), "poisson").summary()  # imports, buffers
    base, size = peak(), 9 * 8 * rows / 2**20
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    limit = used + int(size * 2**20 * count / 4)  # a quarter of the data
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    fit = gk.glm(formula, gk.chunks(lambda: (chunk(k, rows) for k in range(count))), "poisson")
    assert fit.nobs == rows * count
    print((peak() - base) / size)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_is_a_few_chunks_whatever_the_rows() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(STREAM)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout) < 10.0  # chunks beyond a fit of two; the data are 100
