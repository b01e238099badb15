"""Where compiled code is kept between processes: one file for each version of its source, compiler and processor.

A file is written whole or not at all, and read only if it is what was written. A version that could not be
compiled leaves a note instead, so that it is not tried again.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import time

__all__ = ["Slot", "claim", "folder", "is_here", "lock", "release", "source_key"]

# Environment variables: the folder, and "0" to do without compiled code.
FOLDER, SWITCH = "GLMKIT_CACHE", "GLMKIT_COMPILED"
# Seconds after which a compilation is taken to have died.
ABANDONED = 600.0
DIGEST = 32


def folder() -> Path:
    """Return the folder of compiled code, which need not exist: ``$GLMKIT_CACHE``, or one in the user's cache."""
    if given := os.environ.get(FOLDER):
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "glmkit"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "glmkit"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "glmkit"


def source_key() -> str:
    """Return what tells versions of the source and of the compiler apart."""
    from importlib.metadata import version  # seldom needed

    here = Path(__file__).parent
    seen = hashlib.sha256(version("llvmlite").encode())
    for source in (here / "layout.py", *sorted((here / "kernel").glob("*.py"))):
        seen.update(source.read_bytes())
    return seen.hexdigest()[:16]


def is_here(key: str) -> bool:
    """Return whether something compiled of this source is kept, for whatever processor."""
    try:
        return any(name.startswith(key) and name.endswith(".o") for name in os.listdir(folder()))
    except OSError:
        return False


def _is_ours(path: Path) -> bool:
    """Return whether a file is this user's, or the administrator's: code of others is not run."""
    return not hasattr(os, "getuid") or path.stat().st_uid in (os.getuid(), 0)


@dataclass(frozen=True)
class Slot:
    """The place of one compiled version.

    Parameters
    ----------
    key : str
        Of source and compiler.
    processor : str
        Name and features of the processor.
    """

    key: str
    processor: str

    @property
    def path(self) -> Path:
        """The file."""
        return folder() / f"{self.key}-{hashlib.sha256(self.processor.encode()).hexdigest()[:16]}.o"

    def read(self) -> bytes | None:
        """Return the compiled code; None where there is none, or not what was written, or by another user."""
        try:
            held = self.path.read_bytes() if _is_ours(self.path) else b""
        except OSError:
            return None
        code = held[DIGEST:]
        return code if code and hashlib.sha256(code).digest() == held[:DIGEST] else None

    def write(self, code: bytes) -> None:
        """Keep compiled code, in place of what is there at once."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        os.replace(name, self.path)


def lock(key: str) -> Path:
    """Return the file that says that a process compiles the source, or holds the reason why it cannot be."""
    return folder() / f"{key}.lock"


def claim(key: str) -> bool:
    """Return whether this process is to compile the source: no other is at it, and it has not failed before."""
    mark = lock(key)
    try:
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        if mark.exists() and (mark.stat().st_size or time() - mark.stat().st_mtime < ABANDONED):
            return False
        mark.unlink(missing_ok=True)
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError:
        return False
    return True


def release(key: str, failure: str = "") -> None:
    """End a claim; a failure is kept, so that it is not tried again."""
    mark = lock(key)
    if failure:
        mark.write_text(failure, encoding="utf-8")
    else:
        mark.unlink(missing_ok=True)
