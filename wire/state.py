"""Retained state a shelf keeps at the broker: what is true now, published again after each connect."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct


class Online(Struct, frozen=True, kw_only=True):
    """`state/online`; the last will is `{"online": false}`."""

    kind: ClassVar[str] = "online"
    online: bool
    boot: str | None = None
    last_sequence: int | None = None


class StreamHealth(Struct, frozen=True, kw_only=True):
    """One stream of observations: does it live, at the rate it should, with valid readings."""

    stream: str
    alive: bool
    rate_right: bool
    valid: bool
    rate_hz: float | None
    reason: str | None = None


class Health(Struct, frozen=True, kw_only=True):
    """`state/health`."""

    kind: ClassVar[str] = "health"
    streams: tuple[StreamHealth, ...]
    mode: Literal["open", "staff", "maintenance"]
    outbox_waiting: int | None = None
    outbox_parked: int | None = None
    version: str | None = None


class LaneStock(Struct, frozen=True, kw_only=True):
    """What stands in one lane as far as the shelf knows. `units` None: never counted or no fixed weight."""

    lane: str
    gtin: str | None
    units: int | None
    level: Literal["unknown", "empty", "low", "ok"]
    probability: float | None = None  # that `units` is right, from the steps since the last count


class StockState(Struct, frozen=True, kw_only=True):
    """`state/stock`."""

    kind: ClassVar[str] = "stock"
    lanes: tuple[LaneStock, ...]


class Misplaced(Struct, frozen=True, kw_only=True):
    """An object known to lie where it does not belong."""

    lane: str
    gtin: str | None
    weight_g: float
    belongs_to: str | None  # lane of its planogram, if any
    probability: float


class Inventory(Struct, frozen=True, kw_only=True):
    """`state/inventory`: goods out of their place."""

    kind: ClassVar[str] = "inventory"
    misplaced: tuple[Misplaced, ...]


class ClockState(Struct, frozen=True, kw_only=True):
    """`state/clock`: the offset that dates this boot's events; wall = monotonic + `offset_s`."""

    kind: ClassVar[str] = "clock"
    boot: str
    synced: bool
    offset_s: float | None
    uncertainty_ms: float | None = None


StatePayload = Online | Health | StockState | Inventory | ClockState
STATES: tuple[type[StatePayload], ...] = (Online, Health, StockState, Inventory, ClockState)
