"""Toledo continuous output (8530 and many that imitate it) and the 8217 point-of-sale answer.

Sources: Rockwell 57C428 appendix D, LUW2001 p. 16, IND445 5.2 (continuous); Odoo's scale driver, PC 150 B.1.4 (8217).
Not here: seven data bits and even parity, which the 8217 wants of the port (port.py).
"""

from __future__ import annotations

import re

from agent.sensors.scale.decoder import NO_FRAME, UNFINISHED, FrameDecoder, Reading, State, no_weight, weight

ASK_8217 = b"W"
_CONTINUOUS = re.compile(rb"\x02([\x20-\x3f])([\x20-\x7f])([\x20-\x7f])( *\d+)[ 0-9]{6}\r")
_WEIGHT_8217 = re.compile(rb"\x02 *(\d{0,6}\.?\d{0,6})N?\r")
_DECIMALS = (-2, -1, 0, 1, 2, 3, 4, 5)  # by SWA bits 0-2: XXXX00, XXXXX0, XXXXXX, XXXXX.X, ... X.XXXXX
_NEGATIVE, _OUT, _MOTION, _KG, _NOT_ZEROED = 0x02, 0x04, 0x08, 0x10, 0x40  # SWB


class ToledoContinuousDecoder(FrameDecoder):
    """One channel; STX, three status words, weight, tare, CR and, where the indicator is set so, a checksum."""

    def __init__(self, checksum: bool = False) -> None:
        super().__init__()
        self.longest = 18 if checksum else 17
        self._checksum = checksum

    def may_begin(self, data: bytes, at: int) -> int:
        """See FrameDecoder."""
        return data.find(b"\x02", at)

    def read_frame(self, window: bytes) -> tuple[int, Reading | None]:
        """See FrameDecoder."""
        if len(window) < self.longest:
            return UNFINISHED
        match = _CONTINUOUS.fullmatch(window[:17])
        if match is None or (self._checksum and window[17] & 0x7F != toledo_checksum(window[:17])):
            return NO_FRAME
        return self.longest, _continuous(match[1][0], match[2][0], match[3][0], match[4].decode())


def toledo_checksum(frame: bytes) -> int:
    """Two's complement of the sum of bits 0-6 of all bytes before it, itself seven bits."""
    return -sum(byte & 0x7F for byte in frame) & 0x7F


def _continuous(swa: int, swb: int, swc: int, digits: str) -> Reading:
    if swb & _OUT:
        return no_weight(State.UNDER if swb & _NEGATIVE else State.OVER)
    if swb & _NOT_ZEROED:
        return no_weight(State.ERROR, "the indicator has just been switched on and is not zeroed: zero it")
    if swc & 0x07 > 1:
        return no_weight(State.ERROR, "the indicator shows a unit that is neither lb, kg nor g: change its unit")
    unit = "g" if swc & 0x01 else "kg" if swb & _KG else "lb"
    number = f"{'-' if swb & _NEGATIVE else ''}{digits.strip()}e{-_DECIMALS[swa & 0x07]}"
    return weight(number, unit, State.MOVING if swb & _MOTION else State.STABLE)


class Toledo8217Decoder(FrameDecoder):
    """One channel, asked for with `W`: a stable weight, or a status byte in its place. No unit travels with it."""

    longest = 20

    def __init__(self, unit: str = "kg") -> None:
        super().__init__()
        self._unit = unit

    def may_begin(self, data: bytes, at: int) -> int:
        """See FrameDecoder."""
        return data.find(b"\x02", at)

    def read_frame(self, window: bytes) -> tuple[int, Reading | None]:
        """See FrameDecoder."""
        if window[1:2] == b"?":
            if len(window) < 4:
                return UNFINISHED
            return (4, _status_8217(window[2])) if window[3:4] == b"\r" else NO_FRAME
        end = window.find(b"\r")
        if end < 0:
            return UNFINISHED if window.find(b"\x02", 1) < 0 else NO_FRAME
        match = _WEIGHT_8217.fullmatch(window[: end + 1])
        if match is None or not any(48 <= byte <= 57 for byte in match[1]):
            return NO_FRAME
        return end + 1, weight(match[1].decode(), self._unit, State.STABLE)


def _status_8217(status: int) -> Reading:
    """Bit 0 moving, 1 over capacity, 2 under zero, 3 out of zero range; 4 and 5 tell of zero and net."""
    if status & 0x02:
        return no_weight(State.OVER)
    if status & 0x04:
        return no_weight(State.UNDER)
    if status & 0x01:
        return no_weight(State.MOVING)
    return no_weight(State.ERROR, "the scale gives no weight: clear the platter and zero it")
