"""Seals an event: payload, number and time become the CloudEvent that goes over the wire, byte for byte.

Sealed once, inside the transaction that gives the number, so the bytes on disk are the bytes on the wire.
Not here: the envelope's type (wire/envelope.py), where the number comes from (store.py).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

import msgspec

from agent.messages import Event
from wire.envelope import Envelope, event_id, event_type, sequence_text
from wire.events import EventPayload, Gap
from wire.topics import Topics

_encoder = msgspec.json.Encoder()
_gap_decoder = msgspec.json.Decoder(Envelope[Gap])


def seal(event: Event, topics: Topics, boot: str, sequence: int) -> bytes:
    """The CloudEvent in JSON. `time` is left out while the clock is unknown."""
    payload = event.payload
    envelope = Envelope[EventPayload](
        specversion="1.0",
        id=event_id(topics.device, boot, sequence),
        source=topics.base,
        type=event_type(payload),
        datacontenttype="application/json",
        sequence=sequence_text(sequence),
        data=payload,
        subject=_subject(payload),
        time=rfc3339(event.wall_s),
    )
    return _encoder.encode(envelope)


def sealed_gap(body: bytes) -> Gap:
    """The gap inside a sealed gap event. ValueError when it is none (msgspec's errors are ValueErrors)."""
    return _gap_decoder.decode(body).data


def rfc3339(wall_s: float | None) -> str | None:
    """Unix seconds -> UTC with milliseconds, cut, not rounded; None for None and for what is no date."""
    if wall_s is None or not math.isfinite(wall_s):
        return None
    try:
        moment = datetime.fromtimestamp(wall_s, UTC)
    except (ValueError, OverflowError, OSError):  # beyond the years 1..9999
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _subject(payload: EventPayload) -> str | None:
    """The lane or the part that it is about."""
    subject = getattr(payload, "lane", None) or getattr(payload, "part", None) or getattr(payload, "stream", None)
    return subject if isinstance(subject, str) else None
