"""Containers in the picture: which stand on the shelf, and which are in somebody's hand.

A box that keeps its place stands; one that moves and touches a hand is held. All in pixels of one camera.
Not here: metres (plane.py), how many stand in which lane (fusion/sights.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.messages import Detection, Snapshot

SAME = 0.5  # overlap (intersection over union) of one thing in two pictures
UNMOVED = 0.7  # ... that has not moved since it was first seen there
STANDS_S = 0.4  # so long in one place, a thing stands: hands that hold still for longer are rare
FORGET_S = 2.0  # unseen: a hand in front hides a thing for about a second
TOUCH = 0.25  # a hand's box grows by this much of its size on each side: palms are found, fingers hold
SEEN_HELD, SEEN_EMPTY = 0.9, 0.3  # what is held is often hidden by the hand or blurred: not to see it says little
MOST = 128


@dataclass(frozen=True, slots=True)
class Thing:
    """One container over time: where it was first seen in this place, and when."""

    since: float
    seen: float
    first: Detection
    last: Detection

    @property
    def stands(self) -> bool:
        return self.seen - self.since >= STANDS_S


class Goods:
    """`see` one picture's containers, then ask."""

    def __init__(self) -> None:
        self._things: list[Thing] = []

    def see(self, t: float, containers: Sequence[Detection]) -> None:
        """The containers of a picture in which they were looked for."""
        known = [thing for thing in self._things if t - thing.seen <= FORGET_S]
        fresh: list[Thing] = []
        for found in sorted(containers, key=lambda d: -d.score)[:MOST]:
            mine = max(known, key=lambda thing: overlap(thing.last, found), default=None)
            if mine is None or overlap(mine.last, found) < SAME:
                fresh.append(Thing(t, t, found, found))
                continue
            known.remove(mine)
            still = overlap(mine.first, found) >= UNMOVED
            fresh.append(Thing(mine.since, t, mine.first, found) if still else Thing(t, t, found, found))
        self._things = (fresh + known)[:MOST]

    def in_hand(self, t: float, hand: Detection) -> Detection | None:
        """What moves with this hand in the picture of `t`."""
        moving = [thing.last for thing in self._things if thing.seen == t and not thing.stands]
        touching = [d for d in moving if touches(hand, d)]
        return max(touching, key=lambda d: d.score, default=None)

    def standing(self, t: float, hands: Iterable[Detection]) -> list[Detection]:
        """What stands in the picture of `t`; a thing that has just come stands unless a hand touches it."""
        hands = list(hands)
        now = [thing for thing in self._things if thing.seen == t]
        return [thing.last for thing in now if thing.stands or not any(touches(hand, thing.last) for hand in hands)]

    def forget(self) -> None:
        """Another camera position, or a new process."""
        self._things.clear()

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {"things": [[x.since, x.seen, _plain(x.first), _plain(x.last)] for x in self._things]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._things = [Thing(a, b, Detection(*first), Detection(*last)) for a, b, first, last in state["things"]]


def overlap(one: Detection, other: Detection) -> float:
    """Intersection over union."""
    width = min(one.right_px, other.right_px) - max(one.left_px, other.left_px)
    height = min(one.bottom_px, other.bottom_px) - max(one.top_px, other.top_px)
    if width <= 0.0 or height <= 0.0:
        return 0.0
    return width * height / (_area(one) + _area(other) - width * height)


def touches(hand: Detection, thing: Detection) -> bool:
    """Does the hand's box, grown to its fingers, reach the thing's?"""
    reach_x, reach_y = TOUCH * (hand.right_px - hand.left_px), TOUCH * (hand.bottom_px - hand.top_px)
    beside = thing.left_px > hand.right_px + reach_x or thing.right_px < hand.left_px - reach_x
    above = thing.top_px > hand.bottom_px + reach_y or thing.bottom_px < hand.top_px - reach_y
    return not beside and not above


def _area(d: Detection) -> float:
    return max(d.right_px - d.left_px, 0.0) * max(d.bottom_px - d.top_px, 0.0)


def _plain(d: Detection) -> list[object]:
    return [d.kind, d.score, d.left_px, d.top_px, d.right_px, d.bottom_px, d.gtin]
