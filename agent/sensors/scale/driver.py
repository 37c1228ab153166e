"""A scale on a serial port: asks where the box wants asking, decodes what comes, stamps it at the read.

Raises ScaleError `garbage` (bytes, but no frame), `box_error` (frames, but only complaints), `wrong_channels`, and what
the port raises. Not here: silence and coming back (reader.py), bytes (the decoders), pyserial (port.py).
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from agent.config import schema
from agent.messages import Counts
from agent.sensors.scale.boxes import Box, box_for
from agent.sensors.scale.decoder import Reading, State
from agent.sensors.scale.port import READ_TIMEOUT_S, Port, SerialPort
from agent.sensors.scale.protocol import ScaleError, patience_s

ANSWER_S = 0.5  # a box that has not answered by then did not understand
GARBAGE_BYTES = 16  # less than this may be a stray byte of a silent line


def open_scale(config: schema.Scale, clock: Callable[[], float] = time.monotonic) -> SerialScale:
    """Opens the port that `config` names. ScaleError when it cannot be, or the configuration cannot be meant."""
    box = box_for(config)
    return SerialScale(config, box, SerialPort(config), clock)


class SerialScale:
    """A `Scale` of one box on one port."""

    def __init__(self, config: schema.Scale, box: Box, port: Port, clock: Callable[[], float]) -> None:
        self._config, self._box, self._port, self._clock = config, box, port, clock
        self._decoder = box.decoder()
        self._ready: deque[Counts] = deque()
        self._lost = 0
        self._patience_s = patience_s(config.rate_hz)
        self._frame_at = self._good_at = clock()  # last frame at all, last one that was no complaint
        self._noise = 0  # bytes since the last frame
        self._ask_at = clock()
        self._answer_by = -math.inf
        if box.greeting:
            port.write(box.greeting)

    @property
    def lost(self) -> int:
        """See Scale."""
        return self._lost

    def read(self) -> Counts | None:
        """See Scale."""
        if not self._ready:
            if self._box.question and not self._ask():
                return None
            self._take(self._port.read())
        return self._ready.popleft() if self._ready else None

    def close(self) -> None:
        """See Scale."""
        self._port.close()

    def _ask(self) -> bool:
        """Sends the question when it is due. False: nothing to wait for yet, the pause goes on."""
        now = self._clock()
        if now < self._answer_by:
            return True
        if now < self._ask_at:
            self._port.wait(min(self._ask_at - now, READ_TIMEOUT_S))
            return False
        self._port.forget()  # a late answer belongs to no question
        self._decoder = self._box.decoder()
        self._port.write(self._box.question)
        self._ask_at, self._answer_by = now + self._box.pause_s, now + ANSWER_S
        return True

    def _take(self, data: bytes) -> None:
        now = self._clock()
        readings = self._decoder.feed(data)
        for reading in readings:
            self._accept(reading, now)
        self._noise = 0 if readings else self._noise + len(data)
        if self._noise >= GARBAGE_BYTES and now - self._frame_at >= self._patience_s:
            raise self._error("garbage", self._garbage())

    def _accept(self, reading: Reading, now: float) -> None:
        """A frame has come: queue it with its stamp, or say what is wrong with it."""
        config = self._config
        self._frame_at, self._answer_by = now, -math.inf
        if len(reading.values) != len(config.cells):
            names = f"{len(reading.values)} channels, the configuration names {len(config.cells)} cells"
            raise self._error("wrong_channels", f"the box sends {names}: make [[scale.cell]] fit, in their order")
        if reading.state is not State.ERROR:
            self._good_at = now
        elif now - self._good_at >= self._patience_s:
            raise self._error("box_error", reading.note)
        self._lost += reading.lost
        values = np.array([math.nan if value is None else value for value in reading.values], dtype=np.float64)
        self._ready.append(Counts(now, config.name, values))

    def _garbage(self) -> str:
        config = self._config
        line = f"{config.baud} baud, {config.bytesize}{config.parity}{config.stopbits}"
        return f"bytes come, but none that {config.driver} boxes send: correct `driver`, or the line's {line}"

    def _error(self, code: str, message: str) -> ScaleError:
        return ScaleError(code, f'scale "{self._config.name}": {message}')
