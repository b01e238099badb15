"""The compiled pass, as a function of this process; None where it is not there, and then it is seen to.

It is read from a file, without numba: importing what compiles would take longer than most fits.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from glmkit.compiled.store import SWITCH, Slot, is_here, source_key

__all__ = ["Pass", "compiled_pass", "loaded", "processor", "target"]

# Takes the address of a job (`glmkit.compiled.layout`), the first row and the one after the last.
Pass: TypeAlias = Callable[[int, int, int], int]
# What numba makes of it: writes its result and its error, and returns whether there was one.
_PROTOTYPE = ctypes.CFUNCTYPE(
    ctypes.c_int32,
    ctypes.POINTER(ctypes.c_int64),
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.c_int64,
    ctypes.c_int64,
    ctypes.c_int64,
)
# What holds the machine code of this process.
_engines: list[Any] = []


@cache
def compiled_pass() -> Pass | None:
    """Return the compiled pass; None where it is not there.

    It is decided once in a process, so that a fit and its repetition go the same way. Where only the compilation
    is missing it is started, in a process of its own.
    """
    if os.environ.get(SWITCH) == "0":
        return None
    try:
        if find_spec("llvmlite") is None:
            return None
        key = source_key()
        code = Slot(key, processor()).read() if is_here(key) else None
        if code is not None:
            return loaded(code)
        if find_spec("numba") is not None:
            _start_compilation()
    except Exception:  # another version of the compiler, a folder that cannot be read: NumPy does it
        return None
    return None


def loaded(code: bytes) -> Pass:
    """Return the function in some compiled code."""
    import llvmlite.binding as llvm

    name, _, machine_code = code.partition(b"\0")
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target())
    engine.add_object_file(llvm.ObjectFileRef.from_data(machine_code))
    engine.finalize_object()
    _engines.append(engine)
    address = engine.get_function_address(name.decode())
    if not address:
        raise ImportError("the compiled pass has no such function")
    function = _PROTOTYPE(address)

    def run(job: int, first: int, last: int) -> int:
        result, error = ctypes.c_int64(), ctypes.c_void_p()
        status = function(ctypes.byref(result), ctypes.byref(error), job, first, last)
        return int(result.value) if status == 0 else 0

    return run


def target() -> Any:
    """Return the code generator for this processor."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    triple = llvm.Target.from_triple(llvm.get_process_triple())
    return triple.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, codemodel="jitdefault", jit=True
    )


def processor() -> str:
    """Return the name and the features of this processor."""
    import llvmlite.binding as llvm

    return f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def _start_compilation() -> None:
    """Start a process that compiles, and outlives this one if need be."""
    import subprocess  # seldom needed

    if not sys.executable:
        return
    roots = [str(Path(__file__).parents[2]), *(path for path in sys.path if path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "glmkit.compiled.build"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)},
    )
    process.returncode = 0  # nobody waits for it: not a matter to warn of
