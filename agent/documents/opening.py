"""Opens what came as `<kind>/desired`: size, envelope, base64, signature, type, for whom, version, contents, in this
order, so that nothing of a stranger's document is looked at.

Not here: keys (trust.py), what the contents must mean (config_document.py, policy_document.py ...).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import msgspec

from agent.documents.findings import finding
from agent.documents.protocol import DocumentError
from agent.documents.record import Record
from agent.documents.signing import from_base64
from agent.documents.trust import Trust
from wire.codec import WireError, decode_document, decode_signed
from wire.documents import PAYLOAD_TYPE, Document, Signed
from wire.limits import MAX_DOCUMENT_BYTES, MAX_VERSION, Name, Version
from wire.reported import Finding

ALL = "*"  # every device of the store
MOST_STEP = 2**32  # from one version to the next: fits the seconds since 1970; two million steps to the last number


@dataclass(frozen=True, slots=True)
class Opened:
    """A message whose signature holds. `hash` is that of the payload's bytes."""

    kind: str
    envelope: Signed
    payload: bytes
    hash: str
    version: int
    by: str


class _Head(msgspec.Struct, frozen=True):
    """For whom it is and how new, whatever else it says."""

    version: Version
    store: Name
    device: Name
    by: Name


_head = msgspec.json.Decoder(_Head)


@dataclass(frozen=True, slots=True)
class Peek:
    """What can be said about a message that is no document for us: `hash` of its payload, or of the whole message
    where there is none to be read."""

    hash: str


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def open_signed(kind: str, body: bytes, trust: Trust) -> Opened | tuple[Peek, DocumentError]:
    """The opened message, its signature and type verified; else what it is called and what is wrong with it."""
    peek = Peek(sha256(body))
    try:
        envelope, payload = _unpack(body)
        peek = Peek(sha256(payload))
        if objections := trust.objections(envelope, payload):
            raise DocumentError(*objections)
        _demand_type(kind, envelope)
        head = _read_head(payload)
    except DocumentError as error:
        return peek, error
    return Opened(kind, envelope, payload, peek.hash, head.version, head.by)


def demand_addressed(opened: Opened, store: str, device: str) -> None:
    """DocumentError where it is for somebody else."""
    head = _read_head(opened.payload)
    if head.store != store:
        raise DocumentError(finding("store", f"this is for store {head.store!r}; this shelf stands in {store!r}"))
    if head.device not in (device, ALL):
        hint = f"write {device!r}, or {ALL!r} for every device of the store"
        raise DocumentError(finding("device", f"this is for device {head.device!r}; this is {device!r}", hint))


def demand_newer(opened: Opened, record: Record) -> None:
    """DocumentError where its version is not above all before it, or so far above them that a slip of the keyboard
    would close the kind: nothing can be higher than the highest number."""
    version, highest = opened.version, record.highest
    least, most = highest + 1, min(highest + MOST_STEP, MAX_VERSION)
    if not record.grows(version, opened.hash):
        reason = f"version {version} is not newer than {highest}, which was accepted here before"
        hint = f"send it as version {least} or higher"
        if least > MAX_VERSION:
            hint = "there is no higher one: a person has to empty documents.dir/kept on the device and start it anew"
        raise DocumentError(finding("version", reason, hint))
    if version > most:
        since = f"{highest}, which was accepted here before" if highest else "0, as none was accepted here before"
        reason = f"version {version} is more than {MOST_STEP} above {since}"
        raise DocumentError(finding("version", reason, f"send it as version {least} or higher, at most {most}"))


def decoded(kind: str, payload: bytes) -> Document:
    """The document in a payload. DocumentError where there is none."""
    try:
        return decode_document(kind, payload)
    except WireError as error:
        raise DocumentError(_malformed(str(error))) from error


def _unpack(body: bytes) -> tuple[Signed, bytes]:
    if len(body) > MAX_DOCUMENT_BYTES:
        reason = f"the message has {len(body)} bytes; a document has {MAX_DOCUMENT_BYTES} at most"
        raise DocumentError(finding("", reason, "shorten it; pictures and models go as assets"))
    try:
        envelope = decode_signed(body)
    except WireError as error:
        hint = "send a DSSE envelope with payloadType, payload and signatures"
        raise DocumentError(finding("", f"the message is no signed document: {error}", hint)) from error
    try:
        return envelope, from_base64(envelope.payload)
    except ValueError as error:
        raise DocumentError(
            finding("payload", str(error), "encode the document's bytes in base64, RFC 4648")
        ) from error


def _demand_type(kind: str, envelope: Signed) -> None:
    wanted = PAYLOAD_TYPE.format(kind)
    if envelope.payloadType != wanted:
        reason = f"{envelope.payloadType!r} is not what belongs on {kind}/desired"
        raise DocumentError(finding("payloadType", reason, f"send {wanted!r} there"))


def _read_head(payload: bytes) -> _Head:
    try:
        return _head.decode(payload)
    except RecursionError as error:
        raise DocumentError(finding("", "the document is nested too deeply")) from error
    except ValueError as error:
        raise DocumentError(_malformed(str(error))) from error


def _malformed(sentence: str) -> Finding:
    """msgspec says where it stopped at the end of its sentence."""
    place = re.search(r" - at `(?:key in )?\$([^`]*)`$", sentence)
    if place is None:
        return finding("", sentence)
    return finding(place[1].lstrip("."), sentence[: place.start()])
