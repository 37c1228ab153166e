"""Payloads <-> bytes, for both ends of the broker: bounded, and with one error for everything that can be wrong.

What is decoded may have fields that this version does not know: a newer shelf still speaks to an older hub. What is
encoded was decoded once as a trial, so nothing leaves that the other end could not read (NaN has no JSON).
Not here: topics (topics.py), the shapes (events.py, state.py, commands.py, documents.py, envelope.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec

from wire.commands import COMMANDS, CommandPayload, Result
from wire.documents import DOCUMENT_TYPES, Document, Signed
from wire.envelope import TYPE_PREFIX, Envelope, parse_event_id
from wire.events import EVENTS, EventPayload
from wire.limits import MAX_BYTES, MAX_DOCUMENT_BYTES
from wire.state import STATES, StatePayload

Code = Literal["too_large", "malformed", "unknown_kind"]
Payload = StatePayload | CommandPayload | Result
T = TypeVar("T")


class WireError(ValueError):
    """Bytes that are no payload, or a payload that cannot become bytes. `code`: "unknown_kind" is likely from a newer
    version and can be passed over; "too_large" and "malformed" are somebody's mistake."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code


_encoder = msgspec.json.Encoder()
_head = msgspec.json.Decoder(Envelope[msgspec.Raw])
_events = {TYPE_PREFIX + kind.kind: msgspec.json.Decoder(kind) for kind in EVENTS}
_states = {kind.kind: msgspec.json.Decoder(kind) for kind in STATES}
_commands = {kind.kind: msgspec.json.Decoder(kind) for kind in COMMANDS}
_documents: dict[str, msgspec.json.Decoder[Document]] = {
    kind.kind: msgspec.json.Decoder(kind) for kind in DOCUMENT_TYPES
}
_signed = msgspec.json.Decoder(Signed)
_result = msgspec.json.Decoder(Result)


def encode_event(event: Envelope[Any]) -> bytes:
    """The bytes of one event. WireError where it is too large or could not be read again."""
    data = _encode(event)
    decode_event(data)
    return data


def encode(payload: Payload) -> bytes:
    """The bytes of a state, command or result. WireError where it is too large or could not be read again."""
    data = _encode(payload)
    _decode(msgspec.json.Decoder(type(payload)), data, payload.kind)
    return data


def decode_event(data: bytes) -> Envelope[EventPayload]:
    """One event with its payload as the type it names. WireError with code "unknown_kind" for a type of a newer
    version."""
    head = _decode(_head, data, "event")
    if head.type not in _events:
        raise WireError("unknown_kind", f"event type {head.type[:60]!r} is not known here; pass it over or update")
    _consistent(head)
    payload = _decode(_events[head.type], bytes(head.data), head.type)
    return Envelope[EventPayload](
        specversion=head.specversion,
        id=head.id,
        source=head.source,
        type=head.type,
        datacontenttype=head.datacontenttype,
        sequence=head.sequence,
        data=payload,
        subject=head.subject,
        time=head.time,
    )


def decode_state(kind: str, data: bytes) -> StatePayload:
    """The retained state of `state/<kind>`. An empty payload, which clears the topic, is "malformed"."""
    return _decode(_known(_states, kind, "state"), data, kind)


def decode_command(kind: str, data: bytes) -> CommandPayload:
    """The order of `command/<kind>/<id>`."""
    return _decode(_known(_commands, kind, "command"), data, kind)


def decode_result(data: bytes) -> Result:
    """The answer of `result/<id>`."""
    return _decode(_result, data, "result")


def encode_document(document: Document) -> bytes:
    """The payload of a signed document. WireError where it is too large or could not be read again."""
    data = _encode(document, MAX_DOCUMENT_BYTES)
    decode_document(document.kind, data)
    return data


def decode_document(kind: str, data: bytes) -> Document:
    """The payload of a signed document of this kind. Unlike everything else it may hold nothing that is not known."""
    return _decode(_known(_documents, kind, "document"), data, kind, MAX_DOCUMENT_BYTES)


def encode_signed(signed: Signed) -> bytes:
    """The message of `<document>/desired`."""
    return _encode(signed, MAX_DOCUMENT_BYTES)


def decode_signed(data: bytes) -> Signed:
    """The envelope of `<document>/desired`; nothing in it is verified yet."""
    return _decode(_signed, data, "document", MAX_DOCUMENT_BYTES)


def _known(decoders: dict[str, msgspec.json.Decoder[T]], kind: str, what: str) -> msgspec.json.Decoder[T]:
    if kind not in decoders:
        known = ", ".join(decoders)
        raise WireError("unknown_kind", f"{what} {kind[:60]!r} is not known here; known are {known}")
    return decoders[kind]


def _encode(payload: Envelope[Any] | Payload | Document | Signed, most_bytes: int = MAX_BYTES) -> bytes:
    try:
        data = _encoder.encode(payload)
    except (msgspec.EncodeError, TypeError, ValueError) as error:  # UnicodeEncodeError is a ValueError
        raise WireError("malformed", f"{type(payload).__name__} cannot be written as JSON: {error}") from error
    if len(data) > most_bytes:
        raise WireError("too_large", f"{type(payload).__name__} has {len(data)} bytes; {most_bytes} go in one message")
    return data


def _decode(decoder: msgspec.json.Decoder[T], data: bytes, what: str, most_bytes: int = MAX_BYTES) -> T:
    if len(data) > most_bytes:
        raise WireError("too_large", f"{what}: {len(data)} bytes; {most_bytes} go in one message")
    try:
        return decoder.decode(data)
    except RecursionError as error:
        raise WireError("malformed", f"{what}: nested too deeply") from error
    except ValueError as error:  # msgspec.DecodeError and UnicodeDecodeError are ValueErrors
        raise WireError("malformed", f"{what}: {error}") from error


def _consistent(head: Envelope[msgspec.Raw]) -> None:
    """What the types cannot say: the id's number is the sequence, the time is a date."""
    try:
        if parse_event_id(head.id).sequence != int(head.sequence):
            raise ValueError(f"id {head.id[:80]!r} and sequence {head.sequence!r} differ")
        if head.time is not None:
            datetime.fromisoformat(head.time)
    except ValueError as error:
        raise WireError("malformed", f"event: {error}") from error
