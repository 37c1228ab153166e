"""What a shelf tells: the payloads (`data`) of its events.

Times ending in `_s` are seconds of the device's monotonic clock of that boot; `envelope.py` carries wall time.
Weights are grams, probabilities 0..1. The comment behind a field becomes its description in `schemas/` and
`docs/events.md`. Not here: topics (topics.py), the CloudEvents envelope (envelope.py), retained state (state.py).
"""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct

from wire.documents import TriggerKind
from wire.limits import Gtin, Name, Number, Probability, Units, Version


class Clock(Struct, frozen=True):
    """How far the device's wall clock could be trusted when the event was decided: a Pi has no clock battery."""

    synced: bool  # false: the event has no wall time yet; state/clock will date it
    uncertainty_ms: float | None = None  # null: not known


class Alternative(Struct, frozen=True):
    """Another reading of the same weight change, and how probable it is."""

    lane: Name  # where it would have happened
    gtin: Gtin | None  # null: an object of no known product
    units: Units | None  # null: goods of no fixed weight
    visitor: str | None  # who it would have been; null: nobody seen
    probability: Probability  # of this reading


class _Movement(Struct, frozen=True, kw_only=True):
    lane: Name  # the stretch of shelf whose weight changed, as the planogram names it
    gtin: Gtin | None  # 14 digits; null: an object of no known product
    units: Units | None  # how many; null: goods of no fixed weight
    delta_g: float | None  # measured change of the lane, negative when goods left it; null: only the camera saw it
    confidence: Probability  # of the events said with 0.9, nine in ten are right
    visitor: str | None  # lives as long as the track and the boot, is not a person; null: nobody seen
    began_s: float  # the weight began to move
    ended_s: float  # the weight stood still again
    decided_s: float  # the shelf made up its mind
    clock: Clock  # how far `time` of the envelope can be trusted
    alternatives: tuple[Alternative, ...] = ()  # other readings, most probable first


class Pick(_Movement, frozen=True, kw_only=True):
    """Goods left a lane in a shopper's hand."""

    kind: ClassVar[str] = "pick"


class Put(_Movement, frozen=True, kw_only=True):
    """Goods were laid into a lane: returned, misplaced or foreign."""

    kind: ClassVar[str] = "put"


class Restock(_Movement, frozen=True, kw_only=True):
    """Staff filled (or emptied: units below 0) a lane, or the lane changed while the device was off."""

    kind: ClassVar[str] = "restock"
    reason: Literal["staff", "facing_filled", "while_off"] = "staff"  # what makes it no shopper's put


class Place(Struct, frozen=True, kw_only=True):
    """Where a visitor was at one moment, on the shelf plane."""

    t_s: float  # when
    u_m: float  # along the front edge, from its left end
    d_m: float  # out of the plane, toward the shopper
    v_m: float | None = None  # height of the hand; null: the place is a head's, whose height is nobody's business


class Reached(Struct, frozen=True, kw_only=True):
    """What one visitor's hands did at one lane."""

    lane: Name  # as the planogram names it
    hand_s: float  # how long a hand was in it, all reaches together
    reaches: Number  # how often a hand went in; 0: the scale knows of a pick or put, the camera saw no hand
    picks: Number  # of this visitor, in this lane
    puts: Number  # of this visitor, in this lane
    touched_only: bool  # a hand was in, and nothing was taken or put


class Visit(Struct, frozen=True, kw_only=True):
    """Somebody was in front of the shelf and has left. Who only walks past is no visit."""

    kind: ClassVar[str] = "visit"
    visitor: str  # as in picks and puts
    arrived_s: float  # first in front
    left_s: float  # last in front
    dwell_s: float  # seconds in front, without the time away or unseen in between
    picks: Number  # told of this visitor in this time
    puts: Number  # told of this visitor in this time
    lanes: tuple[Reached, ...]  # reached for, the longest first; at most 64
    path: tuple[Place, ...]  # at most 5 places a second and 240 in all; a long one is thinned evenly
    clock: Clock  # how far `time` of the envelope can be trusted


class Dwell(Struct, frozen=True, kw_only=True):
    """Somebody stood in one place before the shelf, and no longer does."""

    kind: ClassVar[str] = "dwell"
    visitor: str  # as in picks and puts
    lane: Name | None  # where the hands were, or the only lane there; null: no hand, and several lanes to look at
    before: tuple[Name, ...]  # lanes they stood before, the nearest first; at most 8
    began_s: float  # came to stand there
    ended_s: float  # last stood there
    dwell_s: float  # how long
    clock: Clock  # how far `time` of the envelope can be trusted


