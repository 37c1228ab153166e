"""CloudEvents 1.0, structured mode: the envelope around every event.

`id` is `<device>/<boot>/<sequence>`: doubles have the same id, a missing number names what is missing.
`time` is absent while the device's clock is unknown. Source: CloudEvents spec 1.0.2, JSON format, and its extension
"sequence". Not here: bytes (codec.py).
"""

from __future__ import annotations

from typing import Generic, Literal, NamedTuple, TypeVar

from msgspec import Struct

from wire import limits
from wire.events import EventPayload

CONTENT_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "shelfd."
SEQUENCE_DIGITS = 12  # 30 years of 1,000 events a second
T = TypeVar("T")


class Envelope(Struct, Generic[T], frozen=True, kw_only=True, omit_defaults=True):
    """One CloudEvent. `specversion` comes first and is always written."""

    specversion: Literal["1.0"]  # of CloudEvents
    id: limits.EventId  # `<device>/<boot>/<sequence>`: doubles have the same
    source: str  # the device's base topic, as a URI reference
    type: str  # `shelfd.` and the event's kind
    datacontenttype: Literal["application/json"]  # of `data`
    sequence: limits.Sequence  # the number of the id, with zeros in front so that text sorts as numbers do
    data: T  # the payload
    subject: str | None = None  # the lane or part
    time: limits.Time | None = None  # RFC 3339, UTC; absent while the clock is unknown


class EventId(NamedTuple):
    """The parts of an event's id. `sequence` goes on over restarts: what is missing between two was lost or waits."""

    device: str
    boot: str
    sequence: int


def event_type(payload: EventPayload | type[EventPayload]) -> str:
    """`shelfd.pick` for a Pick."""
    return TYPE_PREFIX + payload.kind


def event_id(device: str, boot: str, sequence: int) -> str:
    """`<device>/<boot>/<sequence>`."""
    return f"{device}/{boot}/{sequence}"


def parse_event_id(text: str) -> EventId:
    """The parts of an id. ValueError for what `event_id` did not make."""
    parts = text.split("/")
    if len(parts) != 3 or not all(parts) or not (parts[2].isascii() and parts[2].isdigit() and len(parts[2]) < 20):
        raise ValueError(f"{text[:80]!r} is no event id: <device>/<boot>/<sequence> is wanted")
    return EventId(parts[0], parts[1], int(parts[2]))


def sequence_text(sequence: int) -> str:
    """`000000000042`: the extension "sequence" has to be in the same order as text and as number."""
    return f"{sequence:0{SEQUENCE_DIGITS}d}"
