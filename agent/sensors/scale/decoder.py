"""What every decoder gives, and the two ways of cutting a stream of bytes into frames.

A decoder is pure and incremental: the same bytes give the same readings however they are cut into `feed` calls, no
bytes ever raise, and what it keeps between calls is bounded. Not here: the protocols (one file each beside this),
time and ports (driver.py, port.py).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class State(Enum):
    """What the box says about its weight. Only STABLE and MOVING readings may carry one."""

    STABLE = "stable"
    MOVING = "moving"
    OVER = "over"
    UNDER = "under"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample: a value per channel in counts or grams, None where there is none."""

    values: tuple[float | None, ...]
    state: State
    sequence: int | None = None  # where the protocol counts its lines
    lost: int = 0  # samples known to be missing before this one
    note: str = ""  # ERROR: what the box complains of, and what to do


class Decoder(Protocol):
    """Bytes of one box -> readings."""

    def feed(self, data: bytes) -> list[Reading]:
        """The readings that `data` completes, in order."""
        ...


def no_weight(state: State, note: str = "") -> Reading:
    """A single-channel box speaks, but gives no weight."""
    return Reading((None,), state, note=note)


GRAMS_PER_UNIT = {
    "mg": 0.001,
    "g": 1.0,
    "kg": 1000.0,
    "lb": 453.59237,
    "lbs": 453.59237,
    "oz": 28.349523125,
}


def weight(number: str, unit: str, state: State) -> Reading:
    """A single-channel reading in grams; `number` is decimal text, `unit` as the box writes it."""
    factor = GRAMS_PER_UNIT.get(unit.strip().lower())
    if factor is None:
        return no_weight(State.ERROR, f"the box shows {unit.strip()!r}, which is no weight: set it to g, kg, lb or oz")
    return Reading((round(float(number) * factor, 6) + 0.0,), state)  # + 0.0: no -0.0


class LineDecoder(ABC):
    """Cuts at line feeds; a line longer than `limit` bytes is dropped whole, and never kept."""

    limit = 80

    def __init__(self) -> None:
        self._rest = bytearray()
        self._dropping = False  # inside an overlong line

    def feed(self, data: bytes) -> list[Reading]:
        """See Decoder."""
        *lines, rest = data.split(b"\n")
        readings = [reading for line in lines if (reading := self._complete(line)) is not None]
        self._keep(rest)
        return readings

    @abstractmethod
    def read_line(self, line: bytes) -> Reading | None:
        """One line without its CR LF; None: it is no frame."""

    def _complete(self, tail: bytes) -> Reading | None:
        self._keep(tail)
        line, dropped = bytes(self._rest), self._dropping
        self._rest.clear()
        self._dropping = False
        return None if dropped else self.read_line(line.removesuffix(b"\r"))

    def _keep(self, part: bytes) -> None:
        if self._dropping or len(self._rest) + len(part) > self.limit:
            self._dropping = True
            self._rest.clear()
        else:
            self._rest += part


NO_FRAME: tuple[int, None] = (-1, None)
UNFINISHED: tuple[int, None] = (0, None)


class FrameDecoder(ABC):
    """For frames that are not lines: tries each byte as the beginning of a frame, so it finds back after anything.

    `longest` bounds a frame and with it the memory."""

    longest = 32

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Reading]:
        """See Decoder."""
        data, at, readings = self._rest + data, 0, []
        while (at := self.may_begin(data, at)) >= 0:
            window = data[at : at + self.longest]
            length, reading = self.read_frame(window)
            if length == 0 and len(window) < self.longest:
                break  # may still become a frame
            at += max(length, 1)
            if reading is not None:
                readings.append(reading)
        self._rest = data[at:] if at >= 0 else b""
        return readings

    @abstractmethod
    def may_begin(self, data: bytes, at: int) -> int:
        """The first place from `at` on where a frame could begin; -1: nowhere in `data`."""

    @abstractmethod
    def read_frame(self, window: bytes) -> tuple[int, Reading | None]:
        """A frame at the start of `window` -> its length and reading. Length 0: more bytes are needed (taken as
        NO_FRAME once there are `longest`); NO_FRAME: whatever follows, no frame begins here."""
