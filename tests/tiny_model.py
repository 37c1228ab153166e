"""Writes the smallest useful TFLite model by hand, so that testing a runtime needs no download: relu of four floats.

A flatbuffer laid out front to back: each table behind its vtable, children behind their parents (offsets point
forward). Field numbers: TFLite's schema, version 3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

RELU = 19


@dataclass(frozen=True)
class Table:
    fields: dict[int, object]  # slot -> int (stored as int32) or a child


@dataclass(frozen=True)
class Vector:
    items: list[int] | list[Table]


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
