"""What the agent asks of whoever looks at pictures, and the error they speak.

Not here: TFLite (tflite.py), when to look (schedule.py), the thread that looks (loop.py).
"""

from __future__ import annotations

from typing import Protocol

from agent.messages import Detection
from agent.vision.frame import Frame


class VisionError(Exception):
    """A model cannot be had or cannot look. `code` is one word for machines, the message a sentence that says what to
    do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Detector(Protocol):
    """Finds things in pictures; stateless between two pictures, used by one thread."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """All that it can find: of "hand", "person", "container"."""
        ...

    def detect(self, frame: Frame) -> tuple[Detection, ...]:
        """What is in this picture, best first, in its pixels. Raises VisionError when it could not look."""
        ...
