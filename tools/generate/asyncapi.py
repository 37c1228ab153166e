"""The AsyncAPI 3.0 document: which topics there are, who sends what, how it is delivered. Source of its form:
asyncapi.com/docs/reference/specification/v3.0.0 and the MQTT bindings 0.2.0."""

from __future__ import annotations

import json
from typing import Any

from agent.config.schema import Broker
from tools.generate.contract import Message, messages
from wire.topics import NAME

BINDING = "0.2.0"
PARAMETERS = {
    "store": "The shop. One MQTT level: letters, digits, _ . - (at most 64).",
    "device": "The shelf's device, unique in its store. One MQTT level, as the store.",
    "id": "Given by whoever sends the command, new for each. One MQTT level, as the store.",
}
DESCRIPTION = (
    "What a shelf tells a broker and what it can be told. Seen from the device: it sends events, state and results, "
    "and receives commands and signed documents. Delivery is at least once (QoS 1); doubles of an event have the same "
    "id. docs/events.md explains every field."
)


def asyncapi() -> dict[str, Any]:
    """The document as plain values."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "shelfd",
            "version": "1.0.0",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {message.name: _channel(message) for message in messages()},
        "operations": {f"{_action(message)}.{message.name}": _operation(message) for message in messages()},
        "components": {
            "messages": {message.name: _message(message) for message in messages()},
            "parameters": {name: {"description": about} for name, about in PARAMETERS.items()},
            "securitySchemes": {"certificate": {"type": "X509", "description": "One client certificate a device."}},
            "serverBindings": {"shelf": {"mqtt": _session()}},
        },
        "x-names": f"^{NAME.pattern}$",
    }


def _servers() -> dict[str, Any]:
    return {
        "store": {
            "host": "{broker}:8883",
            "protocol": "secure-mqtt",
            "protocolVersion": "5",
            "description": "The broker of a store or a chain; 3.1.1 carries everything too.",
            "variables": {"broker": {"description": "Name or address of the broker (`broker.host`)."}},
            "security": [{"$ref": "#/components/securitySchemes/certificate"}],
            "bindings": {"$ref": "#/components/serverBindings/shelf"},
        },
        "loopback": {
            "host": "127.0.0.1:1883",
            "protocol": "mqtt",
            "protocolVersion": "5",
            "description": "A broker on the device itself, the only one that may be anonymous and without TLS.",
            "bindings": {"$ref": "#/components/serverBindings/shelf"},
        },
    }


def _session() -> dict[str, Any]:
    """How the device connects: with the defaults of `[broker]`."""
    online = next(message for message in messages() if message.name == "state.online")
    broker = Broker()
    return {
        "cleanSession": False,
        "keepAlive": broker.keepalive_s,
        "sessionExpiryInterval": broker.session_expiry_s,
        "lastWill": {"topic": online.topic, "qos": 1, "retain": True, "message": '{"online":false}'},
        "bindingVersion": BINDING,
    }


def _channel(message: Message) -> dict[str, Any]:
    used = [name for name in PARAMETERS if f"{{{name}}}" in message.topic]
    return {
        "address": message.topic,
        "messages": {message.name: {"$ref": f"#/components/messages/{message.name}"}},
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in used},
    }


def _operation(message: Message) -> dict[str, Any]:
    operation = {
        "action": _action(message),
        "channel": {"$ref": f"#/channels/{message.name}"},
        "summary": _summary(message),
        "bindings": {"mqtt": {"qos": 1, "retain": message.retained, "bindingVersion": BINDING}},
        "messages": [{"$ref": f"#/channels/{message.name}/messages/{message.name}"}],
    }
    if message.family == "command":
        operation["reply"] = {
            "channel": {"$ref": "#/channels/result"},
            "messages": [{"$ref": "#/channels/result/messages/result"}],
        }
    return operation


def _message(message: Message) -> dict[str, Any]:
    return {
        "name": message.name,
        "title": message.payload.__name__,
        "summary": _summary(message),
        "contentType": message.content_type,
        "payload": {"$ref": f"./schemas/{message.name}.json"},
        "examples": [{"name": "golden", "payload": json.loads(message.example)}],
    }


def _action(message: Message) -> str:
    return "send" if message.sender == "device" else "receive"


def _summary(message: Message) -> str:
    return " ".join((message.payload.__doc__ or "").partition("\n\n")[0].split())
