"""Modbus RTU: asking a transmitter for its holding registers and finding the answer in whatever comes back.

Our own framing, forty lines, because an answer must be found by its CRC at any place in the bytes and within a bounded
time: docs/decisions/modbus.md holds the comparison. Not here: when to ask and how long to wait (driver.py).
"""

from __future__ import annotations

from agent.sensors.scale.decoder import NO_FRAME, UNFINISHED, FrameDecoder, Reading, State

READ_HOLDING = 0x03
MOST_REGISTERS = 125  # of one request, by the specification
_EXCEPTIONS = {
    1: "does not know function 3: it is no transmitter we can read",
    2: "has no such register: correct `modbus_register` or the number of cells",
    3: "refuses that many registers: correct the number of cells",
    4: "reports a failure of its own: look at its display",
    6: "is busy: ask less often (`poll_s`)",
}


def _crc_table() -> tuple[int, ...]:
    def entry(value: int) -> int:
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
        return value

    return tuple(entry(byte) for byte in range(256))


_CRC = _crc_table()


def checksum(frame: bytes) -> int:
    """CRC-16/MODBUS; on the wire its low byte comes first."""
    crc = 0xFFFF
    for byte in frame:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def with_checksum(body: bytes) -> bytes:
    """The frame as it goes over the wire."""
    return body + checksum(body).to_bytes(2, "little")


def read_request(unit: int, register: int, count: int) -> bytes:
    """Function 3: read `count` holding registers of `unit` from `register` on."""
    return with_checksum(bytes((unit, READ_HOLDING)) + register.to_bytes(2, "big") + count.to_bytes(2, "big"))


class ModbusDecoder(FrameDecoder):
    """Answers to one kind of request: `pairs` signed 32-bit values of `unit`; an exception is an ERROR reading."""

    def __init__(self, unit: int, pairs: int, word_order: str = "big", gram_per_digit: float = 1.0) -> None:
        super().__init__()
        self._pairs, self._word_order, self._gram_per_digit = pairs, word_order, gram_per_digit
        self._answer = bytes((unit, READ_HOLDING, 4 * pairs))
        self._exception = bytes((unit, READ_HOLDING | 0x80))
        self._unit = unit
        self.longest = 5 + 4 * pairs

    def may_begin(self, data: bytes, at: int) -> int:
        """See FrameDecoder."""
        return data.find(self._unit, at)

    def read_frame(self, window: bytes) -> tuple[int, Reading | None]:
        """See FrameDecoder."""
        if window.startswith(self._exception):
            length = 5
        elif window.startswith(self._answer):
            length = self.longest
        else:
            could = self._exception.startswith(window) or self._answer.startswith(window)
            return UNFINISHED if could else NO_FRAME
        if len(window) < length:
            return UNFINISHED
        body = window[: length - 2]
        if with_checksum(body) != window[:length]:
            return NO_FRAME
        return length, self._refused(body[2]) if length == 5 else self._values(body[3:])

    def _refused(self, code: int) -> Reading:
        note = f"Modbus unit {self._unit} {_EXCEPTIONS.get(code, f'answers with exception {code}: see its manual')}"
        return Reading((None,) * self._pairs, State.ERROR, note=note)

    def _values(self, data: bytes) -> Reading:
        words = [data[i : i + 2] for i in range(0, len(data), 2)]
        pairs = zip(words[0::2], words[1::2], strict=True)
        ordered = (high + low if self._word_order == "big" else low + high for high, low in pairs)
        values = tuple(int.from_bytes(pair, "big", signed=True) * self._gram_per_digit for pair in ordered)
        return Reading(values, State.MOVING)
