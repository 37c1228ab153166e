"""Retained state a shelf keeps at the broker: what is true now, published again after each connect.

The comment behind a field becomes its description in `schemas/` and `docs/events.md`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct

from wire.documents import Arm
from wire.limits import Counted, Gtin, Name, Number, Probability, Version
from wire.reported import REPORTED, ReportedPayload


class Online(Struct, frozen=True, kw_only=True):
    """`state/online`; the last will is `{"online": false}`."""

    kind: ClassVar[str] = "online"
    online: bool  # false: gone, and the rest is null where the broker says so in the device's place
    boot: str | None = None  # a new one at each start of the agent
    last_sequence: Number | None = None  # the newest event on the device; what is missing up to it is still to come
    version: str | None = None  # of the agent


class StreamHealth(Struct, frozen=True, kw_only=True):
    """One stream of observations: does it live, at the rate it should, with valid readings."""

    stream: str  # e.g. "scale/main"
    alive: bool  # something came lately
    rate_right: bool  # about as often as configured
    valid: bool  # and it could be used
    rate_hz: float | None  # measured; null: nothing to measure yet
    reason: str | None = None  # a sentence, where one of the three is false


class Health(Struct, frozen=True, kw_only=True):
    """`state/health`: which senses work, and what waits to be sent."""

    kind: ClassVar[str] = "health"
    streams: tuple[StreamHealth, ...]  # one for each sensor
    mode: Literal["open", "staff", "maintenance"]  # as the last `set_mode` left it
    outbox_waiting: Number | None = None  # events the broker has not accepted for 5 s, rounded down to 1, 2, 5, 10, ...
    outbox_parked: Number | None = None  # of these set aside because the broker cannot take them, rounded likewise
    outbox_faults: tuple[str, ...] = ()  # open faults of outbox and uplink, as `uplink/not_authorised`


class LaneStock(Struct, frozen=True, kw_only=True):
    """What stands in one lane as far as the shelf knows."""

    lane: Name  # as the planogram names it
    gtin: Gtin | None  # of the lane's product
    units: int | None  # null: never counted, or goods of no fixed weight
    level: Literal["unknown", "empty", "low", "ok"]  # held against the lane's `low_units`
    probability: Probability | None = None  # that `units` is right, from the steps since the last count


class StockState(Struct, frozen=True, kw_only=True):
    """`state/stock`: what stands in every lane."""

    kind: ClassVar[str] = "stock"
    lanes: tuple[LaneStock, ...]  # in the order of the planogram


class Misplaced(Struct, frozen=True, kw_only=True):
    """An object known to lie where it does not belong."""

    lane: Name  # where it lies
    gtin: Gtin | None  # null: an object of no known product
    weight_g: float  # as measured when it was put there
    belongs_to: Name | None  # lane of its planogram, if any
    probability: Probability  # that it lies there


class Inventory(Struct, frozen=True, kw_only=True):
    """`state/inventory`: goods out of their place."""

    kind: ClassVar[str] = "inventory"
    misplaced: tuple[Misplaced, ...]  # empty: everything lies where it belongs


class ClockState(Struct, frozen=True, kw_only=True):
    """`state/clock`: the offset that dates this boot's events; wall = monotonic + `offset_s`."""

    kind: ClassVar[str] = "clock"
    boot: str  # whose events it dates
    synced: bool  # false: nothing is known yet
    offset_s: float | None  # unix time minus monotonic time; null while the clock is unknown
    uncertainty_ms: float | None = None  # null: not known


class SeenBox(Struct, frozen=True, kw_only=True):
    """One thing found in the picture; its box from the picture's upper left corner."""

    kind: Literal["person", "hand", "container"]  # what it was taken for
    score: Probability  # as the model gives it
    left_px: float  # of its left side
    top_px: float  # of its upper side
    right_px: float  # of its right side
    bottom_px: float  # of its lower side
    gtin: Gtin | None = None  # where a model of the store's own products said so


class SeenPart(Struct, frozen=True, kw_only=True):
    """One head or hand on the shelf plane."""

    visitor: Name  # lives as long as the track and the boot
    part: Literal["head", "hand"]  # which of them
    u_m: float  # along the front edge, from its left end
    v_m: float  # up from the floor of the fixture
    held: Probability | None = None  # that there is something in the hand; null: nobody looked just now


class SeenLane(Struct, frozen=True, kw_only=True):
    """What is seen standing on one stretch of the shelf."""

    lane: Name  # as the planogram names it
    containers: Counted | None  # null: not known


class Eyes(Struct, frozen=True, kw_only=True):
    """`state/eyes`: what the device's own eyes see, where `vision.tell_hz` asks for it; it holds while the device is
    online. No picture, and none can be made of it."""

    kind: ClassVar[str] = "eyes"
    at_s: float  # of the picture, on the device's monotonic clock
    width_px: Number  # of the picture
    height_px: Number  # see width_px
    looked: tuple[Literal["person", "hand", "container"], ...]  # for these in this picture; of others `found` is older
    found: tuple[SeenBox, ...]  # the newest of each kind
    parts: tuple[SeenPart, ...]  # heads and hands; empty where the camera has no marks
    lanes: tuple[SeenLane, ...]  # in the order of the planogram


class LanePrice(Struct, frozen=True, kw_only=True):
    """One lane's price as it stands on the strip."""

    lane: Name  # as the planogram names it
    gtin: Gtin  # of the product
    price: str | None  # "4.50", in the store's currency; null: none is known
    promotion_price: str | None  # null: none
    by: str | None  # who set it; null: the device's own file
    version: Version | None  # of the config document that set it; null: the device's own file
    shown_s: float | None  # on the screen since, on the monotonic clock of this boot; null: no screen shows it


class Prices(Struct, frozen=True, kw_only=True):
    """`state/prices`: what is shown for what price, by whose word and since when."""

    kind: ClassVar[str] = "prices"
    currency: str  # as configured
    lanes: tuple[LanePrice, ...]  # in the order of the planogram


class Learned(Struct, frozen=True, kw_only=True):
    """`state/learned`: what this shelf has learned of its contents since it has this policy. It adds to the arms of the
    policy and of other shelves."""

    kind: ClassVar[str] = "learned"
    policy: Version | None  # version of the policy document; null: none
    features: tuple[str, ...]  # names, in the order of the sums
    arms: tuple[Arm, ...]  # only what is not 0


StatePayload = Online | Health | StockState | Inventory | ClockState | Eyes | Prices | Learned | ReportedPayload
STATES: tuple[type[StatePayload], ...] = (
    Online,
    Health,
    StockState,
    Inventory,
    ClockState,
    Eyes,
    Prices,
    Learned,
    *REPORTED,
)
