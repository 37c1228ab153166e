"""JSON Schema of every message, as it is on the wire: an event with its envelope around it."""

from __future__ import annotations

from typing import Any

import msgspec

from tools.generate.comments import field_comments
from tools.generate.contract import Message
from wire import commands, documents, envelope, events, reported, state

DIALECT = "https://json-schema.org/draft/2020-12/schema"
STRUCTS = {
    name: kind
    for module in (commands, documents, events, reported, state)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
}


def schema_of(message: Message) -> dict[str, Any]:
    """The schema of the whole message, with the comments of the fields as descriptions."""
    generated = msgspec.json.schema(message.body)
    inner = generated["$defs"]
    top = inner.pop(generated["$ref"].rpartition("/")[2])
    for name, schema in inner.items():
        _describe(schema, STRUCTS[name])
    if message.family == "event":
        _describe(top, envelope.Envelope)
        top["properties"]["type"]["const"] = envelope.event_type(message.payload)
        top["description"] = f"{inner[message.payload.__name__]['description']} In a CloudEvents envelope."
    else:
        _describe(top, message.payload)
    return {"$schema": DIALECT, **top, **({"$defs": inner} if inner else {})}


def _describe(schema: dict[str, Any], kind: type) -> None:
    """Adds the fields' comments; one line of running text instead of the docstring's lines."""
    schema["description"] = " ".join(schema["description"].split())
    for name, comment in field_comments(kind).items():
        schema["properties"][name]["description"] = comment
