"""Reads what the hub orders (`command/<name>/<id>`): a payload, or the answer that says why it is none.

Not here: the bytes (wire/codec.py), doing it (agent/orders.py), doing it once per id (the core remembers).
"""

from __future__ import annotations

from wire.codec import WireError, decode_command
from wire.commands import CommandPayload, Result


def decode_order(name: str, id: str, body: bytes) -> CommandPayload | Result:
    """The payload, or a refusal to be sent back under the same id. Raises nothing, whatever the body holds."""
    try:
        return decode_command(name, body)
    except WireError as error:
        return Result(id=id, command=name, outcome="refused", message=f"not understood: {error}")
