"""Reads what the hub orders (`command/<name>/<id>`): a payload, or the answer that says why it is none.

Not here: doing it (agent/orders.py), doing it once per id (the core remembers).
"""

from __future__ import annotations

import msgspec

from wire.commands import COMMANDS, CommandPayload, Result

BODY_BYTES = 65_536

_DECODERS = {payload.kind: msgspec.json.Decoder(payload) for payload in COMMANDS}


def decode_order(name: str, id: str, body: bytes) -> CommandPayload | Result:
    """The payload, or a refusal to be sent back under the same id. Raises nothing, whatever the body holds."""
    decoder = _DECODERS.get(name)
    if decoder is None:
        return _refuse(name, id, f"no such command; this shelf knows {', '.join(sorted(_DECODERS))}")
    if len(body) > BODY_BYTES:
        return _refuse(name, id, f"{len(body)} bytes are too many: a command has at most {BODY_BYTES}")
    try:
        payload: CommandPayload = decoder.decode(body)
    except msgspec.MsgspecError as error:
        return _refuse(name, id, f"not understood: {error}")
    except UnicodeDecodeError as error:
        return _refuse(name, id, f"not understood: no UTF-8 ({error.reason})")
    except RecursionError:
        return _refuse(name, id, "not understood: nested too deeply")
    return payload


def _refuse(name: str, id: str, message: str) -> Result:
    return Result(id=id, command=name, outcome="refused", message=message)
