"""The import rule of the project, read from the source: the deterministic core stays apart from the world.

wire            imports nothing of ours
core side       messages, wire's structs, config.schema, numpy, the pure part of the standard library
agent           never tools
serial, paho, sqlite3, TFLite: each behind one seam
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
CORE = (
    "agent.core", "agent.attendant", "agent.notices", "agent.plain", "agent.messages", "agent.orders",
    "agent.health", "agent.vitals", "agent.eyeview", "agent.desk", "agent.buttons", "agent.upkeep", "agent.figures",
    "agent.weighing", "agent.shelf", "agent.fusion", "agent.triggers", "agent.tracking",
)  # fmt: skip
CORE_MAY_IMPORT = (*CORE, "agent", "agent.config", "agent.config.schema", "wire", "numpy")
CORE_MUST_NOT_IMPORT = ("wire.codec", "numpy.random", "numpy.linalg", "numpy.fft")
PURE = {  # hashlib: the same bytes give the same digest everywhere, and a decision's chance comes from its name
    "__future__", "abc", "bisect", "collections", "copy", "dataclasses", "decimal", "enum", "fractions", "functools",
    "hashlib", "heapq", "itertools", "math", "operator", "re", "statistics", "string", "struct", "types", "typing",
}  # fmt: skip
OURS = ("agent", "wire", "tools", "hub", "tests")
SEAMS = {
    "serial": ("agent.sensors.scale", "agent.commands.ports"),
    "paho": ("agent.uplink",),
    "sqlite3": ("agent.outbox",),
    "nacl": ("agent.documents.signing",),
    "gpiozero": ("agent.sensors.buttons.driver",),
    "av": ("agent.sensors.camera",),
    "picamera2": ("agent.sensors.camera.pi",),
    "tflite_runtime": ("agent.vision.runtime",),
    "ai_edge_litert": ("agent.vision.runtime",),
}
WORLD = {"open", "print", "input", "exec", "eval", "__import__", "id", "hash"}  # hash of text differs by process
UNEVEN = {
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p",
    "dot", "vdot", "inner", "matmul", "einsum", "tensordot", "linalg", "random",
}  # fmt: skip

UNEVEN_CALLS = {f"{numpy}.{name}" for numpy in ("np", "numpy") for name in UNEVEN}


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def imports(module: str, is_package: bool, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported: `from agent import core` is an import of agent and of agent.core."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")[: None if is_package and node.level == 1 else -(node.level - is_package)]
                base = ".".join([*parents, base] if base else parents)
            yield node.lineno, base
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def import_violations(module: str, is_package: bool, tree: ast.AST) -> Iterator[str]:
    seen = set()
    for line, name in imports(module, is_package, tree):
        reason = import_reason(module, name)
        if reason and line not in seen:
            seen.add(line)
            yield f"{module}:{line} imports {name}: {reason}"


def import_reason(module: str, name: str) -> str | None:
    """Why `module` may not import `name`, as a sentence that says what to do."""
    root = name.partition(".")[0]
    if within(module, ("wire",)) and root in OURS and root != "wire":
        return "wire is read by hubs that know nothing of the agent; move what is needed into wire"
    if within(module, ("agent",)) and root in ("tools", "hub", "tests"):
        return "the agent is installed without it; move what is needed into agent"
    if within(module, ("agent",)) and root in SEAMS and not within(module, SEAMS[root]):
        return f"only {' and '.join(SEAMS[root])} may; ask for a protocol instead"
    if within(module, CORE) and not core_may(name):
        return "the core is deterministic; let the shell do it and tell the core (a part of the core? name it in CORE)"
    return None


def core_may(name: str) -> bool:
    """A name from inside an allowed module counts as that module."""
    if within(name, CORE_MUST_NOT_IMPORT):
        return False
    if name.startswith("agent."):
        return within(name, CORE) or name == "agent.config" or within(name, ("agent.config.schema",))
    return name.partition(".")[0] in PURE or within(name, CORE_MAY_IMPORT)


def handler_violations(module: str, tree: ast.AST) -> Iterator[str]:
    """Broad handlers hide mistakes; one that cleans up and raises again hides nothing."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        broad = any(e is None or (isinstance(e, ast.Name) and e.id in ("Exception", "BaseException")) for e in caught)
        last = node.body[-1]
        if broad and not (isinstance(last, ast.Raise) and last.exc is None):
            yield f"{module}:{node.lineno} catches everything: name the errors that are expected here"


