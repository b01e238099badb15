"""The text of a model file: bounded, canonical, with a checksum, written whole or not at all.

The checksum finds accidents. It does not say who wrote the file.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
import zlib
from pathlib import Path
from typing import Any, Final, NoReturn

from glmkit.errors import ModelFileError
from glmkit.io.node import Node

__all__ = ["FORMAT", "SCHEMA", "document_of", "read_bytes", "text_of", "write_text"]

FORMAT: Final = "glmkit.model"
SCHEMA: Final = 1
MOST_PACKED = 64 * 2**20
MOST_UNPACKED = 256 * 2**20
DEEPEST = 40
_GZIP = b"\x1f\x8b"
# From an older schema to the next one; empty as long as there is one.
MIGRATIONS: dict[int, Any] = {}


def text_of(model: dict[str, Any], version: str) -> str:
    """Return the text of a model file."""
    body = {"format": FORMAT, "schema": SCHEMA, "glmkit": version, "model": model}
    return _canonical(body | {"checksum": _checksum(body)}) + "\n"


def document_of(text: str, *, strict: bool = True) -> Node:
    """Return the model in the text of a file, its checksum verified.

    Raises
    ------
    ModelFileError
        Not JSON, not a model, of a newer schema, or changed since it was written.
    """
    body = _parsed(text)
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise ModelFileError(
            "This is not a glmkit model file: it does not say so. Give a file written by fit.save()."
        )
    schema = body.get("schema")
    if isinstance(schema, bool) or not isinstance(schema, int) or schema < 1:
        raise ModelFileError("This is not a whole glmkit model file: its schema is no number.", schema=schema)
    if schema > SCHEMA:
        raise ModelFileError(
            f"The model was saved by a newer glmkit (schema {schema}; this version reads up to {SCHEMA}). "
            "Upgrade glmkit.",
            schema=schema,
        )
    given = body.pop("checksum", None)
    if given != _checksum(body):
        raise ModelFileError(
            "The model file is damaged: its checksum does not fit its contents. Save the model again."
        )
    while body["schema"] < SCHEMA:
        body = MIGRATIONS[body["schema"]](body)
    whole = Node(body, "the file", strict)
    parts = whole.record("format", "schema", "glmkit", "model")
    parts["glmkit"].text()
    return Node(parts["model"].value, "model", strict)


def read_bytes(path: str | os.PathLike[str]) -> str:
    """Return the text of a file, unpacked, within bounds.

    Raises
    ------
    ModelFileError
        There is no such file, it is too large, or it is not text.
    """
    try:
        with Path(path).open("rb") as file:
            packed = file.read(MOST_PACKED + 1)
    except (OSError, ValueError, TypeError) as error:
        raise ModelFileError(
            f"{str(path)!r} cannot be read: {error}. Check the path.", path=str(path)
        ) from error
    if len(packed) > MOST_PACKED:
        raise ModelFileError(
            f"The file is larger than {MOST_PACKED} bytes, which no model is.", path=str(path)
        )
    raw = _unpacked(packed) if packed[:2] == _GZIP else packed
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ModelFileError(
            "This is not a glmkit model file: it is not text. (A pickle is never read.)", path=str(path)
        ) from None


def write_text(text: str, path: str | os.PathLike[str]) -> None:
    """Write a file whole: to a new file beside it, which then takes its place.

    A path that ends in ``.gz`` is compressed, without a date, so that equal models are equal bytes.
    """
    target = Path(path)
    raw = text.encode("utf-8")
    raw = gzip.compress(raw, mtime=0) if target.suffix == ".gz" else raw
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    except OSError as error:
        raise _unwritable(path, target.parent, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(path, target.parent, error) from error
        raise


def _unwritable(path: str | os.PathLike[str], folder: Path, error: OSError) -> ModelFileError:
    """Return the error that names the path as it was given, never the file written beside it."""
    if folder.is_dir():
        reason = f"{error.strerror or error}. Choose another path, or make room or get leave to write there."
    elif folder.exists():
        reason = f"{str(folder)!r} is not a folder. Choose another path."
    else:
        reason = f"the folder {str(folder)!r} does not exist. Make it first, or choose another path."
    return ModelFileError(f"{os.fspath(path)!r} cannot be written: {reason}", path=str(path))


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _checksum(body: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(body).encode("ascii")).hexdigest()


def _unpacked(packed: bytes) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    try:
        raw = stream.decompress(packed, MOST_UNPACKED)
    except zlib.error as error:
        raise ModelFileError(
            f"The compressed model file is damaged: {error}. Save the model again."
        ) from error
    if stream.unconsumed_tail:
        raise ModelFileError(f"The file unpacks to more than {MOST_UNPACKED} bytes, which no model does.")
    if not stream.eof or stream.unused_data:
        raise ModelFileError("The compressed model file is cut off or has something after its end.")
    return raw


def _parsed(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        raise ModelFileError("This is not a glmkit model file: it is not a JSON object.")
    try:
        value = json.loads(
            text, object_pairs_hook=_without_repeats, parse_constant=_no_constant, parse_float=_no_float
        )
    except RecursionError:
        raise ModelFileError("The model file is nested too deeply.") from None
    except ValueError as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(
            f"This is not a whole glmkit model file: {error}. Save the model again."
        ) from None
    _check_depth(value)
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ModelFileError("The model file gives a key twice.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ModelFileError(f"The model file holds {name}, which JSON has no word for.")


def _no_float(text: str) -> NoReturn:
    raise ModelFileError(f"The model file holds the decimal number {text[:40]}; all of them are hexadecimal.")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            member
            for one in level
            if isinstance(one, (dict, list))
            for member in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise ModelFileError(f"The model file is nested deeper than {DEEPEST} levels.")
