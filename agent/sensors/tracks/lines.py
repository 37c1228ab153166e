"""JSON lines of a tracker <-> frames. Pure and incremental: any split of the stream gives the same frames.

A line that is no frame is dropped and counted, an endless one is dropped up to its end: memory stays bounded whatever
comes. Not here: the socket (driver.py). The format for people: docs/tracks.md.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import astuple

from agent.messages import Good, Part, Tracks

LINE_BYTES = 64 << 10
PARTS_MOST = 128  # heads and hands of forty shoppers at one shelf

GOODS_MOST = 512  # containers in sight of one camera

Metres = Annotated[float, Meta(ge=-100, le=100)]
Share = Annotated[float, Meta(ge=0, le=1)]
Gtin = Annotated[str, Meta(pattern="^[0-9]{14}$")]


class PartLine(Struct, frozen=True, gc=False):
    """One head or hand; the fields of messages.Part, with their bounds."""

    visitor: Annotated[str, Meta(min_length=1, max_length=64)]
    part: Literal["head", "hand"]
    u_m: Metres
    v_m: Metres
    d_m: Metres
    score: Share
    held: Share | None = None
    gtin: Gtin | None = None


class GoodLine(Struct, frozen=True, gc=False):
    """One container that stands on the shelf; the fields of messages.Good."""

    u_m: Metres
    v_m: Metres
    gtin: Gtin | None = None


class Frame(Struct, frozen=True):
    """All that was seen in one picture. `t`: CLOCK_MONOTONIC of this machine when it was taken; None: not known."""

    t: float | None
    parts: Annotated[list[PartLine], Meta(max_length=PARTS_MOST)]
    goods: Annotated[list[GoodLine], Meta(max_length=GOODS_MOST)] | None = None


_decoder = msgspec.json.Decoder(Frame)


class FrameLines:
    """`feed` bytes, get frames."""

    def __init__(self) -> None:
        self.dropped = 0  # lines so far that were no frames
        self._rest = b""
        self._skipping = False  # inside a line that is too long

    def feed(self, data: bytes) -> list[Frame]:
        """The frames whose lines have ended with these bytes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        frames = [frame for line in lines if (frame := self._frame(line)) is not None]
        if len(self._rest) > LINE_BYTES:
            self._rest, self._skipping = b"", True
        return frames

    def _frame(self, line: bytes) -> Frame | None:
        skipped, self._skipping = self._skipping, False
        if not skipped and not line.strip():
            return None
        try:
            if skipped or len(line) > LINE_BYTES:
                raise msgspec.DecodeError("too long")
            return _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.dropped += 1
            return None


def encode_frame(t: float | None, parts: tuple[Part, ...], goods: tuple[Good, ...] | None = None) -> bytes:
    """The line of a frame, as a tracker writes it."""
    lines = [PartLine(p.visitor, p.part, p.u_m, p.v_m, p.d_m, p.score, p.held, p.gtin) for p in parts]  # type: ignore[arg-type]
    standing = None if goods is None else [GoodLine(good.u_m, good.v_m, good.gtin) for good in goods]
    return msgspec.json.encode(Frame(t, lines, standing)) + b"\n"


def tracks_of(frame: Frame, t: float) -> Tracks:
    """The frame as the core knows it, taken at `t`."""
    goods = None if frame.goods is None else tuple(Good(*astuple(good)) for good in frame.goods)
    return Tracks(t, tuple(Part(*astuple(part)) for part in frame.parts), goods)
