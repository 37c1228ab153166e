"""Gives channels whose weights are all zero a weight that int8 can live with.

Training prunes channels: weights 0, only the bias is left. Quantised, a bias counts in input scale x weight scale; with
a weight scale of nearly nothing it leaves int32, and what the cast makes of that depends on the processor: x86 turns a
bias of +2.3 into -2147483648 steps, arm64 into +2147483647. So where the bias dwarfs every weight of its channel, one
weight is lifted to a small part of the bias. 1,328 channels of the OIDv4 SSD need it; without, its scores are off.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.build_models.fold import code_of, constant, schema, stored

PART = 2.0**-14  # of the bias: at most 0.04 % of it is added by an input of 6 (relu6), and input scales >= 0.001 fit


def lift(model: Any) -> int:
    """How many channels were lifted; the model is changed in place. Constants are float32 (fold.py)."""
    kinds = schema().BuiltinOperator
    last = {kinds.CONV_2D: 0, kinds.DEPTHWISE_CONV_2D: 3}  # where the weights' output channel stands
    graph, lifted = model.subgraphs[0], 0
    for operator in graph.operators:
        axis = last.get(code_of(model, operator))
        if axis is None or len(operator.inputs) < 3 or operator.inputs[2] < 0:
            continue
        weights, bias = (graph.tensors[operator.inputs[place]] for place in (1, 2))
        values, offsets = constant(model, weights, "<f4"), constant(model, bias, "<f4")
        if values is not None and offsets is not None:
            anew, count = lifted_weights(values, offsets, axis)
            model.buffers[weights.buffer].data = stored(anew)
            lifted += count
    return lifted


def lifted_weights(weights: NDArray[Any], bias: NDArray[Any], axis: int) -> tuple[NDArray[Any], int]:
    """Weights with `axis` for the channel, and the bias of each -> weights in which the first one of a dead channel
    is a part of its bias; how many were dead."""
    rows = np.moveaxis(weights, axis, 0).reshape(len(bias), -1).copy()
    least = np.abs(bias) * np.float32(PART)
    dead = np.abs(rows).max(axis=1) < least
    rows[dead, 0] = least[dead]
    shape = np.moveaxis(weights, axis, 0).shape
    return np.moveaxis(rows.reshape(shape), 0, axis), int(dead.sum())
