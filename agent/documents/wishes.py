"""What is wanted of one kind, what became of it, and how `<kind>/reported` says it.

Not here: how it comes to that (desk.py).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from agent.documents.beginning import Standing
from agent.documents.findings import bounded, finding
from agent.documents.opening import Opened
from agent.documents.record import Record
from wire.documents import Asset, Document
from wire.reported import (
    ConfigReported,
    ContentReported,
    Finding,
    ModelReported,
    Outcome,
    PolicyReported,
    ReportedPayload,
)

MOST_MISSING = 100  # as wire/reported.py has it
MOST_LATELY = 32  # refusals remembered; one with all its findings has 45 kB
LATELY_S = 60.0  # for so long: what they hang on may change


@dataclass(frozen=True, slots=True)
class Wish:
    """The newest message of a kind. `again`: the message itself, where another configuration might judge otherwise."""

    message: str  # hash of the whole message: the same again is no news
    hash: str  # of its payload; of the message where there is none
    version: int | None = None  # None: not to be read
    again: bytes | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What became of what is wanted."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document that may be tried: as soon as its files are there and nothing else stands against it."""

    opened: Opened
    document: Document
    needs: tuple[Asset, ...]
    body: bytes  # the message


@dataclass(frozen=True, slots=True)
class FileNews:
    """How far the files of what is wanted are."""

    missing: tuple[str, ...] = ()
    progress: float | None = None
    cache_bytes: int | None = None
    troubles: tuple[Finding, ...] = ()  # what stands in the way of them


def first_said(record: Record, whole: Standing | None, findings: tuple[Finding, ...]) -> Said:
    """What to say after a start, before the broker has repeated what is wanted. `whole`: the document that is wholly in
    force."""
    if record.trial is not None:
        return Said("probation", findings)
    reason = record.why_harmful(record.highest_hash)
    if reason is not None:
        return Said("rolled_back", (finding("", reason), *findings))
    if whole is None and record.good is not None:
        return Said("rolled_back", findings)
    return Said("none" if whole is None else "applied", findings)


class Reports:
    """What is wanted of each kind and what to say of it; `tell` gets each payload that is new."""

    def __init__(self, tell: Callable[[ReportedPayload], None], device_key: bytes, clock: Callable[[], float]) -> None:
        self._tell, self._clock = tell, clock
        self._device_key = base64.b64encode(device_key).decode() if device_key else None
        self._wishes: dict[str, Wish] = {}
        self._said: dict[str, Said] = {}
        self._told: dict[str, ReportedPayload] = {}
        self._lately: dict[tuple[str, str], tuple[float, Wish, Said]] = {}
        self.files: dict[str, FileNews] = {}

    def wish(self, kind: str) -> Wish | None:
        return self._wishes.get(kind)

    def wants(self, kind: str, wish: Wish | None, said: Said) -> None:
        """There is a new message, or (None) no more any."""
        if wish is None:
            self._wishes.pop(kind, None)
        else:
            self._wishes[kind] = wish
        self._said[kind] = said

    def refused(self, kind: str, wish: Wish, said: Said) -> None:
        """A signed message that was looked at in full, and refused."""
        self.wants(kind, wish, said)
        self._lately[kind, wish.message] = self._clock(), replace(wish, again=None), said
        self._lately = dict(list(self._lately.items())[-MOST_LATELY:])

    def refused_lately(self, kind: str, message: str, body: bytes) -> bool:
        """The same again, with nothing changed since: it is wanted now, and was judged then."""
        at_s, wish, said = self._lately.get((kind, message), (0.0, None, None))
        if wish is None or said is None or self._clock() - at_s > LATELY_S:
            return False
        self.wants(kind, replace(wish, again=body), said)
        return True

    def forget_refusals(self) -> None:
        """Something has changed, and with it perhaps what would be said now."""
        self._lately.clear()

    def say(self, kind: str, said: Said) -> None:
        self._said[kind] = said

    def became(self, kind: str, hash: str, said: Said) -> None:
        """News of one document; of no interest where the newest message is another."""
        self.forget_refusals()
        wish = self._wishes.get(kind)
        if wish is None or wish.hash == hash:
            self._said[kind] = said

    def rejected(self) -> list[tuple[str, bytes]]:
        """Messages that another configuration might judge otherwise; they are forgotten, to be taken as new."""
        found = [(kind, wish) for kind, wish in self._wishes.items() if self._said[kind].outcome == "rejected"]
        for kind, _ in found:
            del self._wishes[kind]
        return [(kind, wish.again) for kind, wish in found if wish.again is not None]

    def send(self, kind: str, standing: Standing | None, trusts: tuple[str, ...]) -> None:
        """Tells it where it is new. `standing`: the document that is wholly in force."""
        payload = self._payload(kind, standing, trusts)
        if self._told.get(kind) != payload:
            self._told[kind] = payload
            self._tell(payload)

    def _payload(self, kind: str, standing: Standing | None, trusts: tuple[str, ...]) -> ReportedPayload:
        wish, held = self._wishes.get(kind), standing.held if standing else None
        said, files = self._said.get(kind, Said("none")), self.files.get(kind, FileNews())
        common: dict[str, Any] = {
            "state": said.outcome,
            "version": held.version if held else None,
            "hash": held.hash if held else None,
            "by": held.by if held else None,
            "since": held.since if held else None,
            "desired_version": wish.version if wish else None,
            "desired_hash": wish.hash if wish else None,
            "findings": bounded((*said.findings, *files.troubles)),
        }
        match kind:
            case "config":
                return ConfigReported(**common, device_key=self._device_key, trusts=trusts)
            case "content":
                return ContentReported(**common, missing=files.missing[:MOST_MISSING], cache_bytes=files.cache_bytes)
            case "model":
                return ModelReported(**common, missing=files.missing[:MOST_MISSING], progress=files.progress)
            case _:
                return PolicyReported(**common)


def written(wall_s: float | None) -> str | None:
    """A unix time as the wire has it; None while the clock is unknown, or somewhere no clock should be."""
    if wall_s is None or not 0 <= wall_s < 32_503_680_000:  # year 3000
        return None
    return datetime.fromtimestamp(wall_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
