"""Our own line protocol for boards that read many HX711 or ADS1232 converters: decoder and encoder.

Specified in docs/protocol-shelfd-lines.md, which firmware authors read; the encoder serves the simulator and makes the
test vectors of that page. Not here: full scale as a reading (calibration knows the converter's range).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from enum import IntFlag

from agent.sensors.scale.decoder import LineDecoder, Reading, State

LONGEST_LINE = 1024  # bytes with CR LF; 80 channels at their widest take 744
SEQUENCES = 65_536
_LINE = re.compile(rb"w1,(\d{1,5}),([0-9A-F]{2}),((?:-?\d{1,10}|)(?:,(?:-?\d{1,10}|))*)\*([0-9A-F]{4})")


class Status(IntFlag):
    """The board's own word on the line; unknown bits are reserved and ignored."""

    STARTED = 0x01  # first line since power-on or reset
    RESTARTED_CONVERTER = 0x02  # a converter had stopped and was reset; its channel may still settle
    OVERRUN = 0x04  # the board skipped samples before this one
    LOW_SUPPLY = 0x08  # excitation too low: counts are not to be trusted


def checksum(body: bytes) -> int:
    """CRC-16/IBM-3740 (polynomial 0x1021, start 0xFFFF, not reflected): 0x29B1 for b"123456789"."""
    return binascii.crc_hqx(body, 0xFFFF)


def encode_line(sequence: int, counts: Sequence[int | None], status: int = 0) -> bytes:
    """One sample as it goes over the wire; None: the channel did not answer."""
    channels = ",".join("" if count is None else str(count) for count in counts)
    body = f"w1,{sequence % SEQUENCES},{status:02X},{channels}".encode()
    return b"%s*%04X\r\n" % (body, checksum(body))


class LinesDecoder(LineDecoder):
    """Many channels a line; a missing channel is None, a missing line is counted in the next reading's `lost`."""

    limit = LONGEST_LINE - 1

    def __init__(self) -> None:
        super().__init__()
        self._last: int | None = None

    def read_line(self, line: bytes) -> Reading | None:
        """See LineDecoder. Noise before the line's `w1` is cut off: the checksum says whether the rest is whole."""
        match = _LINE.fullmatch(line, max(line.rfind(b"w1,"), 0))
        if match is None or checksum(line[match.start() : match.start(4) - 1]) != int(match[4], 16):
            return None
        fields = match[3].split(b",")
        sequence, status = int(match[1]), Status(int(match[2], 16))
        if sequence >= SEQUENCES:
            return None
        reading = _reading(fields, status, sequence, self._lost_before(sequence, status))
        self._last = sequence
        return reading

    def _lost_before(self, sequence: int, status: Status) -> int:
        """Lines missing since the last one; after a restart nobody knows how many: at least one."""
        if self._last is None:
            return 0
        ahead = (sequence - self._last) % SEQUENCES
        restarted = Status.STARTED in status or ahead == 0 or ahead > SEQUENCES // 2
        return max(1 if restarted else ahead - 1, 1 if Status.OVERRUN in status else 0)


def _reading(fields: list[bytes], status: Status, sequence: int, lost: int) -> Reading:
    if Status.LOW_SUPPLY in status:
        note = "the board reports too low a supply for its cells: check its power supply and cable"
        return Reading((None,) * len(fields), State.ERROR, sequence, lost, note)
    return Reading(tuple(float(field) if field else None for field in fields), State.MOVING, sequence, lost)
