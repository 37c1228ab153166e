"""Finds the lowest and highest number of every layer over some crops: what int8 has to be able to hold.

Rounded to three digits, so that the last bits of a processor's arithmetic do not reach the model's bytes.
Not here: the quantising (tools/build_models/quantise.py).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.train.backbone import Graph

Ranges = dict[str, tuple[float, float]]

DIGITS = 3


def ranges_of(model: bytes, crops: NDArray[np.uint8]) -> Ranges:
    """Name of each computed tensor -> its range, 0 included; the input's is -1..1, whatever the crops show."""
    tflite = import_module("ai_edge_litert.interpreter")
    interpreter: Any = tflite.Interpreter(
        model_content=model,
        num_threads=1,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=tflite.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    names = Graph(model).computed()
    entry = int(interpreter.get_input_details()[0]["index"])
    low, high = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    for crop in crops:
        interpreter.set_tensor(entry, crop[None].astype(np.float32) * np.float32(2 / 255) - np.float32(1))
        interpreter.invoke()
        for number in names:
            values = interpreter.get_tensor(number)
            low[number], high[number] = min(low[number], float(values.min())), max(high[number], float(values.max()))
    low[entry], high[entry] = -1.0, 1.0
    return {name: (_rounded(low[n]), _rounded(high[n])) for n, name in names.items()}


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
