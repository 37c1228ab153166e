"""A detector that finds what it is told to: for scenes and demos that need no model.

Told a function, it asks it for each picture; told pictures by their time, it finds that there and nothing elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent.messages import Detection
from agent.vision.frame import Frame
from agent.vision.protocol import VisionError

Told = Callable[[Frame], tuple[Detection, ...]] | Mapping[float, tuple[Detection, ...]]


class FakeDetector:
    """`seen_t` keeps the times of the pictures it was shown; set `fails` and it cannot look until it is None again."""

    def __init__(self, kinds: tuple[str, ...] = ("hand",), told: Told | None = None) -> None:
        self.kinds = kinds
        self.fails: VisionError | None = None
        self.seen_t: list[float] = []
        self._told: Told = {} if told is None else told

    def detect(self, frame: Frame) -> tuple[Detection, ...]:
        self.seen_t.append(frame.t)
        if self.fails is not None:
            raise self.fails
        return self._told(frame) if callable(self._told) else self._told.get(frame.t, ())


def box(kind: str, left_px: float, top_px: float, size_px: float = 40.0, score: float = 0.9) -> Detection:
    """A square thing, for short scenes."""
    return Detection(kind, score, left_px, top_px, left_px + size_px, top_px + size_px)
