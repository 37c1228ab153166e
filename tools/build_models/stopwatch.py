"""Times models with whichever runtime this python has: `python -m tools.build_models.stopwatch MODEL...` -> JSON.

Seconds of the processor for one invoke each, the least of the rounds; in every round each model has its turn, so that
a busy moment meets all of them. Numpy and the runtime only: it runs in environments that have nothing else.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from typing import Any

import numpy as np

ROUNDS = 15
RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")


def main(paths: list[str]) -> None:
    models = [opened(path) for path in paths]
    taken: list[list[float]] = [[] for _ in models]
    for _ in range(ROUNDS):
        for model, times in zip(models, taken, strict=True):
            began = time.process_time()
            model.invoke()
            times.append(time.process_time() - began)
    print(json.dumps([min(times) for times in taken]))


def opened(path: str) -> Any:
    """Invoked once already: the first time plans and allocates."""
    interpreter = _runtime().Interpreter(path, num_threads=1)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    interpreter.set_tensor(entry["index"], np.zeros(entry["shape"], entry["dtype"]))
    interpreter.invoke()
    return interpreter


def _runtime() -> Any:
    for name in RUNTIMES:
        try:
            return import_module(name)
        except ImportError:
            continue
    raise SystemExit(f"none of {', '.join(RUNTIMES)} is installed for {sys.executable}")


if __name__ == "__main__":
    main(sys.argv[1:])
