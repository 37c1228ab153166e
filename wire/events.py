"""What a shelf tells: the payloads (`data`) of its events.

Times ending in `_s` are seconds of the device's monotonic clock of that boot; `envelope.py` carries wall time.
Weights are grams, probabilities 0..1. Not here: topics (topics.py), the CloudEvents envelope (envelope.py),
retained state (state.py).
"""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct


class Clock(Struct, frozen=True):
    """How far the device's wall clock could be trusted when the event was decided: a Pi has no clock battery."""

    synced: bool
    uncertainty_ms: float | None = None  # None: not known


class Alternative(Struct, frozen=True):
    """Another reading of the same weight change, and how probable it is."""

    lane: str
    gtin: str | None  # None: an object of no known product
    units: int | None
    visitor: str | None
    probability: float


class _Movement(Struct, frozen=True, kw_only=True):
    lane: str
    gtin: str | None  # 14 digits; None: an object of no known product
    units: int | None  # None: goods of no fixed weight
    delta_g: float  # measured change of the lane, negative when goods left it
    confidence: float  # of the events said with 0.9, nine in ten are right
    visitor: str | None  # lives as long as the track and the boot; not a person
    began_s: float
    ended_s: float
    decided_s: float
    clock: Clock
    alternatives: tuple[Alternative, ...] = ()


class Pick(_Movement, frozen=True, kw_only=True):
    """Goods left a lane in a shopper's hand."""

    kind: ClassVar[str] = "pick"


class Put(_Movement, frozen=True, kw_only=True):
    """Goods were laid into a lane: returned, misplaced or foreign."""

    kind: ClassVar[str] = "put"


class Restock(_Movement, frozen=True, kw_only=True):
    """Staff filled (or emptied: units below 0) a lane, or the lane changed while the device was off."""

    kind: ClassVar[str] = "restock"
    reason: Literal["staff", "facing_filled", "while_off"] = "staff"


class Fault(Struct, frozen=True, kw_only=True):
    """A part stopped doing its work. `part` and `code` name it until the matching `cleared`."""

    kind: ClassVar[str] = "fault"
    part: str  # e.g. "scale/main", "cell/a3", "uplink", "outbox"
    code: str  # e.g. "unplugged", "garbage", "not_authorised"
    message: str  # a sentence: what is wrong and what to do
    at_s: float
    clock: Clock


class Cleared(Struct, frozen=True, kw_only=True):
    """The fault of this part and code is over."""

    kind: ClassVar[str] = "cleared"
    part: str
    code: str
    at_s: float
    clock: Clock


class Gap(Struct, frozen=True, kw_only=True):
    """Events or observations that had to be dropped: which, how many, why.

    For `stream="event"` the dropped events are `first_sequence..last_sequence` of `boot`; for a sensor's stream only
    `lost` is known.
    """

    kind: ClassVar[str] = "gap"
    stream: str
    lost: int
    reason: str
    at_s: float
    clock: Clock
    boot: str | None = None
    first_sequence: int | None = None
    last_sequence: int | None = None


EventPayload = Pick | Put | Restock | Fault | Cleared | Gap
EVENTS: tuple[type[EventPayload], ...] = (Pick, Put, Restock, Fault, Cleared, Gap)
