"""From the middle of a palm to what its fingers can touch: models find palms, goods are held by fingers.

Not here: finding palms (vision/), whose they are (people.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.config import schema
from agent.messages import Part

WITHIN_M = 0.001  # of the edge: boxes that touch share it, and only one of them may have the hand
FINGERS_M = 0.08  # from the middle of the palm to the last joint of the fingers: an adult's, rounded down

Box = tuple[float, float, float, float]  # left, right, bottom, top


def boxes_of(lanes: Sequence[schema.Lane]) -> list[Box]:
    """The lanes that have a place on the shelf plane."""
    boxes = [(x.left_m, x.right_m, x.bottom_m, x.top_m) for x in lanes]
    return [box for box in boxes if box[0] < box[1] and box[2] < box[3]]


def with_fingers(part: Part, boxes: Sequence[Box], digits: int) -> Part:
    """A hand beside or above a lane that its fingers reach is where they are; any other part is where it is."""
    if part.part != "hand" or not boxes:
        return part
    u, v = min((_nearest(part, box) for box in boxes), key=lambda at: _squared(part, at))
    if _squared(part, (u, v)) > FINGERS_M * FINGERS_M:
        return part
    return replace(part, u_m=round(u, digits), v_m=round(v, digits))


def _nearest(part: Part, box: Box) -> tuple[float, float]:
    left, right, bottom, top = box
    u, v = min(max(part.u_m, left), right - WITHIN_M), min(max(part.v_m, bottom), top - WITHIN_M)
    return u, v


def _squared(part: Part, at: tuple[float, float]) -> float:
    return (part.u_m - at[0]) ** 2 + (part.v_m - at[1]) ** 2
