"""Every message of the wire in one table: its topic, its type, how it is sent, where its example lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from wire.commands import COMMANDS, Result
from wire.documents import DOCUMENT_TYPES
from wire.envelope import CONTENT_TYPE, Envelope
from wire.events import EVENTS
from wire.state import STATES
from wire.topics import Topics

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "wire" / "examples"


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message. All are QoS 1."""

    name: str  # "event.pick"; the stem of its schema and its example
    payload: type[Any]  # Pick
    topic: str  # with {store}, {device} and {id}
    retained: bool
    sender: Literal["device", "hub"]

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]

    @property
    def body(self) -> Any:
        """The type of the whole message: events travel in an envelope."""
        return Envelope[self.payload] if self.family == "event" else self.payload  # type: ignore[name-defined]

    @property
    def content_type(self) -> str:
        return CONTENT_TYPE if self.family == "event" else "application/json"

    @property
    def example(self) -> bytes:
        """The golden example, byte for byte as on the wire."""
        return (EXAMPLES / f"{self.name}.json").read_bytes()


def messages() -> list[Message]:
    """All of them: events, states, commands, the result."""
    topics = Topics("STORE", "DEVICE")

    def message(name: str, payload: type[Any], topic: str, retained: bool = False, hub: bool = False) -> Message:
        for placeholder in ("STORE", "DEVICE", "ID"):
            topic = topic.replace(placeholder, f"{{{placeholder.lower()}}}")
        return Message(name, payload, topic, retained, "hub" if hub else "device")

    return [
        *(message(f"event.{kind.kind}", kind, topics.event(kind.kind)) for kind in EVENTS),
        *(
            message(f"state.{kind.kind.replace('/', '.')}", kind, topics.retained(kind.kind), retained=True)
            for kind in STATES
        ),
        *(message(f"command.{kind.kind}", kind, topics.command(kind.kind, "ID"), hub=True) for kind in COMMANDS),
        message("result", Result, topics.result("ID")),
        *(message(f"document.{kind.kind}", kind, topics.desired(kind.kind), True, hub=True) for kind in DOCUMENT_TYPES),
    ]
