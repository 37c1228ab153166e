"""What the core is told (observations) and what it answers (outputs).

Every observation carries `t`: monotonic seconds, stamped by the shell at the read. The core knows no other time.
Missing readings are NaN, never 0. Not here: how they are written down (recording/), what crosses the network (wire/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wire.commands import CommandPayload, Result
from wire.events import EventPayload
from wire.state import StatePayload

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """One sample of all cells of one scale: `values` (n_cells,) float64 in ADC counts (grams where the scale speaks
    grams), in the order of the scale's configured cells; NaN is a missing reading."""

    t: float
    scale: str
    values: Floats


@dataclass(frozen=True, slots=True)
class Part:
    """One head or hand of a visitor on the shelf plane: `u_m` along the front edge from its left end, `v_m` up,
    `d_m` out of the plane toward the shopper; `score` 0..1. Of a hand, where somebody looked: `held` is how likely
    there is something in it, `gtin` what a model of the store's own products took it for."""

    visitor: str
    part: str  # "head" or "hand"
    u_m: float
    v_m: float
    d_m: float
    score: float
    held: float | None = None
    gtin: str | None = None


@dataclass(frozen=True, slots=True)
class Good:
    """A container that stands on the shelf plane: the middle of its foot, and which product it is, where known."""

    u_m: float
    v_m: float
    gtin: str | None = None


@dataclass(frozen=True, slots=True)
class Tracks:
    """All heads and hands that the tracker saw in one frame. `goods`: all containers that stand on the shelf, None
    where nobody looked for them in this frame."""

    t: float
    parts: tuple[Part, ...]
    goods: tuple[Good, ...] | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing that a model found in one picture: `kind` is "person", "hand" or "container", `score` 0..1, its box in
    pixels of the picture as configured (camera.width x camera.height), from its upper left corner. `gtin`: the product,
    where a model of the store's own products said so."""

    kind: str
    score: float
    left_px: float
    top_px: float
    right_px: float
    bottom_px: float
    gtin: str | None = None


@dataclass(frozen=True, slots=True)
class Detections:
    """All that the models found in one picture, which nobody keeps. `t`: the sensor's time. `looked`: the kinds that
    were looked for; of a kind that is not among them nothing is known, found or not. Empty: nothing moved, and nothing
    was looked for; such pictures are told of about once a second."""

    t: float
    camera: str
    looked: tuple[str, ...]
    found: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes (nominally 1 Hz). `wall_s` is unix time, None while the clock is unknown. What the outbox holds comes
    along as a fact, for health: coarse counts, None while nobody has looked; open faults as `uplink/not_authorised`."""

    t: float
    wall_s: float | None
    synced: bool
    uncertainty_ms: float | None = None
    outbox_waiting: int | None = None
    outbox_parked: int | None = None
    outbox_faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """An order from the hub or a button, already decoded."""

    t: float
    id: str
    payload: CommandPayload


@dataclass(frozen=True, slots=True)
class SensorLost:
    """A stream stopped: `stream` e.g. "scale/main"; `code` one word; `reason` a sentence that says what to do."""

    t: float
    stream: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class SensorBack:
    """The stream delivers again."""

    t: float
    stream: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A queue was full or frames were lost on the line: `lost` observations of `stream` are missing before `t`."""

    t: float
    stream: str
    lost: int
    reason: str


@dataclass(frozen=True, slots=True)
class Restored:
    """First observation after a start with a snapshot: the core goes on from it; `off_s` how long the device was off,
    None when the clock cannot tell."""

    t: float
    off_s: float | None


Observation = Counts | Tracks | Detections | Tick | Command | SensorLost | SensorBack | Gap | Restored


@dataclass(frozen=True, slots=True)
class Event:
    """To the outbox: never lost, never counted twice. `wall_s` dates the payload, None while the clock is unknown."""

    payload: EventPayload
    wall_s: float | None


@dataclass(frozen=True, slots=True)
class State:
    """To the broker as retained state: only the newest matters."""

    payload: StatePayload


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a command."""

    result: Result


Output = Event | State | Answer
Snapshot = dict[str, Any]  # the whole core as plain JSON values
