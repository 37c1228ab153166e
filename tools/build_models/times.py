"""How long models take beside one another, in each runtime that there is an environment for (make test-runtimes)."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.build_models.environment import REPOSITORY
from tools.build_models.errors import BuildError

OLD = REPOSITORY / "build/runtimes/tflite/bin/python"
TIMEOUT_S = 600.0
Ratios = tuple[str, str]


def times(models: Sequence[bytes]) -> list[Ratios]:
    """Of each model, in ai-edge-litert and tflite-runtime: its time as a multiple of the first model's in the former.
    "-" where that runtime is not there."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{number}.tflite") for number in range(len(models))]
        for file, data in zip(files, models, strict=True):
            file.write_bytes(data)
        new = _seconds(Path(sys.executable), files)
        old = _seconds(OLD, files) if OLD.exists() else [None] * len(files)
    return [(_multiple(a, new[0]), _multiple(b, new[0])) for a, b in zip(new, old, strict=True)]


def _seconds(python: Path, files: Sequence[Path]) -> list[float]:
    command = [str(python), "-m", "tools.build_models.stopwatch", *map(str, files)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        raise BuildError(f"the models could not be timed with {python}: {done.stderr.strip()[-200:]}")
    seconds: list[float] = json.loads(done.stdout)
    return seconds


def _multiple(seconds: float | None, unit: float) -> str:
    return "-" if seconds is None else f"{seconds / unit:.1f}"
