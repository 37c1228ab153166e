"""Opens a TFLite model with whichever runtime this device has: ai-edge-litert, else tflite-runtime.

Both have the same Interpreter; the rest of the agent knows only the protocol below. A runtime is tried by building the
interpreter, never by importing alone: tflite-runtime 2.14 imports well beside numpy 2 and dies in its constructor.
Not here: which models there are, what goes in and comes out of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

IDENTIFIER = b"TFL3"  # bytes 4-7 of every model of schema version 3
INSTALL = "install shelfd[litert] (any Python) or shelfd[tflite] (Python 3.11 only)"


class RuntimeMissingError(Exception):
    """No TFLite runtime on this device works; the message says what each one lacks and what to do."""


class ModelError(Exception):
    """The file is no model that the runtime can load."""


class Interpreter(Protocol):
    """What the agent uses of a TFLite interpreter. One thread; `invoke` releases the GIL."""

    def allocate_tensors(self) -> None: ...
    def get_input_details(self) -> list[dict[str, Any]]: ...
    def get_output_details(self) -> list[dict[str, Any]]: ...
    def set_tensor(self, tensor_index: int, value: np.ndarray) -> None: ...
    def get_tensor(self, tensor_index: int) -> np.ndarray: ...
    def invoke(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A model ready to be invoked, and by whom: `runtime` is e.g. "ai-edge-litert 2.3.0"."""

    interpreter: Interpreter
    runtime: str


def open_interpreter(model: Path | bytes, threads: int = 1, *, exact: bool = False) -> Opened:
    """The model with its tensors allocated. `exact`: the reference kernels, a hundred times slower, but of one
    runtime the same bits on each processor.

    ModelError for a file that is no model, RuntimeMissingError when no runtime works. A model cut short takes the whole
    process with it in tflite-runtime 2.14 (tried), so hold the file to its sha256 before."""
    arguments = {**_source(model), "num_threads": threads}
    reasons = []
    for package, module in RUNTIMES:
        try:
            interpreter = _build(import_module(module), arguments, exact)
            interpreter.allocate_tensors()
        except (ImportError, AttributeError, SystemError) as error:
            reasons.append(f"{package}: {_reason(package, error)}")
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{_name(model)} is no TFLite model that {package} can load: {error}") from error
        else:
            return Opened(interpreter, f"{package} {version(package)}")
    raise RuntimeMissingError(f"no TFLite runtime works here ({'; '.join(reasons)}): {INSTALL}")


def _build(module: ModuleType, arguments: Mapping[str, Any], exact: bool) -> Interpreter:
    """The default kernels round otherwise than the reference ones, and without litert's default delegate differently
    on x86-64 and arm64 (tried: scores of the palm model move by 0.06). The two runtimes' reference kernels are of
    different age and round differently."""
    resolver = module.OpResolverType.BUILTIN_REF if exact else module.OpResolverType.AUTO
    interpreter: Interpreter = module.Interpreter(**arguments, experimental_op_resolver_type=resolver)
    return interpreter


RUNTIMES = (
    ("ai-edge-litert", "ai_edge_litert.interpreter"),
    ("tflite-runtime", "tflite_runtime.interpreter"),
)


def _reason(package: str, error: Exception) -> str:
    """Why the runtime did not come up, in words."""
    try:
        version(package)
    except PackageNotFoundError:
        return "not installed"
    if package == "tflite-runtime" and int(np.__version__.partition(".")[0]) >= 2:
        return f"cannot work with numpy {np.__version__}, pip install 'numpy<2'"
    return f"installed but broken, {type(error).__name__}: {error}"


def _source(model: Path | bytes) -> dict[str, Any]:
    """The interpreter's argument for the model; ModelError where its head already says that it is none."""
    if isinstance(model, bytes):
        head, source = model[:8], dict[str, Any](model_content=model)
    elif model.is_file():
        with model.open("rb") as file:
            head, source = file.read(8), dict[str, Any](model_path=str(model))
    else:
        raise ModelError(f"{model} does not exist: correct the path, or build the models again")
    if head[4:] != IDENTIFIER:
        raise ModelError(f"{_name(model)} is no TFLite model: it does not carry the mark {IDENTIFIER.decode()}")
    return source


def _name(model: Path | bytes) -> str:
    return "the data" if isinstance(model, bytes) else str(model)
