"""What the agent asks of buttons and a light, and the one error their drivers speak.

Not here: pins (driver.py), how long a press was (presses.py), how a light blinks (lamp.py), the thread (reader.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Edge = Callable[[str, bool], None]  # button ("tare", "staff"), down or up; called from a thread of the library


class ButtonsError(Exception):
    """The pins cannot be used. `code` is one word for machines, the message a sentence that says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Pins(Protocol):
    """The pins of one device, once they are opened."""

    @property
    def down(self) -> frozenset[str]:
        """Buttons that are down right now."""
        ...

    def light(self, on: bool) -> None:
        """Switches the light, where there is one. ButtonsError where it cannot be."""
        ...

    def close(self) -> None:
        """Lets go of all pins, the light is out; may be called twice."""
        ...
