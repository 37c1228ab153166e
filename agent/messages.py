"""What the core is told (observations) and what it answers (outputs).

Every observation carries `t`: monotonic seconds, stamped by the shell at the read. The core knows no other time.
Missing readings are NaN, never 0. Not here: how they are written down (recording/), what crosses the network (wire/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from agent.config.schema import Config
from wire.commands import CommandPayload, Result
from wire.documents import Item, Policy, TriggerKind
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
    along as a fact, for health: coarse counts, None while nobody has looked; open faults as `uplink/not_authorised`.
    The core knows no time zones: `utc_offset_s` tells what the store's clocks show."""

    t: float
    wall_s: float | None
    synced: bool
    uncertainty_ms: float | None = None
    outbox_waiting: int | None = None
    outbox_parked: int | None = None
    outbox_faults: tuple[str, ...] = ()
    utc_offset_s: int | None = None  # of the store's local time at `wall_s`; None: not known


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


@dataclass(frozen=True, slots=True)
class ConfigSet:
    """From here on this configuration is in force; `by` and `version` are of the document that brought it, None for the
    device's own file."""

    t: float
    config: Config
    version: int | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class ContentSet:
    """What may play from here on: only items whose files are whole on the device."""

    t: float
    items: tuple[Item, ...]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class PolicySet:
    """What is shown to whom from here on. What was learned since the policy before is kept where contents go on."""

    t: float
    policy: Policy
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """The screen has shown a content: an answer of `decision`, or (None) the loop, summed up over `plays`."""

    t: float
    content: str
    began_s: float
    ended_s: float
    visible_s: float
    decision: str | None = None
    plays: int = 1


@dataclass(frozen=True, slots=True)
class LabelsShown:
    """The labels of this edition are on the panel, but for those of the lanes `left_out`, for which there was no room;
    `t` is when their pixels were."""

    t: float
    edition: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """Somebody pressed a button of the device: `button` is "tare" or "staff", `held_s` for how long."""

    t: float
    button: str
    held_s: float


@dataclass(frozen=True, slots=True)
class ErrandDone:
    """The shell has done what an `Errand` asked for, or could not: `outcome` "done" or "refused"."""

    t: float
    id: str
    outcome: Literal["done", "refused"]
    message: str


Observation = (
    Counts
    | Tracks
    | Detections
    | Tick
    | Command
    | ConfigSet
    | ContentSet
    | PolicySet
    | Shown
    | LabelsShown
    | ButtonPressed
    | ErrandDone
    | SensorLost
    | SensorBack
    | Gap
    | Restored
)


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


@dataclass(frozen=True, slots=True)
class Label:
    """The price label of one lane. Prices are decimal text, "" for none; `left_m`, `right_m`: its lane on the shelf's
    edge; `level` as in `state/stock`."""

    lane: str
    gtin: str
    title: str
    price: str
    promotion_price: str
    net_amount: float  # 0: not known
    net_unit: str  # "g", "kg", "ml", "l", "m", "piece"
    level: Literal["unknown", "empty", "low", "ok"]
    left_m: float
    right_m: float


@dataclass(frozen=True, slots=True)
class Labels:
    """To the screen: all its labels from here on; only the newest matter. `edition` grows with each."""

    edition: int
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class CouponClaim:
    """A coupon that the device is to sign: `number` is its own, once and for all."""

    number: str
    campaign: str
    says: str
    valid_s: int
    made_wall_s: float  # unix time


@dataclass(frozen=True, slots=True)
class Play:
    """To the screen: show this content now, over the loop, for `seconds`. `t` is when the core knew what happened."""

    t: float
    decision: str
    content: str
    seconds: float
    trigger: TriggerKind
    coupon: CouponClaim | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """To the shell: an order that the core cannot carry out itself; `ErrandDone` answers it."""

    id: str
    payload: CommandPayload


@dataclass(frozen=True, slots=True)
class Lamp:
    """To the light beside the buttons: what it shows from here on. After a press also once how it went (`signal`), and
    `says` it, for the log: nobody else hears of a press."""

    pattern: Literal["on", "staff", "maintenance", "fault"]
    signal: Literal["", "done", "refused"] = ""
    says: str = ""


Output = Event | State | Answer | Labels | Play | Errand | Lamp
Snapshot = dict[str, Any]  # the whole core as plain JSON values
