"""Turns a float16 TFLite model into a plain float32 one that the quantiser accepts.

Such a model keeps each constant as float16 behind a DEQUANTIZE; here the constant becomes float32 and the DEQUANTIZE
goes. It also gets the signature that the quantiser asks for. Not here: dead channels (channels.py), what is quantised
and how (quantise.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIGNATURE = "serving_default"
ROOM_BYTES = 1 << 24  # what the flatbuffer starts with; it grows when it has to


def schema() -> Any:
    """TFLite's schema as classes; they come with ai-edge-litert and have no types."""
    return import_module("ai_edge_litert.schema_py_generated")


def read(data: bytes) -> Any:
    """The model as a tree of objects."""
    return schema().ModelT.InitFromObj(schema().Model.GetRootAs(data, 0))


def packed(model: Any) -> bytes:
    """The tree as a file."""
    builder = import_module("flatbuffers").Builder(ROOM_BYTES)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def code_of(model: Any, operator: Any) -> int:
    """Number of the operator's kind. Old files keep it in the deprecated field, new ones in both."""
    code = model.operatorCodes[operator.opcodeIndex]
    return int(max(code.builtinCode, code.deprecatedBuiltinCode))


def fold(model: Any) -> None:
    """The same network with float32 constants, without the tensors that nobody uses, and with one signature."""
    graph = model.subgraphs[0]
    graph.operators = [operator for operator in graph.operators if not _folded(model, graph, operator)]
    used = {tensor.buffer for tensor in graph.tensors}
    for number, buffer in enumerate(model.buffers):
        if number not in used:
            buffer.data = None
    _drop_unused(graph)
    model.signatureDefs = [_signature(graph)]
    model.metadataBuffer = None


def constant(model: Any, tensor: Any, dtype: str) -> NDArray[Any] | None:
    """The numbers of a constant in its shape, to be read only; None where the tensor is computed."""
    raw = model.buffers[tensor.buffer].data
    if raw is None or len(raw) == 0:
        return None
    return np.frombuffer(np.asarray(raw, np.uint8).tobytes(), dtype).reshape(tensor.shape)


def stored(values: NDArray[Any]) -> NDArray[np.uint8]:
    """float32 as a buffer holds it."""
    return np.frombuffer(values.astype("<f4").tobytes(), np.uint8)


def _folded(model: Any, graph: Any, operator: Any) -> bool:
    """Whether this was a DEQUANTIZE of a float16 constant; then its output is the constant now."""
    source = graph.tensors[operator.inputs[0]]
    if code_of(model, operator) != schema().BuiltinOperator.DEQUANTIZE or source.type != schema().TensorType.FLOAT16:
        return False
    halves = constant(model, source, "<f2")
    if halves is None:
        return False
    buffer = schema().BufferT()
    buffer.data = stored(halves)
    model.buffers.append(buffer)
    graph.tensors[operator.outputs[0]].buffer = len(model.buffers) - 1
    source.buffer = 0
    return True


def _drop_unused(graph: Any) -> None:
    """Tensors that no operator, input or output names go; the others get new numbers (-1, an absent input, stays)."""
    named = [*graph.inputs, *graph.outputs]
    for operator in graph.operators:
        named += [*operator.inputs, *operator.outputs]
    used = sorted({int(number) for number in named if number >= 0})
    anew = {old: new for new, old in enumerate(used)} | {-1: -1}
    graph.tensors = [graph.tensors[old] for old in used]
    for owner in (graph, *graph.operators):
        owner.inputs = [anew[int(number)] for number in owner.inputs]
        owner.outputs = [anew[int(number)] for number in owner.outputs]


def _signature(graph: Any) -> Any:
    """One over all inputs and outputs of the graph."""
    signature = schema().SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = SIGNATURE.encode(), 0
    signature.inputs, signature.outputs = _maps(graph, graph.inputs), _maps(graph, graph.outputs)
    return signature


def _maps(graph: Any, numbers: Sequence[int]) -> list[Any]:
    entries = []
    for number in numbers:
        entry = schema().TensorMapT()
        entry.name, entry.tensorIndex = graph.tensors[number].name, number
        entries.append(entry)
    return entries
