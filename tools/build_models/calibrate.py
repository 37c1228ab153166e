"""Finds the range of every tensor, once, with pictures of clear licence; the numbers are committed, the pictures not.

Of each picture a tensor's lowest and highest number are taken, for some models without the outermost part of its
values; over the pictures a percentile of either: rare extremes are cut off, the common numbers get the finer steps.
Boxes are cut hardly at all. Logits of scores get LOGITS whatever the pictures say: a percentile of these would let all
sure ones end at the same score. Not here: quantising with them (quantise.py).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.vision.frame import Frame
from agent.vision.letterbox import Letterbox
from agent.vision.manifest import Input, Model
from tools.build_models.errors import BuildError
from tools.build_models.fold import code_of, constant, read, schema
from tools.build_models.pictures import Shared

LOGITS = (-8.0, 8.0)  # 0.03 % to 99.97 %
BOXES = 90.0  # percentile for the numbers of boxes: what is cut off there is a box too small
DIGITS = 6  # of a number, significant; a step of int8 is 0.4 % of the range
Extremes = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Plan:
    """`percentile` over the pictures' extremes, each taken without the outermost `spare` of the values on either side.
    `scores`, `boxes`: names of the outputs."""

    percentile: float
    spare: float
    scores: str
    boxes: str

    def pictures(self, shared: Shared) -> Iterator[Frame]:
        raise NotImplementedError


class Hands(Plan):
    def pictures(self, shared: Shared) -> Iterator[Frame]:
        return (shot.frame for shot in shared.labelled("hands", "train"))


class Goods(Plan):
    """Bottles and cans, and people, as the model is asked for both."""

    def pictures(self, shared: Shared) -> Iterator[Frame]:
        drinks = (shot.frame for shot in itertools.islice(shared.labelled("drinks", "train"), 0, None, 2))
        return itertools.chain(drinks, shared.video("people-one-by-one", every=20))


PLANS: dict[str, Plan] = {
    "hand.tflite": Hands(60, 1e-4, scores="Identity_1", boxes="Identity"),
    "objects.tflite": Goods(90, 0.0, scores="raw_outputs/class_predictions", boxes="raw_outputs/box_encodings"),
}


def calibrated(model: Model, float_model: bytes, shared: Shared) -> dict[str, Any]:
    """What is committed as models/calibration/*.json: ranges of all computed tensors, and how they were found."""
    if model.file not in PLANS:
        raise BuildError(f"how {model.file} is calibrated is not said: enter it in PLANS of {__name__}")
    plan = PLANS[model.file]
    entry = Input(width=model.input.width, height=model.input.height, dtype="float32",
                  low=model.input.low, high=model.input.high)  # fmt: skip
    boxes, scores = (joined(float_model, output) for output in (plan.boxes, plan.scores))
    found, count = extremes(float_model, _inputs(Letterbox(entry), plan.pictures(shared)), plan.spare, boxes)
    ranges = {
        name: _rounded(middle(values, BOXES if name in boxes else plan.percentile)) for name, values in found.items()
    }
    ranges |= dict.fromkeys(scores, LOGITS)
    ranges[_input_name(float_model)] = (model.input.low, model.input.high)
    return {
        "model": model.source.member_sha256,
        "pictures": count,
        "percentile": plan.percentile,
        "spare": plan.spare,
        "ranges": {name: list(pair) for name, pair in sorted(ranges.items())},
    }


def _inputs(letterbox: Letterbox, frames: Iterable[Frame]) -> Iterator[NDArray[np.float32]]:
    for frame in frames:
        letterbox.fill(frame)
        yield letterbox.buffer


def extremes(
    float_model: bytes, inputs: Iterable[NDArray[np.float32]], spare: float, whole: Collection[str]
) -> tuple[Extremes, int]:
    """Of each computed tensor (pictures, 2): lowest and highest number; how many pictures there were. `spare` of the
    values is left out at either end, except of the tensors in `whole`."""
    interpreter = import_module("ai_edge_litert.interpreter").Interpreter(
        model_content=float_model, num_threads=1, experimental_preserve_all_tensors=True
    )
    interpreter.allocate_tensors()
    graph = read(float_model).subgraphs[0]
    names = {int(n): graph.tensors[n].name.decode() for n in (*graph.inputs, *_computed(graph))}
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in names.values()}
    for values in inputs:
        interpreter.set_tensor(graph.inputs[0], values)
        interpreter.invoke()
        for number, name in names.items():
            rows[name].append(ends(interpreter.get_tensor(number), 0.0 if name in whole else spare))
    return {name: np.array(row) for name, row in rows.items()}, len(rows[names[graph.inputs[0]]])


def ends(values: NDArray[np.float32], spare: float) -> tuple[float, float]:
    """Lowest and highest number when `spare` of them is left out on either side, rounded down to whole numbers."""
    flat = values.reshape(-1)
    out = max(0, int(len(flat) * spare) - 1)
    flat = np.partition(flat, (out, len(flat) - 1 - out)) if out else flat
    return (float(flat[out]), float(flat[-1 - out])) if out else (float(flat.min()), float(flat.max()))


def _computed(graph: Any) -> list[int]:
    return [int(number) for operator in graph.operators for number in operator.outputs]


def middle(values: NDArray[np.float64], percentile: float) -> tuple[float, float]:
    """(n, 2) lowest and highest -> one pair; at 50 the median of each, at 100 the extremes of all."""
    return float(np.percentile(values[:, 0], 100 - percentile)), float(np.percentile(values[:, 1], percentile))


def _rounded(pair: tuple[float, float]) -> tuple[float, float]:
    low, high = (float(f"{number:.{DIGITS}g}") for number in pair)
    return low, high


def joined(float_model: bytes, output: str) -> list[str]:
    """The output and what it is put together from, back to the convolutions, all of which share one scale."""
    model = read(float_model)
    graph, kinds = model.subgraphs[0], schema().BuiltinOperator
    made_by = {int(operator.outputs[0]): operator for operator in graph.operators}
    todo = [int(n) for n in graph.outputs if graph.tensors[n].name.decode() == output]
    names = []
    while todo:
        number = todo.pop()
        tensor, operator = graph.tensors[number], made_by.get(number)
        if operator is None or constant(model, tensor, "u1") is not None:
            continue
        names.append(tensor.name.decode())
        if code_of(model, operator) in (kinds.RESHAPE, kinds.CONCATENATION):
            todo += [int(n) for n in operator.inputs if n >= 0]
    return names


def _input_name(float_model: bytes) -> str:
    graph = read(float_model).subgraphs[0]
    return str(graph.tensors[graph.inputs[0]].name.decode())


def write(ranges: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(ranges, indent=1) + "\n", "utf-8")