def core_violations(module: str, tree: ast.AST) -> Iterator[str]:
    """What would make two machines, or two runs, answer differently."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORLD:
            yield f"{module}:{node.lineno} calls {node.func.id}(): the core touches no world"
        if isinstance(node, ast.Attribute) and ast.unparse(node) in UNEVEN_CALLS:
            yield f"{module}:{node.lineno} uses np.{node.attr}: its bits differ between processors; use scalar math"
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
            yield f"{module}:{node.lineno} uses @: BLAS sums in an order of its own; write the sum out"


def violations(module: str, source: str, is_package: bool = False) -> list[str]:
    """Every rule that this source breaks as `module`."""
    tree = ast.parse(source)
    found = [*import_violations(module, is_package, tree), *handler_violations(module, tree)]
    return found + (list(core_violations(module, tree)) if within(module, CORE) else [])


def sources() -> Iterator[tuple[str, bool, Path]]:
    for top in ("agent", "wire", "tools"):
        for path in sorted((REPOSITORY / top).rglob("*.py")):
            parts = path.relative_to(REPOSITORY).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            yield ".".join(parts[:-1] if is_package else parts), is_package, path


def test_the_whole_source_keeps_the_rules() -> None:
    found = [line for module, package, path in sources() for line in violations(module, path.read_text(), package)]
    assert not found, "\n".join(["", *found])


def test_the_source_was_really_looked_at() -> None:
    modules = {module for module, _, _ in sources()}
    assert {"agent.core", "agent.messages", "agent.weighing.diagnose", "wire.events"} <= modules


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("agent.core", "import time"),
        ("agent.core", "from os import path"),
        ("agent.core", "import numpy.random"),
        ("agent.core", "from numpy import random"),
        ("agent.core", "import msgspec"),
        ("agent.core", "from wire.codec import encode"),
        ("agent.core", "from wire import codec"),
        ("agent.core", "from agent.config.load import load"),
        ("agent.core", "from agent.config import load"),
        ("agent.core", "from agent import app"),
        ("agent.core", "def late():\n    import threading"),
        ("agent.weighing.step", "from ..sensors.scale import port"),
        ("agent.fusion.explain", "from .. import supervisor"),
        ("agent.shelf", "import queue"),
        ("agent.core", "open('x')"),
        ("agent.core", "x = np.exp(y)"),
        ("agent.core", "x = a @ b"),
        ("agent.core", "x = np.random.default_rng(1)"),
        ("agent.app", "import tools.bench"),
        ("agent.app", "import paho.mqtt.client"),
        ("agent.screen.layout", "import sqlite3"),
        ("agent.sensors.buttons.gpio", "import serial"),
        ("wire.events", "from agent.messages import Counts"),
        ("agent.app", "try:\n    x()\nexcept:\n    pass"),
        ("agent.app", "try:\n    x()\nexcept Exception as e:\n    print(e)"),
        ("tools.demo", "try:\n    x()\nexcept (OSError, BaseException):\n    raise SystemExit(1)"),
    ],
)
def test_a_broken_rule_is_seen(module: str, source: str) -> None:
    assert violations(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("agent.core", "import math\nimport numpy as np\nfrom numpy.typing import NDArray"),
        (
            "agent.core",
            "from wire.events import Pick\nfrom agent.config.schema import Config\nfrom agent.messages import Tick",
        ),
        ("agent.weighing.step", "from .settle import Settle\nfrom agent.weighing import settle"),
        ("agent.core", "x = math.exp(1) + np.sum(y)"),
        ("agent.app", "import time\nimport threading\nfrom agent.core import Core"),
        ("agent.uplink.paho", "import paho.mqtt.client as mqtt"),
        ("tools.demo", "from agent.app import App\nimport paho.mqtt.client"),
        ("wire.codec", "import msgspec\nfrom wire.events import Pick"),
        ("agent.app", "try:\n    x()\nexcept OSError:\n    pass"),
        ("agent.app", "try:\n    x()\nexcept BaseException:\n    undo()\n    raise"),
    ],
)
def test_what_is_allowed_passes(module: str, source: str) -> None:
    assert violations(module, source) == []


def test_a_relative_import_of_a_package_itself_is_resolved() -> None:
    tree = ast.parse("from . import step\nfrom .step import Step")
    assert {name for _, name in imports("agent.weighing", True, tree)} >= {
        "agent.weighing.step",
        "agent.weighing.step.Step",
    }
    assert {name for _, name in imports("agent.weighing.x", False, tree)} >= {"agent.weighing.step"}
