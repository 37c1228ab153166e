"""Cuts a describer of crops out of the fetched detector, and grows a classifier on it again.

What a detector's inner layers say about a crop, averaged over it, tells products apart that the detector never saw;
beside it a histogram of 27 colours, which a detector has unlearned. Both are plain TFLite operators, so that the whole
is one file. Not here: fetching the detector (tools/build_models), learning (head.py), int8 (quantise.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from tools.train.head import Head

SIDE = 128  # of a crop: 96 reads up to 3 % fewer, 160 no more and takes 1.4 times as long
# The deepest lies three fifths of the way through; deeper ones add time and take brands away (docs/training.md).
LAYERS = ("expanded_conv_5/add", "expanded_conv_8/add", "expanded_conv_12/add")
CELL = 8  # pixels a colour is averaged over
SHADES = (0.15, 0.5, 0.85)  # of red, green and blue each
SOFT = 0.04  # how far a colour counts as its neighbour too; smaller steps would be lost in int8
FLOAT32 = 0  # TensorType
VALID = 1  # Padding
SIGNATURE = "serving_default"  # the quantiser asks for one


class BackboneError(Exception):
    """The detector is not the one that this knows how to cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Describer:
    """`model`: float32 (1, SIDE, SIDE, 3), -1..1 -> one picture (1, h, w, c) a branch; `branches`: each one's c."""

    model: bytes
    branches: tuple[int, ...]


def describer(detector: bytes) -> Describer:
    """From the folded float32 detector. BackboneError where its layers are others."""
    graph = Graph(detector)
    outputs = [graph.output_of(layer) for layer in LAYERS]
    graph.cut_behind(outputs)
    graph.resize(SIDE)
    outputs.append(_colours(graph))
    branches = tuple(int(graph.tensor(t).shape[3]) for t in outputs)
    graph.finish(outputs, "describer")
    return Describer(graph.packed(), branches)


def classifier(described: Describer, head: Head) -> bytes:
    """The describer with the head on top: float32 (1, SIDE, SIDE, 3) -> scores (1, classes)."""
    graph = Graph(described.model)
    outputs = [int(t) for t in graph.outputs]
    cuts = np.cumsum(described.branches)[:-1]
    means, spreads = np.split(head.scale.mean, cuts), np.split(head.scale.spread, cuts)
    scaled = [graph.averaged(*item) for item in zip(outputs, means, spreads, strict=True)]
    joined = graph.add("CONCATENATION", scaled, (1, 1, 1, sum(described.branches)), axis=3)
    classes = len(head.bias)
    weights = graph.constant("head/weights", head.weights.T)
    bias = graph.constant("head/bias", head.bias)
    logits = graph.add("FULLY_CONNECTED", [joined, weights, bias], (1, classes))
    graph.finish([graph.add("SOFTMAX", [logits], (1, classes), beta=1.0)], "product")
    return graph.packed()


def _colours(graph: Graph) -> int:
    """(1, SIDE / CELL, SIDE / CELL, 27): how much of each cell is of each colour. The nearest of 27 colours c to x has
    the largest 2 x c - c c; the softmax of that shares a cell among the nearest ones."""
    cells = SIDE // CELL
    colours = np.array([(r, g, b) for r in SHADES for g in SHADES for b in SHADES]) * 2 - 1  # as the input: -1..1
    weights = 2 * colours / (4 * SOFT)
    bias = -(colours**2).sum(axis=1) / (4 * SOFT)
    small = graph.add(
        "AVERAGE_POOL_2D", [int(graph.inputs[0])], (1, cells, cells, 3),
        padding=VALID, strideW=CELL, strideH=CELL, filterWidth=CELL, filterHeight=CELL,
    )  # fmt: skip
    kernel = graph.constant("colours/weights", weights.reshape(len(colours), 1, 1, 3))
    inputs = [small, kernel, graph.constant("colours/bias", bias)]
    logits = graph.add("CONV_2D", inputs, (1, cells, cells, len(colours)), padding=VALID, strideW=1, strideH=1)
    return graph.add("SOFTMAX", [logits], (1, cells, cells, len(colours)), beta=1.0)


