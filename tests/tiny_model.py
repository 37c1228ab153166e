"""Writes the smallest useful TFLite models by hand, so that testing needs no download: relu of four floats, and an int8
net of two convolutions that finds red squares.

A flatbuffer laid out front to back: each table behind its vtable, children behind their parents (offsets point
forward). Field numbers: TFLite's schema, version 3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

CONV_2D, RELU = 3, 19
CONV_2D_OPTIONS = 1
INT32, INT8 = 2, 9  # tensor types; 0 is float32
VALID = 1  # no padding

SQUARES_SIDE, SQUARES_CELL = 96, 8  # the finder of red squares: its input, the side of a cell of its 12 x 12 grid
SQUARES_HEAT_SCALE, SQUARES_BOX_SCALE = 0.125, 1 / 256


@dataclass(frozen=True)
class Table:
    fields: dict[int, object]  # slot -> int (stored as int32) or a child


@dataclass(frozen=True)
class Vector:
    items: list[int] | list[Table]


@dataclass(frozen=True)
class Packed:
    """A vector of `count` numbers, already in their own bytes; `align` is their size."""

    count: int
    data: bytes
    align: int


def relu_model(size: int = 4) -> bytes:
    """float32 (1, size) -> float32 (1, size)."""

    def tensor(buffer: int, name: str) -> Table:
        return Table({0: Vector([1, size]), 2: buffer, 3: name})

    operator = Table({0: 0, 1: Vector([0]), 2: Vector([1])})
    graph = Table(
        {0: Vector([tensor(1, "x"), tensor(2, "y")]), 1: Vector([0]), 2: Vector([1]), 3: Vector([operator]), 4: "relu"}
    )
    code = Table({0: RELU, 2: 1, 3: RELU})
    model = Table(
        {0: 3, 1: Vector([code]), 2: Vector([graph]), 3: "tiny", 4: Vector([Table({}), Table({}), Table({})])}
    )
    return _Writer().write(model, b"TFL3")


def squares_model() -> bytes:
    """int8 (1, 96, 96, 3), 0..1 -> heat int8 (1, 12, 12, 1), the logit 12 * (red - green) - 4 of each cell's mean;
    boxes int8 (1, 12, 12, 4): always the middle of the cell, a quarter of the input wide and high."""
    cell, grid = SQUARES_CELL, SQUARES_SIDE // SQUARES_CELL
    in_scale, heat_weight, box_weight = 1 / 255, 12 / cell**2 / 127, 1 / 127
    heat = struct.pack("3b", 127, -127, 0) * cell**2
    biases = (
        _ints([-4 / (in_scale * heat_weight)]),
        _ints([x / (in_scale * box_weight) for x in (0.5, 0.5, 0.25, 0.25)]),
    )
    data = [b"", heat, biases[0], bytes(4 * 3 * cell**2), biases[1]]
    buffers = [Table({0: Packed(len(d), d, 16)} if d else {}) for d in data]
    tensors = [
        _tensor("picture", [1, SQUARES_SIDE, SQUARES_SIDE, 3], INT8, 0, in_scale, -128),
        _tensor("heat weights", [1, cell, cell, 3], INT8, 1, heat_weight),
        _tensor("heat bias", [1], INT32, 2, in_scale * heat_weight),
        _tensor("box weights", [4, cell, cell, 3], INT8, 3, box_weight),
        _tensor("box bias", [4], INT32, 4, in_scale * box_weight),
        _tensor("heat", [1, grid, grid, 1], INT8, 0, SQUARES_HEAT_SCALE),
        _tensor("boxes", [1, grid, grid, 4], INT8, 0, SQUARES_BOX_SCALE, -128),
    ]
    options = Table({0: VALID, 1: cell, 2: cell})
    operators = [
        Table({0: 0, 1: Vector(inputs), 2: Vector([output]), 3: CONV_2D_OPTIONS, 4: options})
        for inputs, output in (([0, 1, 2], 5), ([0, 3, 4], 6))
    ]
    graph = Table({0: Vector(tensors), 1: Vector([0]), 2: Vector([5, 6]), 3: Vector(operators), 4: "squares"})
    code = Table({0: CONV_2D, 2: 3, 3: CONV_2D})
    return _Writer().write(
        Table({0: 3, 1: Vector([code]), 2: Vector([graph]), 3: "squares", 4: Vector(buffers)}), b"TFL3"
    )


def _tensor(name: str, shape: list[int], kind: int, buffer: int, scale: float, zero_point: int = 0) -> Table:
    scales, zeros = Packed(1, struct.pack("<f", scale), 4), Packed(1, struct.pack("<q", zero_point), 8)
    return Table({0: Vector(shape), 1: kind, 2: buffer, 3: name, 4: Table({2: scales, 3: zeros})})


def _ints(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}i", *(round(value) for value in values))


class _Writer:
    def __init__(self) -> None:
        self.data = bytearray(8)

    def write(self, root: Table, identifier: bytes) -> bytes:
        at = self._put(root)
        self.data[0:8] = struct.pack("<I4s", at, identifier)
        return bytes(self.data)

    def _put(self, node: object) -> int:
        """Appends the node and what hangs on it; its position."""
        self._align()
        if isinstance(node, Table):
            return self._put_table(node)
        if isinstance(node, Vector):
            return self._put_vector(node)
        if isinstance(node, Packed):
            self.data += bytes(-(len(self.data) + 4) % max(node.align, 4))  # the numbers themselves are aligned
            at = len(self.data)
            self.data += struct.pack("<I", node.count) + node.data
            return at
        assert isinstance(node, str)
        at = len(self.data)
        self.data += struct.pack("<I", len(node)) + node.encode() + b"\0"
        return at

    def _put_table(self, table: Table) -> int:
        slots = max(table.fields, default=-1) + 1
        offsets = [0] * slots
        for i, slot in enumerate(sorted(table.fields)):
            offsets[slot] = 4 + 4 * i
        vtable = len(self.data)
        self.data += struct.pack(f"<HH{slots}H", 4 + 2 * slots, 4 + 4 * len(table.fields), *offsets)
        self._align()
        at = len(self.data)
        self.data += struct.pack("<i", at - vtable) + bytes(4 * len(table.fields))
        for slot, value in table.fields.items():
            self._fill(at + offsets[slot], value)
        return at

    def _put_vector(self, vector: Vector) -> int:
        at = len(self.data)
        self.data += struct.pack("<I", len(vector.items)) + bytes(4 * len(vector.items))
        for i, item in enumerate(vector.items):
            self._fill(at + 4 + 4 * i, item)
        return at

    def _fill(self, at: int, value: object) -> None:
        number = value if isinstance(value, int) else self._put(value) - at
        struct.pack_into("<i", self.data, at, number)

    def _align(self) -> None:
        self.data += bytes(-len(self.data) % 4)