class Hesitation(Struct, frozen=True, kw_only=True):
    """Somebody is undecided at this very moment; told at once, and once."""

    kind: ClassVar[str] = "hesitation"
    reason: Literal["held", "lingering"]  # held: took it and still stands there; lingering: stands there, takes nothing
    visitor: str  # as in picks and puts
    lane: Name | None  # held: where it was taken; lingering: as in `dwell`
    gtin: Gtin | None  # held: of what was taken; lingering: of the lane; null: not known, or several
    before: tuple[Name, ...]  # lanes they stand before, the nearest first; at most 8
    began_s: float  # held: it was taken; lingering: came to stand there, or put the last thing back
    decided_s: float  # the shelf made up its mind
    clock: Clock  # how far `time` of the envelope can be trusted


class Fault(Struct, frozen=True, kw_only=True):
    """A part stopped doing its work. `part` and `code` name it until the matching `cleared`."""

    kind: ClassVar[str] = "fault"
    part: str  # e.g. "scale/main", "cell/a3", "uplink", "outbox"
    code: str  # e.g. "unplugged", "garbage", "not_authorised"
    message: str  # a sentence: what is wrong and what to do
    at_s: float  # when it was noticed
    clock: Clock  # how far `time` of the envelope can be trusted


class Cleared(Struct, frozen=True, kw_only=True):
    """The fault of this part and code is over."""

    kind: ClassVar[str] = "cleared"
    part: str  # as in the fault
    code: str  # as in the fault
    at_s: float  # when the part worked again
    clock: Clock  # how far `time` of the envelope can be trusted


class Gap(Struct, frozen=True, kw_only=True):
    """Events or observations that had to be dropped: which, how many, why.

    For `stream="event"` the dropped events are `first_sequence..last_sequence` of `boot`; for a sensor's stream only
    `lost` is known.
    """

    kind: ClassVar[str] = "gap"
    stream: str  # "event", or a sensor's stream such as "scale/main"
    lost: Number  # how many are missing
    reason: str  # a sentence: why, and what to do
    at_s: float  # when it was noticed
    clock: Clock  # how far `time` of the envelope can be trusted
    boot: str | None = None  # the boot that numbered the dropped events
    first_sequence: Number | None = None  # the first one dropped
    last_sequence: Number | None = None  # the last one dropped


class Shown(Struct, frozen=True, kw_only=True):
    """Proof of play: a content was on the strip, and why. What plays in the loop is told summed up."""

    kind: ClassVar[str] = "shown"
    content: Name | None  # item of the content document; null: nothing on purpose, see `holdout`
    trigger: TriggerKind | Literal["loop"]  # what it answers
    began_s: float  # its first picture was on the screen, or nothing was shown from here on
    ended_s: float  # something else was on the screen again
    visible_s: float  # in between, without what covered it
    plays: Number = 1  # of the loop: how often in this time
    decision: str | None = None  # names the decision; null: the loop
    rule: Name | None = None  # of the policy
    policy: Version | None = None  # version of the policy document
    candidates: tuple[Name, ...] = ()  # what might have been shown instead, this one included
    propensity: Probability | None = None  # with which this one was chosen of them
    holdout: bool = False  # this trigger was answered with nothing, for comparison
    features: tuple[str, ...] = ()  # that were true: what the choice was made by
    visitor: str | None = None  # as in picks and puts; null: the loop, or nobody seen
    lane: Name | None = None  # of what happened
    gtin: Gtin | None = None  # of what happened
    coupon: str | None = None  # number of the coupon that was shown
    clock: Clock  # how far `time` of the envelope can be trusted


class Priced(Struct, frozen=True, kw_only=True):
    """A price stands on the strip that did not stand there before."""

    kind: ClassVar[str] = "priced"
    lane: Name  # as the planogram names it
    gtin: Gtin  # of the product
    price: str | None  # "4.50"; null: none any more
    promotion_price: str | None  # null: none
    before: str | None  # the price that stood there; null: none, or not known
    currency: str  # as configured
    by: str | None  # who set it; null: the device's own file
    version: Version | None  # of the config document; null: the device's own file
    shown_s: float  # its pixels were on the screen
    clock: Clock  # how far `time` of the envelope can be trusted


EventPayload = Pick | Put | Restock | Visit | Dwell | Hesitation | Shown | Priced | Fault | Cleared | Gap
EVENTS: tuple[type[EventPayload], ...] = (
    Pick,
    Put,
    Restock,
    Visit,
    Dwell,
    Hesitation,
    Shown,
    Priced,
    Fault,
    Cleared,
    Gap,
)