class Graph:
    """A TFLite model with one subgraph, taken apart, changed and packed again."""

    def __init__(self, data: bytes) -> None:
        self._schema = import_module("ai_edge_litert.schema_py_generated")
        self._model: Any = self._schema.ModelT.InitFromObj(self._schema.Model.GetRootAs(data, 0))
        self._graph: Any = self._model.subgraphs[0]

    @property
    def inputs(self) -> list[int]:
        return list(self._graph.inputs)

    @property
    def outputs(self) -> list[int]:
        return list(self._graph.outputs)

    def tensor(self, number: int) -> Any:
        return self._graph.tensors[number]

    def computed(self) -> dict[int, str]:
        """Number and name of the input and of every tensor that an operator makes."""
        made = [int(self.inputs[0]), *(int(t) for operator in self._graph.operators for t in operator.outputs)]
        return {number: self.tensor(number).name.decode() for number in made}

    def output_of(self, layer: str) -> int:
        """The tensor of that layer's result. BackboneError."""
        for operator in self._graph.operators:
            number = int(operator.outputs[0])
            if self.tensor(number).name.decode().endswith(layer):
                return number
        raise BackboneError(f"the detector has no layer {layer}: build the models that this version of shelfd names")

    def cut_behind(self, outputs: list[int]) -> None:
        """Drops every operator that none of `outputs` needs."""
        needed, kept = set(outputs), []
        for operator in reversed(self._graph.operators):
            if needed & {int(t) for t in operator.outputs}:
                kept.append(operator)
                needed |= {int(t) for t in operator.inputs}
        self._graph.operators = kept[::-1]

    def resize(self, side: int) -> None:
        """Another input size for a graph of convolutions and sums; each picture keeps its share of it."""
        old = int(self.tensor(self.inputs[0]).shape[1])
        for number in self.computed():
            shape = self.tensor(number).shape
            stride = round(old / int(shape[1]))
            self.tensor(number).shape = [1, -(-side // stride), -(-side // stride), int(shape[3])]
            self.tensor(number).shapeSignature = None

    def constant(self, name: str, values: np.ndarray) -> int:
        """A float32 tensor."""
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(values.astype("<f4").tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._tensor(name, values.shape, len(self._model.buffers) - 1)

    def averaged(self, number: int, mean: np.ndarray, spread: np.ndarray) -> int:
        """(1, h, w, c) -> (1, 1, 1, c): the average over the picture, minus `mean`, over `spread`, as one depthwise
        convolution: each number gets a scale of its own in int8 before it is rounded."""
        _, height, width, channels = (int(n) for n in self.tensor(number).shape)
        weights = np.broadcast_to(1 / (height * width * spread), (1, height, width, channels))
        inputs = [number, self.constant("scale/weights", weights), self.constant("scale/bias", -mean / spread)]
        return self.add(
            "DEPTHWISE_CONV_2D", inputs, (1, 1, 1, channels), padding=VALID, strideW=1, strideH=1, depthMultiplier=1,
            dilationWFactor=1, dilationHFactor=1,
        )  # fmt: skip

    def add(self, kind: str, inputs: list[int], shape: tuple[int, ...], **options: float) -> int:
        """Appends an operator; the number of its output."""
        schema = self._schema
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(getattr(schema.BuiltinOperator, kind))
        operator.inputs = inputs
        operator.outputs = [self._tensor(f"{kind.lower()}_{len(self._graph.operators)}", shape, 0)]
        name = OPTIONS[kind]
        operator.builtinOptions = getattr(schema, f"{name}T")()
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, name)
        if kind == "CONV_2D":
            options |= {"dilationWFactor": 1, "dilationHFactor": 1}
        for key, value in options.items():
            setattr(operator.builtinOptions, key, value)
        self._graph.operators.append(operator)
        return int(operator.outputs[0])

    def finish(self, outputs: list[int], name: str) -> None:
        """Sets the outputs, drops what nobody uses, signs the model anew."""
        self._graph.outputs, self._graph.name = outputs, name.encode()
        self._model.description, self._model.metadata, self._model.metadataBuffer = name.encode(), None, None
        self._drop_unused()
        signature = self._schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = SIGNATURE.encode(), 0
        signature.inputs, signature.outputs = self._map(self._graph.inputs), self._map(self._graph.outputs)
        self._model.signatureDefs = [signature]

    def _drop_unused(self) -> None:
        """Tensors and buffers; the tensors are numbered anew (-1, an input left out, stays)."""
        owners = (self._graph, *self._graph.operators)
        used = sorted({int(n) for owner in owners for n in (*owner.inputs, *owner.outputs) if n >= 0})
        anew = {old: new for new, old in enumerate(used)} | {-1: -1}
        self._graph.tensors = [self._graph.tensors[old] for old in used]
        for owner in owners:
            owner.inputs = [anew[int(n)] for n in owner.inputs]
            owner.outputs = [anew[int(n)] for n in owner.outputs]
        needed = {int(tensor.buffer) for tensor in self._graph.tensors}
        for number, buffer in enumerate(self._model.buffers):
            if number not in needed:
                buffer.data = None

    def _map(self, numbers: list[int]) -> list[Any]:
        entries = []
        for number in numbers:
            entry = self._schema.TensorMapT()
            entry.name, entry.tensorIndex = self.tensor(number).name, number
            entries.append(entry)
        return entries

    def packed(self) -> bytes:
        """The file's bytes."""
        builder = import_module("flatbuffers").Builder(1 << 24)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _tensor(self, name: str, shape: tuple[int, ...], buffer: int) -> int:
        tensor = self._schema.TensorT()
        tensor.name = f"{name}_{len(self._graph.tensors)}".encode()
        tensor.shape, tensor.type, tensor.buffer = list(shape), FLOAT32, buffer
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def _code(self, code: int) -> int:
        for number, known in enumerate(self._model.operatorCodes):
            if max(known.builtinCode, known.deprecatedBuiltinCode) == code:
                return number
        new = self._schema.OperatorCodeT()
        new.builtinCode = new.deprecatedBuiltinCode = code
        new.version = 1
        self._model.operatorCodes.append(new)
        return len(self._model.operatorCodes) - 1


OPTIONS = {
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "CONCATENATION": "ConcatenationOptions",
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "SOFTMAX": "SoftmaxOptions",
}
