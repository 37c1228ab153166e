"""The seam to the TFLite runtimes: whichever works is taken, and a broken one is told from a missing one.

With a runtime installed the real thing is tried too: `make test-runtimes` does so for each, in its own environment.
"""

from __future__ import annotations

import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from tiny_model import relu_model

from agent.vision import runtime
from agent.vision.runtime import ModelError, RuntimeMissingError, open_interpreter

INSTALLED = [
    package
    for package, name in (("ai-edge-litert", "ai_edge_litert"), ("tflite-runtime", "tflite_runtime"))
    if find_spec(name)
]
MODEL = b"\x08\0\0\0TFL3 as far as the head goes"
needs_runtime = pytest.mark.skipif(not INSTALLED, reason="no TFLite runtime here: make test-runtimes")
TRAP = INSTALLED == ["tflite-runtime"] and int(np.__version__.split(".")[0]) >= 2


class Shop:
    """Stands in for what is installed: a runtime is a function that builds an interpreter, or fails as real ones do."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.versions: dict[str, str] = {}
        self.asked: list[dict[str, object]] = []
        for name in ("ai_edge_litert", "tflite_runtime"):
            patch.setitem(sys.modules, f"{name}.interpreter", None)  # an import of it fails
        patch.setattr(runtime, "version", self._version)

    def has(self, package: str, fails: Exception | None = None, numpy: str = np.__version__) -> None:
        def build(**arguments: object) -> SimpleNamespace:
            self.asked.append(arguments)
            if fails:
                raise fails
            return SimpleNamespace(allocate_tensors=lambda: None)

        module = ModuleType("interpreter")
        module.Interpreter = build  # type: ignore[attr-defined]
        module.OpResolverType = SimpleNamespace(AUTO="auto", BUILTIN_REF="exact")  # type: ignore[attr-defined]
        self._patch.setitem(sys.modules, package.replace("-", "_") + ".interpreter", module)
        name = {"ai_edge_litert": "ai-edge-litert", "tflite_runtime": "tflite-runtime"}[package.replace("-", "_")]
        self.versions[name] = "9.9"
        self._patch.setattr(runtime.np, "__version__", numpy)

    def _version(self, package: str) -> str:
        if package not in self.versions:
            raise metadata.PackageNotFoundError(package)
        return self.versions[package]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(monkeypatch)


def test_the_maintained_runtime_is_taken_before_the_old_one(shop: Shop) -> None:
    shop.has("ai-edge-litert")
    shop.has("tflite-runtime")
    assert open_interpreter(MODEL, threads=2).runtime == "ai-edge-litert 9.9"
    assert shop.asked == [{"model_content": MODEL, "num_threads": 2, "experimental_op_resolver_type": "auto"}]


@pytest.mark.parametrize("package", ["ai-edge-litert", "tflite-runtime"])
def test_exact_takes_the_reference_kernels(shop: Shop, package: str) -> None:
    shop.has(package, numpy="1.26.4")
    open_interpreter(MODEL, exact=True)
    assert shop.asked[0]["experimental_op_resolver_type"] == "exact"


def test_the_old_runtime_serves_where_it_is_alone(shop: Shop) -> None:
    shop.has("tflite-runtime", numpy="1.26.4")
    assert open_interpreter(MODEL).runtime == "tflite-runtime 9.9"


def test_a_runtime_that_imports_but_does_not_build_is_passed_over(shop: Shop) -> None:
    shop.has("ai-edge-litert", fails=SystemError("returned a result with an exception set"))
    shop.has("tflite-runtime", numpy="1.26.4")
    assert open_interpreter(MODEL).runtime == "tflite-runtime 9.9"


def test_without_any_runtime_the_sentence_says_what_to_install(shop: Shop) -> None:
    with pytest.raises(RuntimeMissingError, match=r"ai-edge-litert: not installed; .*install shelfd\[litert\]"):
        open_interpreter(MODEL)


def test_the_numpy_trap_is_named(shop: Shop) -> None:
    shop.has("tflite-runtime", fails=SystemError("exception set"), numpy="2.4.6")
    with pytest.raises(RuntimeMissingError, match=r"cannot work with numpy 2\.4\.6, pip install 'numpy<2'"):
        open_interpreter(MODEL)


def test_a_broken_runtime_tells_its_own_reason(shop: Shop) -> None:
    shop.has("ai-edge-litert", fails=ImportError("libfoo.so.1: cannot open"))
    with pytest.raises(RuntimeMissingError, match="installed but broken, ImportError: libfoo"):
        open_interpreter(MODEL)


def test_a_bad_model_is_no_fault_of_the_runtime(shop: Shop) -> None:
    shop.has("ai-edge-litert", fails=ValueError("Model provided has model identifier"))
    with pytest.raises(ModelError, match="no TFLite model that ai-edge-litert can load"):
        open_interpreter(MODEL)


def test_a_missing_file_is_named_before_any_runtime_is_asked(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        open_interpreter(tmp_path / "hand.tflite")
    assert shop.asked == []


@pytest.mark.parametrize("data", [b"", b"TFL3", b"<html>404 Not Found</html>"])
def test_what_is_no_model_at_all_reaches_no_runtime(shop: Shop, tmp_path: Path, data: bytes) -> None:
    shop.has("ai-edge-litert")
    file = tmp_path / "hand.tflite"
    file.write_bytes(data)
    for model in (data, file):
        with pytest.raises(ModelError, match="does not carry the mark TFL3"):
            open_interpreter(model)
    assert shop.asked == []


def infer(model: Path | bytes, *, exact: bool = False) -> list[float]:
    interpreter = open_interpreter(model, exact=exact).interpreter
    entry, exit = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(entry["index"], np.array([[-1.5, 0.0, 2.5, -0.0]], dtype=np.float32))
    interpreter.invoke()
    return [float(value) for value in interpreter.get_tensor(exit["index"])[0]]


@needs_runtime
@pytest.mark.skipif(TRAP, reason="this environment is the trap")
@pytest.mark.parametrize("exact", [False, True])
def test_a_real_runtime_computes(tmp_path: Path, exact: bool) -> None:
    file = tmp_path / "relu.tflite"
    file.write_bytes(relu_model())
    assert infer(relu_model(), exact=exact) == infer(file, exact=exact) == [0.0, 0.0, 2.5, 0.0]
    assert open_interpreter(file).runtime.split()[0] == INSTALLED[0]


@pytest.mark.skipif(INSTALLED[:1] != ["ai-edge-litert"], reason="wants ai-edge-litert; tflite-runtime 2.14 would crash")
@pytest.mark.parametrize("bytes_left", [8, 40, len(relu_model()) - 8])
def test_a_real_runtime_refuses_a_model_cut_short(bytes_left: int) -> None:
    with pytest.raises(ModelError, match="no TFLite model that ai-edge-litert can load"):
        open_interpreter(relu_model()[:bytes_left])


@pytest.mark.skipif(not TRAP, reason="wants tflite-runtime alone beside numpy 2: make test-runtimes")
def test_the_real_trap_is_named() -> None:
    import tflite_runtime.interpreter  # noqa: F401 (the import is no proof)

    with pytest.raises(RuntimeMissingError, match="cannot work with numpy 2"):
        open_interpreter(relu_model())
