"""Source model and committed ranges -> the int8 model. Run by the build environment's python, as a program:

    python -m tools.build_models.quantise SOURCE RANGES|dynamic TARGET

All arithmetic here is elementwise on float32, which rounds alike on each processor; what the cast to integers leaves
open is an error instead of a number. Not here: where the ranges come from (calibrate.py).
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from tools.build_models.channels import lift
from tools.build_models.fold import fold, packed, read

Ranges = dict[str, tuple[float, float]]


def prepared(data: bytes) -> bytes:
    """The float32 model that is quantised: constants folded, dead channels lifted."""
    model = read(data)
    fold(model)
    lift(model)
    return packed(model)


def read_ranges(path: Path) -> Ranges:
    """Of each tensor that is computed: its lowest and highest number."""
    ranges = json.loads(path.read_text("utf-8"))["ranges"]
    return {name: (float(low), float(high)) for name, (low, high) in ranges.items()}


def quantised(model: bytes, ranges: Ranges) -> bytes:
    """Full int8: inputs, outputs, activations per tensor, weights per channel. FloatingPointError where a number
    leaves its integer."""
    statistics = {
        name: {"min": np.full((1, 1, 1, 1), low, np.float32), "max": np.full((1, 1, 1, 1), high, np.float32)}
        for name, (low, high) in ranges.items()
    }
    return _run(model, import_module("ai_edge_quantizer.recipe").static_wi8_ai8(), statistics)


def dynamic(model: bytes) -> bytes:
    """Weights int8, everything else float32: only to compare with."""
    return _run(model, import_module("ai_edge_quantizer.recipe").dynamic_wi8_afp32(), None)


def _run(model: bytes, recipe: Any, statistics: dict[str, Any] | None) -> bytes:
    quantiser: Any = import_module("ai_edge_quantizer.quantizer").Quantizer(float_model=model)
    quantiser.load_quantization_recipe(recipe)
    with np.errstate(invalid="raise", over="raise"):
        result = quantiser.quantize(statistics, enable_progress_bar=False, enable_progress_report=False)
    return bytes(result.quantized_model)


def main(source: str, ranges: str, target: str) -> None:
    model = prepared(Path(source).read_bytes())
    Path(target).write_bytes(dynamic(model) if ranges == "dynamic" else quantised(model, read_ranges(Path(ranges))))


if __name__ == "__main__":
    main(*sys.argv[1:])
