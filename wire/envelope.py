"""CloudEvents 1.0, structured mode: the envelope around every event.

`id` is `<device>/<boot>/<sequence>`: doubles have the same id, a missing number names what is missing.
`time` is absent while the device's clock is unknown. Source: CloudEvents spec 1.0.2, JSON format.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct

from wire.events import EventPayload

CONTENT_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "shelfd."
T = TypeVar("T")


class Envelope(Struct, Generic[T], frozen=True, kw_only=True, omit_defaults=True):
    """One CloudEvent. `specversion` comes first and is always written."""

    specversion: str
    id: str
    source: str  # the device's base topic, as a URI reference
    type: str  # TYPE_PREFIX + the payload's kind
    datacontenttype: str
    sequence: str  # CloudEvents extension "sequence": an integer written as a string
    data: T
    subject: str | None = None  # the lane or part
    time: str | None = None  # RFC 3339, UTC


def event_type(payload: EventPayload | type[EventPayload]) -> str:
    """`shelfd.pick` for a Pick."""
    return TYPE_PREFIX + payload.kind


def event_id(device: str, boot: str, sequence: int) -> str:
    """`<device>/<boot>/<sequence>`."""
    return f"{device}/{boot}/{sequence}"
