"""What hands held before and after a change of weight, where somebody looked into them.

A hand that comes empty and leaves full has taken, one that comes full and leaves empty has laid down; a model of the
store's own products may say which. Each look errs now and then, so looks of one stay count as one.
Not here: where hands were (hands.py), what the weight says (explain.py).
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.messages import Part, Snapshot
from agent.shelf.planogram import Box, Stretch

MEMORY_S = 7.0  # as long as hands are remembered
BEFORE_S, AFTER_S = 1.2, 0.1  # from so long before the steepest moment until ...; from so long after it until now
CLEAR_S = 0.15  # before the moment the hand is in front of the goods: what is seen then may be either's
REACH_M = 0.5  # along and up from the lane: further off, a hand is busy with something else
MISSED = 0.08  # of hands, something in them is not seen, or seen where there is nothing, all through a stay
FULL_BEFORE, FULL_AFTER = 0.2, 0.15  # who takes holds something already; who lays down still holds something else
HOLDS = 0.3  # of hands that do neither
MISREAD, LOOKALIKES = 0.12, 4  # of readings of a product, all through a stay; and as how many others
ANY_READ = 0.1  # likelihood of a reading of whatever else the hand may hold
MOST_LOOKS = 512

Look = tuple[float, float, float, float | None, str | None]  # t, u, v, held, gtin


@dataclass(frozen=True, slots=True)
class Grip:
    """One visitor's hand around one moment: how full before and after (None: nobody looked), and what was read."""

    before: float | None
    after: float | None
    read_before: Mapping[str, float] = field(default_factory=dict)  # gtin -> share of the readings
    read_after: Mapping[str, float] = field(default_factory=dict)

    def fits(self, sign: int, gtin: str | None) -> float:
        """How much likelier these looks are if the hand took (`sign` -1) or laid down (+1) `gtin` than if it did
        nothing of the kind; 1 where nobody looked."""
        change = self._change(FULL_BEFORE, 1.0) if sign < 0 else self._change(1.0, FULL_AFTER)
        return change * self.reads(sign, gtin)

    def reads(self, sign: int, gtin: str | None) -> float:
        """Likelihood of what was read in the hand, if `gtin` was taken or laid down."""
        return _read(self.read_after if sign < 0 else self.read_before, gtin)

    def _change(self, full_before: float, full_after: float) -> float:
        acted = _seen(self.before, full_before) * _seen(self.after, full_after)
        idle = HOLDS * _seen(self.before, 1.0) * _seen(self.after, 1.0)
        idle += (1.0 - HOLDS) * _seen(self.before, 0.0) * _seen(self.after, 0.0)
        return acted / idle


class Grips:
    """The last looks into all hands, by visitor."""

    def __init__(self) -> None:
        self._looks: dict[str, deque[Look]] = {}

    def see(self, t: float, parts: Sequence[Part]) -> None:
        """One frame."""
        for part in parts:
            told = part.held is not None or part.gtin is not None
            if told and part.part == "hand" and math.isfinite(part.u_m + part.v_m):
                kept = self._looks.setdefault(part.visitor, deque(maxlen=MOST_LOOKS))
                kept.append((t, part.u_m, part.v_m, part.held, part.gtin))
        for visitor, kept in list(self._looks.items()):
            while kept and kept[0][0] < t - MEMORY_S:
                kept.popleft()
            if not kept:
                del self._looks[visitor]

    def drop(self, visitor: str) -> None:
        """The visitor left."""
        self._looks.pop(visitor, None)

    def forget(self) -> None:
        """A new process: what hands held is past."""
        self._looks.clear()

    def around(self, stretch: Stretch, moment: float, now: float) -> Mapping[str, Grip]:
        """Every visitor's nearer hand, before and after `moment`. Empty where nobody looked."""
        box = stretch.box
        if box is None or not self._looks:
            return {}
        return {visitor: _grip(kept, box, moment, now) for visitor, kept in self._looks.items()}

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {visitor: list(kept) for visitor, kept in self._looks.items()}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._looks = {v: deque((tuple(x) for x in kept), maxlen=MOST_LOOKS) for v, kept in state.items()}


def _grip(kept: Sequence[Look], box: Box, moment: float, now: float) -> Grip:
    before = _nearest(kept, box, moment - BEFORE_S, moment - CLEAR_S)
    after = _nearest(kept, box, moment + AFTER_S, now)
    return Grip(_full(before), _full(after), _shares(before), _shares(after))


def _nearest(kept: Sequence[Look], box: Box, since: float, until: float) -> list[Look]:
    """Of each frame the hand nearest to the box, where it is near."""
    frames: dict[float, tuple[float, Look]] = {}
    for look in kept:
        if since <= look[0] <= until:
            away = max(box.left - look[1], look[1] - box.right, box.bottom - look[2], look[2] - box.top, 0.0)
            if away <= REACH_M and (look[0] not in frames or away < frames[look[0]][0]):
                frames[look[0]] = (away, look)
    return [look for _, look in frames.values()]


def _full(looks: Sequence[Look]) -> float | None:
    told = [look[3] for look in looks if look[3] is not None]
    return math.fsum(told) / len(told) if told else None


def _shares(looks: Sequence[Look]) -> Mapping[str, float]:
    read = Counter(look[4] for look in looks if look[4] is not None)
    total = sum(read.values())
    return {gtin: read[gtin] / total for gtin in sorted(read)}


def _seen(full: float | None, truly: float) -> float:
    """Likelihood of a look that found the hand `full` (0..1), if it is with probability `truly`."""
    if full is None:
        return 1.0
    if_full = MISSED + (1.0 - 2.0 * MISSED) * full
    return truly * if_full + (1.0 - truly) * (1.0 - if_full)


def _read(shares: Mapping[str, float], gtin: str | None) -> float:
    """Likelihood of the readings if it was `gtin`, against any other thing in the hand, one of no known product, say: a
    reading that does not fit must not make a real change of weight look like a touch."""
    if not shares or gtin is None:
        return 1.0
    share = shares.get(gtin, 0.0)
    return ((1.0 - MISREAD) * share + MISREAD / LOOKALIKES * (1.0 - share)) / ANY_READ
