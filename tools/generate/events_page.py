"""docs/events.md: every message with its fields, what they mean, and its golden example."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.config.reading import bounds
from tools.generate.comments import field_comments
from tools.generate.contract import Message, messages
from tools.generate.schemas import STRUCTS, schema_of
from wire.envelope import Envelope
from wire.events import EVENTS
from wire.limits import MAX_BYTES

HEAD = f"""\
# What a shelf says and hears

Everything a shelf exchanges with a broker: MQTT 5 (3.1.1 carries it too), QoS 1, JSON, at most {MAX_BYTES} bytes a
message. The same for machines: `wire/asyncapi.yaml` and `wire/schemas/`. The examples are the files in
`wire/examples/`, laid out here over several lines; a test reads and writes them byte for byte. This page is written
from `wire/` by `make generate`.

- **Doubles.** Delivery is at least once, first occurrences in order. The `id` of an event names it for good: what has
  been seen with this id can be dropped.
- **Nothing is lost silently.** The number in the id goes on over restarts. A missing number is still on its way, or a
  `gap` event names it.
- **Time.** A Pi has no clock battery. While its clock is unknown an event goes out at once without `time` and with
  `clock.synced` false; `*_s` fields are seconds of the device's monotonic clock, and `state/clock` gives the offset
  that dates them once it is known. Look at `clock.synced`, not only at `time`: some libraries (the Python SDK of
  CloudEvents 2.2 among them) fill in the moment of arrival where `time` is absent.
- **Later versions** add fields and types. A receiver passes over what it does not know; `wire/codec.py` does.
- **null** means not known, never zero.
"""
FAMILIES = {
    "event": "## Events\n\nEach travels in this CloudEvents 1.0 envelope, structured mode:\n",
    "state": "## State\n\nRetained: what is true now. Published when it changes and again after each connect.\n",
    "command": "## Commands\n\nThe sender gives the `id`, a new one each time; a repeated id is not done twice.\n",
    "result": "## Results\n",
    "document": "## Documents\n\nWhat a hub wants, retained. What stands here is the payload of a DSSE envelope; "
    "[documents](documents.md) has the envelope, the signature and the parts of assets. Nothing may stand in a "
    "document that is not on this page.\n",
}


def events_page() -> str:
    """The whole page."""
    page, family = HEAD, ""
    for message in messages():
        if message.family != family:
            family = message.family
            page += f"\n{FAMILIES[family]}"
            page += _table(Envelope, schema_of(message)) if family == "event" else ""
        page += _section(message)
    return page + _parts()


def _section(message: Message) -> str:
    schema = schema_of(message)
    if message.family == "event":
        schema = schema["$defs"][message.payload.__name__]
    doc = " ".join((message.payload.__doc__ or "").split())
    example = msgspec.json.format(message.example, indent=2).decode()
    sent = f"`{message.topic}`{', retained' if message.retained else ''}"
    table = _table(message.payload, schema)
    return f"\n### {message.name}\n\n{doc}\n\n{sent}\n{table}\n```json\n{example}\n```\n"


def _parts() -> str:
    """The structs inside others."""
    page = "\n## Parts\n"
    for message in messages():
        for name, schema in schema_of(message).get("$defs", {}).items():
            if f"### {name}\n" not in page and STRUCTS[name] is not message.payload:
                doc = " ".join((STRUCTS[name].__doc__ or "").split())
                page += f"\n### {name}\n\n{doc}\n{_table(STRUCTS[name], schema)}"
    return page


def _table(kind: type, schema: dict[str, Any]) -> str:
    """The fields of one struct. A field that is not among the required ones may be absent."""
    comments = field_comments(kind)
    rows = "".join(
        f"| `{name}` | {_type(about)}{'' if name in schema['required'] else ', optional'} | {comments[name]} |\n"
        for name, about in schema["properties"].items()
    )
    return f"\n| field | type | meaning |\n| --- | --- | --- |\n{rows}"


def _type(schema: dict[str, Any]) -> str:
    """A JSON Schema in a few words; a link where it is one of the parts."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return "object" if STRUCTS[name] in EVENTS else f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}"
    return f"{schema['type']} {bounds(schema.get('minimum'), schema.get('maximum'))}".strip()
