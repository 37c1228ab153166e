"""CAS indicators: the 22-byte stream (NT-200, PDI) and the PD-II point-of-sale answer.

The 22-byte frame holds a lamp byte of any value, a line feed included, so it is found by its shape and length and not
by lines. Sources: CAS NT-200 p. 48, PDI p. 37; PD-II: Intel RTSF `rtsf-at-checkout-device-scale`.
"""

from __future__ import annotations

import re

from agent.sensors.scale.decoder import NO_FRAME, UNFINISHED, FrameDecoder, Reading, State, no_weight, weight

PD2_ASK = b"W\r"
_CAS_22 = re.compile(rb"(ST|US|OL),(?:GS|NT),..,(.{8}) (.{2})\r\n", re.DOTALL)
_HEAD = re.compile(rb"[SUO]")
_PD2 = re.compile(rb"\n(.{6})(.{2})\r\n([0-3])([0-3])\r\x03", re.DOTALL)
_NUMBER = re.compile(rb" *([+-]?) *(\d+\.?\d*|\.\d+) *")
_UNIT = re.compile(rb"[ A-Za-z]{2}")


class Cas22Decoder(FrameDecoder):
    """One channel: head, gross or net, id, lamps, eight characters, unit."""

    longest = 22

    def may_begin(self, data: bytes, at: int) -> int:
        """See FrameDecoder."""
        match = _HEAD.search(data, at)
        return -1 if match is None else match.start()

    def read_frame(self, window: bytes) -> tuple[int, Reading | None]:
        """See FrameDecoder."""
        if len(window) < self.longest:
            return UNFINISHED
        match = _CAS_22.fullmatch(window)
        if match is None:
            return NO_FRAME
        if match[1] == b"OL":
            return self.longest, no_weight(State.OVER)
        return self.longest, _weight(match[2], match[3], State.STABLE if match[1] == b"ST" else State.MOVING)


class CasPd2Decoder(FrameDecoder):
    """One channel, asked for with `W`. The status is two digits: motion 1 and zero 2, then under 1 and over 2."""

    longest = 15

    def may_begin(self, data: bytes, at: int) -> int:
        """See FrameDecoder."""
        return data.find(b"\n", at)

    def read_frame(self, window: bytes) -> tuple[int, Reading | None]:
        """See FrameDecoder."""
        if len(window) < self.longest:
            return UNFINISHED
        match = _PD2.fullmatch(window)
        if match is None:
            return NO_FRAME
        motion, out = int(match[3]) & 1, int(match[4])
        if out:
            return self.longest, no_weight(State.OVER if out & 2 else State.UNDER)
        return self.longest, _weight(match[1], match[2], State.MOVING if motion else State.STABLE)


def _weight(number: bytes, unit: bytes, state: State) -> Reading:
    match = _NUMBER.fullmatch(number)
    if match is None or not _UNIT.fullmatch(unit):
        return no_weight(State.ERROR, "the indicator shows no number: look at its display")
    return weight((match[1] + match[2]).decode(), unit.decode(), state)
