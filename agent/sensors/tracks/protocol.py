"""What the agent asks of a tracker, and the error it speaks.

Not here: lines (lines.py), the socket (driver.py), the thread that reads (reader.py).
"""

from __future__ import annotations

from typing import Protocol

from agent.messages import Tracks


class TracksError(Exception):
    """The tracker cannot be heard. `code` is one word for machines, the message a sentence that says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Tracker(Protocol):
    """A source of frames. Stateful, used by one thread, except `close`, which wakes a blocked `read`."""

    def read(self) -> Tracks | None:
        """The next frame; None when none came within the driver's time-out. Raises TracksError when it is lost."""
        ...

    @property
    def lost(self) -> int:
        """Frames so far that came and could not be used."""
        ...

    def close(self) -> None:
        """Let go; may be called twice and from another thread."""
        ...
