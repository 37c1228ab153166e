"""Decides what to look for in each picture, so that a shelf where nobody is costs next to nothing.

    nobody there      containers and the rest every RECHECK_S: what was moved unseen is found, a still person is seen
    attention         hands in each picture, persons and containers every OBJECTS_S and once more when it ends
Attention begins with motion in the picture or on a lane, and lasts while there is motion, or a hand is seen.
Pure: told times and findings, answers with kinds; no clock. Works for a camera that sees hands alone and for one
that sees the whole aisle. Not here: what motion is (motion.py), who looks (loop.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

HOLD_S = 1.5  # attention after the last motion: a hand is at a lane for 0.9 s (shared recordings, median)
HAND_HOLD_S = 10.0  # a hand that is seen and never moves: a picture of a hand on a box, no shopper
OBJECTS_S = 0.3  # between two looks for persons and containers; fresh when a hand has left
PRESENT_S = 0.7  # the same while a person stands still: seen within 1 s counts as still in front (tracking/stance.py)
MISSED_LOOKS = 4  # a model misses one person in ten: only so many looks without one mean that nobody is there
RECHECK_S = 5.0  # while nothing moves: both models every 5 s are 2 % of a core that takes 100 ms for them

HAND = "hand"


class Schedule:
    """`look` for each picture in turn, then `found` with the kinds that were really looked for."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._stirred_t = -math.inf  # last motion, of picture or lane
        self._hand_t = -math.inf  # last picture with a hand
        self._person_t = -math.inf
        self._objects_t = -math.inf  # last look for anything but hands
        self._objects_due = True
        self._t = -math.inf

    def look(self, t: float, kinds: Iterable[str], moves: bool, lanes_until_s: float = -math.inf) -> tuple[str, ...]:
        """Which of `kinds` to look for in the picture of time `t`. `moves`: something moves in it; `lanes_until_s`:
        until when a lane counts as in motion."""
        if t < self._t:  # a recording that begins again
            self._forget()
        attended, self._t = self.attends(self._t), t
        if moves or t <= lanes_until_s:
            self._stirred_t = t
        attends = self.attends(t)
        if attended and not attends:
            self._objects_due = True
        objects = self._objects_due or t - self._objects_t >= self._pause_s(attends)
        return tuple(kind for kind in kinds if objects or (attends and kind == HAND))

    def found(self, t: float, looked: Iterable[str], kinds: Iterable[str]) -> None:
        """`kinds`: of all that was found."""
        seen, looked = set(kinds), set(looked)
        if looked - {HAND}:
            self._objects_t, self._objects_due = t, False
        if "person" in seen:
            self._person_t = t
        if HAND in seen:
            self._hand_t = t
        elif HAND in looked and self._hand_t > -math.inf:
            self._hand_t = -math.inf
            self._objects_due = True  # a hand has left: what did it leave?

    def attends(self, t: float) -> bool:
        """Whether somebody is at it."""
        still_s = t - self._stirred_t
        return still_s <= HOLD_S or (still_s <= HAND_HOLD_S and t - self._hand_t <= HOLD_S)

    def _pause_s(self, attends: bool) -> float:
        if attends:
            return OBJECTS_S
        unseen_s = self._objects_t - max(self._person_t, self._hand_t)
        return PRESENT_S if unseen_s < MISSED_LOOKS * PRESENT_S else RECHECK_S
