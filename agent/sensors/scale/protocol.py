"""What the agent asks of a scale, and the errors every driver speaks.

Not here: bytes (one decoder a file beside this), opening ports (port.py), the thread that reads (reader.py).
"""

from __future__ import annotations

from typing import Protocol

from agent.messages import Counts


class ScaleError(Exception):
    """The scale cannot be read. `code` is one word for machines, the message a sentence that says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def patience_s(rate_hz: float) -> float:
    """How long a box that should send at `rate_hz` may keep us waiting before it counts as lost. An HX711 on a Pi
    pauses for up to 1.3 s (measured), and a restarted microcontroller for about 2 s."""
    return max(3.0, 5.0 / rate_hz)


class Scale(Protocol):
    """A source of readings. Stateful, used by one thread, except `close`, which wakes a blocked `read`."""

    def read(self) -> Counts | None:
        """The next sample, stamped at the read; None when nothing came within the driver's time-out (so that the
        caller can look at its stop flag). Raises ScaleError when the device is lost."""
        ...

    @property
    def lost(self) -> int:
        """Samples known to be missing so far, where the line counts them; 0 where it does not."""
        ...

    def close(self) -> None:
        """Let go of the device; may be called twice and from another thread."""
        ...
