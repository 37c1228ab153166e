"""What a hub wants of a device (`<document>/desired`, retained): signed whole documents, never patches.

On the wire each is a DSSE envelope (Dead Simple Signing Envelope 1.0, `Signed`): the signature covers the payload's
very bytes and its type, so nothing has to be brought into a canonical form. Inside, `version` must grow from document
to document of a kind. A key that is not known is an error here: who signs must be told that a wish was not understood.
Not here: keys and verifying (agent/documents/), what became of a document (reported.py).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

from wire.limits import MAX_ASSET_BYTES, Gtin, Line, Link, Name, Number, Sha256, TimeOfDay, Version, ZonedTime

PAYLOAD_TYPE = "application/vnd.shelfd.{}+json"  # with the document's kind; part of what is signed


class Signature(Struct, frozen=True, kw_only=True):
    """One Ed25519 signature over the DSSE pre-authentication encoding of payloadType and payload."""

    keyid: Name  # as the device's trusted keys name it
    sig: Annotated[str, Meta(max_length=128)]  # base64


class Signed(Struct, frozen=True, kw_only=True):
    """`<document>/desired`: a DSSE envelope."""

    payloadType: Annotated[str, Meta(max_length=100)]  # noqa: N815  `application/vnd.shelfd.config+json`
    payload: str  # base64 of the document's JSON
    signatures: Annotated[tuple[Signature, ...], Meta(min_length=1, max_length=8)]  # one good one suffices


class _Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Version  # grows with every document of this kind for this device
    store: Name  # for whom; a document of another store is refused
    device: Name  # for whom; "*": every device of the store
    by: Name  # who wanted it, for the records
    issued: ZonedTime  # when it was signed, RFC 3339


class ConfigDocument(_Document, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the hub wants of the configuration: keys that belong to `remote`, in tables as the file has them. It
    lies over the device's file; what it does not name is as the file says."""

    kind: ClassVar[str] = "config"
    config: dict[str, Any]  # tables and keys of docs/config.md; [[scale]] by name, [[lane]] and [[product]] as a whole


class Asset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file, known by its content. Its parts stand at `asset/<sha256>/<part>`, each but the last of 65,536 bytes."""

    sha256: Sha256  # of the whole file
    bytes: Annotated[int, Meta(ge=1, le=MAX_ASSET_BYTES)]  # of the whole file


class Daypart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of the day in the store's time zone; `ends` before `begins` reaches over midnight."""

    begins: TimeOfDay  # "08:00"
    ends: TimeOfDay  # "12:00", exclusive
    days: tuple[Annotated[int, Meta(ge=1, le=7)], ...] = (1, 2, 3, 4, 5, 6, 7)  # 1: Monday; of the day it begins on


class Coupon(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A coupon that is made and signed when the content is shown; each visitor gets one at most."""

    campaign: Name  # what the till knows it by
    says: Line  # "1.00 off", beside the code
    valid_s: Annotated[int, Meta(ge=60, le=31_536_000)]  # from its making


class Item(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One piece of content: a picture or animation, or lines that the device sets itself, with a code beside it."""

    name: Name  # policy and proof of play name it so
    plays: Literal["loop", "answer"]  # loop: while nothing happens; answer: only where a rule shows it
    asset: Sha256 | None = None  # PNG, APNG, GIF or WebP; null: headline and line are set
    headline: Line | None = None  # large
    line: Line | None = None  # below it
    link: Link | None = None  # as a QR code
    goods: tuple[Gtin, ...] = ()  # what it advertises: not shown while the shelf has none of them
    seconds: Annotated[float, Meta(ge=1, le=120)] = 8.0  # on the screen at a time
    priority: Annotated[int, Meta(ge=0, le=9)] = 0  # of the loop only the highest that may play now play
    share: Annotated[float, Meta(gt=0, le=1)] | None = None  # of voice in the loop's time; null: what is left, evenly
    valid_from: ZonedTime | None = None  # RFC 3339, with any offset
    valid_until: ZonedTime | None = None  # RFC 3339, with any offset; exclusive
    dayparts: tuple[Daypart, ...] = ()  # none: always
    segments: tuple[Name, ...] = ()  # none: everybody; else visitors whom the hub has introduced as one of these
    coupon: Coupon | None = None  # see Coupon


class ContentDocument(_Document, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may play on the strip."""

    kind: ClassVar[str] = "content"
    assets: Annotated[tuple[Asset, ...], Meta(max_length=500)] = ()  # every file that an item names
    items: Annotated[tuple[Item, ...], Meta(max_length=200)] = ()  # in the loop's order


TriggerKind = Literal["hesitation", "dwell", "pick", "put", "low_stock", "staff"]


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When something happens, one of these contents answers. The first rule that fits and has a content that may be
    shown decides; of several contents the bandit chooses one."""

    name: Name  # `shown` names it
    on: Annotated[tuple[TriggerKind, ...], Meta(min_length=1)]  # what happens
    show: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=64)]  # items, by name
    reason: Literal["held", "lingering"] | None = None  # of a hesitation; null: either
    lanes: tuple[Name, ...] = ()  # none: any
    gtins: tuple[Gtin, ...] = ()  # what was held, taken, put or runs low; none: any
    least_s: Annotated[float, Meta(ge=0, le=3600)] = 0.0  # of a dwell or hesitation: it lasted so long already


class Arm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of one content: sums over all times it was shown, of any shelf; sums of shelves add up."""

    content: Name  # item
    a: tuple[Number, ...]  # lower triangle of the sum of x x^T, row by row; x: the features, each 0 or 1
    b: tuple[Number, ...]  # sum of x over the times that ended in a pick


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to show to whom."""

    rules: Annotated[tuple[Rule, ...], Meta(max_length=100)] = ()  # the first that fits decides
    arms: Annotated[tuple[Arm, ...], Meta(max_length=64)] = ()  # learned so far; none known: every content is worth it
    spread: Annotated[float, Meta(gt=0, le=10)] = 0.2  # of Thompson sampling: more tries out more
    least_chance: Annotated[float, Meta(ge=0, le=0.2)] = 0.02  # of every candidate: offline estimates need it
    holdout: Annotated[float, Meta(ge=0, le=0.5)] = 0.05  # of triggers that are answered with nothing, for comparison
    outcome_s: Annotated[float, Meta(ge=1, le=600)] = 30.0  # a pick this long after the showing began is its doing
    cooldown_s: Annotated[float, Meta(ge=0, le=3600)] = 20.0  # between two answers to the same visitor
    visitor_most: Annotated[int, Meta(ge=1, le=100)] = 3  # answers to one visitor
    hour_most: Annotated[int, Meta(ge=1, le=3600)] = 60  # answers of one content in an hour


class PolicyDocument(_Document, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules and what was learned."""

    kind: ClassVar[str] = "policy"
    policy: Policy  # as a whole


class ModelFile(Asset, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A .tflite file."""

    name: Annotated[str, Meta(pattern="^[a-z0-9_-]{1,40}[.]tflite$", max_length=48)]  # as the manifest names it


class ModelDocument(_Document, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The models of the eyes."""

    kind: ClassVar[str] = "model"
    manifest: Annotated[str, Meta(max_length=32_768)]  # TOML, as models/manifest.toml
    files: Annotated[tuple[ModelFile, ...], Meta(min_length=1, max_length=16)]  # every file that the manifest names


Document = ConfigDocument | ContentDocument | PolicyDocument | ModelDocument
DOCUMENT_TYPES: tuple[type[Document], ...] = (ConfigDocument, ContentDocument, ModelDocument, PolicyDocument)
