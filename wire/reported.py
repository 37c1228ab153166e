"""What became of a document (`<document>/reported`, retained): what is in force, and what is wrong with what is wanted.

Not here: the documents (documents.py).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from wire.limits import Name, Number, Probability, Sha256, Time, Version

# loading: parts of its files are missing; probation: in force, and watched
Outcome = Literal["none", "loading", "probation", "applied", "rejected", "rolled_back"]


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a document."""

    path: str  # `config.lane[2].price`; empty: the document as a whole
    reason: str  # a sentence
    suggestion: str | None = None  # what to do, where more can be said than the reason says


class Reported(Struct, frozen=True, kw_only=True):
    """The part that all kinds of documents have in common."""

    state: Outcome  # what became of what is wanted
    version: Version | None = None  # in force; null: only what the device brought along
    hash: Sha256 | None = None  # of the document in force, of the payload's bytes
    by: Name | None = None  # who wanted what is in force
    since: Time | None = None  # when it came into force; null: not known
    desired_version: Version | None = None  # of the newest document at the broker; null: not to be read
    desired_hash: Sha256 | None = None  # of its payload; of the whole message where there is none
    findings: Annotated[tuple[Finding, ...], Meta(max_length=50)] = ()  # why it is rejected or was rolled back


class ConfigReported(Reported, frozen=True, kw_only=True):
    """`config/reported`."""

    kind: ClassVar[str] = "config/reported"
    device_key: str | None = None  # base64 of the Ed25519 key that the device signs coupons with
    trusts: tuple[Name, ...] = ()  # names of the keys whose documents are obeyed


class ContentReported(Reported, frozen=True, kw_only=True):
    """`content/reported`."""

    kind: ClassVar[str] = "content/reported"
    missing: Annotated[tuple[Sha256, ...], Meta(max_length=100)] = ()  # files that are not whole yet
    cache_bytes: Number | None = None  # of all files on the device


class ModelReported(Reported, frozen=True, kw_only=True):
    """`model/reported`."""

    kind: ClassVar[str] = "model/reported"
    missing: Annotated[tuple[Sha256, ...], Meta(max_length=100)] = ()  # files that are not whole yet
    progress: Probability | None = None  # share of the bytes that are there


class PolicyReported(Reported, frozen=True, kw_only=True):
    """`policy/reported`."""

    kind: ClassVar[str] = "policy/reported"


ReportedPayload = ConfigReported | ContentReported | ModelReported | PolicyReported
REPORTED: tuple[type[ReportedPayload], ...] = (ConfigReported, ContentReported, ModelReported, PolicyReported)
