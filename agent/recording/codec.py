"""One observation <-> one compact JSON line.

A line is an array with its kind in front: `["counts",12.5,"main",[345,null,-3.25]]`. Floats come back with the same
bits (shortest digits that round-trip), whole counts are written without a point, a missing reading (NaN) is null.
An infinite reading is written as missing too: JSON has no infinity, and no driver makes one.
Not here: files (segment.py), bounds on the length of a line (reader.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import astuple

from agent.config.load import from_dict, to_dict
from agent.config.problem import ConfigError
from agent.messages import (
    ButtonPressed,
    Command,
    ConfigSet,
    ContentSet,
    Counts,
    Detection,
    Detections,
    ErrandDone,
    Floats,
    Gap,
    Good,
    LabelsShown,
    Observation,
    Part,
    PolicySet,
    Restored,
    SensorBack,
    SensorLost,
    Shown,
    Tick,
    Tracks,
)
from agent.recording.protocol import RecordingError
from wire.commands import COMMANDS, CommandPayload
from wire.documents import Item, Policy


class _Line(Struct, frozen=True, array_like=True, gc=False):
    t: float


class _Counts(_Line, tag="counts", frozen=True, array_like=True, gc=False):
    scale: str
    values: list[float | None]

    def observation(self) -> Counts:
        return Counts(self.t, self.scale, np.array(self.values, dtype=np.float64))


class _Part(Struct, frozen=True, array_like=True, gc=False):
    visitor: str
    part: str
    u_m: float
    v_m: float
    d_m: float
    score: float
    held: float | None = None  # lines of older recordings end before these
    gtin: str | None = None


class _Good(Struct, frozen=True, array_like=True, gc=False):
    u_m: float
    v_m: float
    gtin: str | None = None


class _Tracks(_Line, tag="tracks", frozen=True, array_like=True, gc=False):
    parts: list[_Part]
    goods: list[_Good] | None = None

    def observation(self) -> Tracks:
        goods = None if self.goods is None else tuple(Good(*astuple(good)) for good in self.goods)
        return Tracks(self.t, tuple(Part(*astuple(part)) for part in self.parts), goods)


class _Detection(Struct, frozen=True, array_like=True, gc=False):
    kind: str
    score: float
    left_px: float
    top_px: float
    right_px: float
    bottom_px: float
    gtin: str | None = None


class _Detections(_Line, tag="detections", frozen=True, array_like=True, gc=False):
    camera: str
    looked: tuple[str, ...]
    found: list[_Detection]

    def observation(self) -> Detections:
        return Detections(self.t, self.camera, self.looked, tuple(Detection(*astuple(d)) for d in self.found))


class _Tick(_Line, tag="tick", frozen=True, array_like=True, gc=False):
    wall_s: float | None
    synced: bool
    uncertainty_ms: float | None
    outbox_waiting: int | None = None  # lines of older recordings end before these
    outbox_parked: int | None = None
    outbox_faults: tuple[str, ...] = ()
    utc_offset_s: int | None = None

    def observation(self) -> Tick:
        outbox = (self.outbox_waiting, self.outbox_parked, self.outbox_faults)
        return Tick(self.t, self.wall_s, self.synced, self.uncertainty_ms, *outbox, self.utc_offset_s)


class _Command(_Line, tag="command", frozen=True, array_like=True, gc=False):
    id: str
    kind: str
    payload: msgspec.Raw

    def observation(self) -> Command:
        order = _COMMANDS.get(self.kind)
        if order is None:
            raise RecordingError(
                f"command {self.kind!r} is not known to this version of shelfd: replay it with a newer one"
            )
        return Command(self.t, self.id, order.decode(self.payload))


class _Lost(_Line, tag="lost", frozen=True, array_like=True, gc=False):
    stream: str
    code: str
    reason: str

    def observation(self) -> SensorLost:
        return SensorLost(self.t, self.stream, self.code, self.reason)


class _Back(_Line, tag="back", frozen=True, array_like=True, gc=False):
    stream: str

    def observation(self) -> SensorBack:
        return SensorBack(self.t, self.stream)


class _Gap(_Line, tag="gap", frozen=True, array_like=True, gc=False):
    stream: str
    lost: int
    reason: str

    def observation(self) -> Gap:
        return Gap(self.t, self.stream, self.lost, self.reason)


class _ConfigSet(_Line, tag="config", frozen=True, array_like=True, gc=False):
    config: dict[str, Any]
    version: int | None
    by: str | None

    def observation(self) -> ConfigSet:
        try:
            return ConfigSet(self.t, from_dict(self.config), self.version, self.by)
        except ConfigError as error:
            raise RecordingError(f"a configuration of another version of shelfd: {error}") from error


class _ContentSet(_Line, tag="content", frozen=True, array_like=True, gc=False):
    items: tuple[Item, ...]
    version: int | None

    def observation(self) -> ContentSet:
        return ContentSet(self.t, self.items, self.version)


class _PolicySet(_Line, tag="policy", frozen=True, array_like=True, gc=False):
    policy: Policy
    version: int | None

    def observation(self) -> PolicySet:
        return PolicySet(self.t, self.policy, self.version)


class _Shown(_Line, tag="shown", frozen=True, array_like=True, gc=False):
    content: str
    began_s: float
    ended_s: float
    visible_s: float
    decision: str | None
    plays: int

    def observation(self) -> Shown:
        return Shown(*astuple(self))


class _LabelsShown(_Line, tag="labels", frozen=True, array_like=True, gc=False):
    edition: int
    left_out: tuple[str, ...] = ()

    def observation(self) -> LabelsShown:
        return LabelsShown(self.t, self.edition, self.left_out)


class _Button(_Line, tag="button", frozen=True, array_like=True, gc=False):
    button: str
    held_s: float

    def observation(self) -> ButtonPressed:
        return ButtonPressed(self.t, self.button, self.held_s)


class _Errand(_Line, tag="errand", frozen=True, array_like=True, gc=False):
    id: str
    outcome: Literal["done", "refused"]
    message: str

    def observation(self) -> ErrandDone:
        return ErrandDone(self.t, self.id, self.outcome, self.message)


class _Restored(_Line, tag="restored", frozen=True, array_like=True, gc=False):
    off_s: float | None

    def observation(self) -> Restored:
        return Restored(self.t, self.off_s)


_COMMANDS: dict[str, msgspec.json.Decoder[CommandPayload]] = {c.kind: msgspec.json.Decoder(c) for c in COMMANDS}
_AnyLine = (
    _Counts
    | _Tracks
    | _Detections
    | _Tick
    | _Command
    | _ConfigSet
    | _ContentSet
    | _PolicySet
    | _Shown
    | _LabelsShown
    | _Button
    | _Errand
    | _Lost
    | _Back
    | _Gap
    | _Restored
)
_decoder: msgspec.json.Decoder[_AnyLine] = msgspec.json.Decoder(_AnyLine)
_encoder = msgspec.json.Encoder()

_LINES: dict[type[Any], Callable[[Any], _AnyLine]] = {
    Counts: lambda o: _Counts(o.t, o.scale, _numbers(o.values)),
    Tracks: lambda o: _Tracks(o.t, [_part(p) for p in o.parts], _goods(o)),
    Detections: lambda o: _Detections(o.t, o.camera, o.looked, [_detection(d) for d in o.found]),
    Tick: lambda o: _Tick(
        o.t, o.wall_s, o.synced, o.uncertainty_ms, o.outbox_waiting, o.outbox_parked, o.outbox_faults, o.utc_offset_s
    ),
    Command: lambda o: _Command(o.t, o.id, o.payload.kind, msgspec.Raw(_encoder.encode(o.payload))),
    ConfigSet: lambda o: _ConfigSet(o.t, to_dict(o.config), o.version, o.by),
    ContentSet: lambda o: _ContentSet(o.t, o.items, o.version),
    PolicySet: lambda o: _PolicySet(o.t, o.policy, o.version),
    Shown: lambda o: _Shown(o.t, o.content, o.began_s, o.ended_s, o.visible_s, o.decision, o.plays),
    LabelsShown: lambda o: _LabelsShown(o.t, o.edition, o.left_out),
    ButtonPressed: lambda o: _Button(o.t, o.button, o.held_s),
    ErrandDone: lambda o: _Errand(o.t, o.id, o.outcome, o.message),
    SensorLost: lambda o: _Lost(o.t, o.stream, o.code, o.reason),
    SensorBack: lambda o: _Back(o.t, o.stream),
    Gap: lambda o: _Gap(o.t, o.stream, o.lost, o.reason),
    Restored: lambda o: _Restored(o.t, o.off_s),
}


def _part(p: Part) -> _Part:
    return _Part(p.visitor, p.part, p.u_m, p.v_m, p.d_m, p.score, p.held, p.gtin)


def _goods(o: Tracks) -> list[_Good] | None:
    return None if o.goods is None else [_Good(good.u_m, good.v_m, good.gtin) for good in o.goods]


def _detection(d: Detection) -> _Detection:
    return _Detection(d.kind, d.score, d.left_px, d.top_px, d.right_px, d.bottom_px, d.gtin)


def encode_observation(observation: Observation) -> bytes:
    """One line of JSON without its newline."""
    return _encoder.encode(_LINES[type(observation)](observation))


def decode_observation(line: bytes) -> Observation:
    """The observation of one line. RecordingError when the line is none."""
    try:
        return _decoder.decode(line).observation()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"not an observation: {error}") from error


def _numbers(values: Floats) -> list[float | None]:
    """Readings as JSON numbers, whole ones as integers where every bit survives that (-0.0 would not); msgspec writes
    NaN as null."""
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int64)
    exact = whole.astype(np.float64).tobytes() == values.tobytes()
    numbers: list[float | None] = whole.tolist() if exact else values.tolist()
    return numbers
