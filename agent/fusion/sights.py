"""How many containers are seen standing on each stretch, and how that changed around a moment.

Looks in which a hand is over the stretch do not count: it covers what it is about to move. A level is what most of
the last looks agree on. Not here: what the change means beside the weight (explain.py) or without one (unweighed.py).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from agent.fusion.hands import Hands
from agent.messages import Good, Snapshot, Tracks
from agent.shelf.planogram import Box, Planogram

WINDOW_S = 0.7  # the level is what most looks of this time agree on: three at the rate of a busy device
AGREE, FEWEST_LOOKS = 0.7, 2  # share of them, and number
MOST_LOOKS = 32
REST_S = 0.25  # a level is believed when its looks span this much
FOOT_M = 0.08  # feet of goods are seen this much too low or too high: boxes end in shadows
SIDE_M = 0.02  # ... and too far to the side
FORGET_S = 120.0  # a level last seen longer ago says nothing about now


@dataclass(frozen=True, slots=True)
class Level:
    """How many containers stand on a stretch: seen `since`, after another number was last seen at `before`, and last
    confirmed at `seen`."""

    count: int
    before: float
    since: float
    seen: float


@dataclass(slots=True)
class _Seen:
    """Of one stretch. `looks`: (t, containers), newest last."""

    looks: deque[tuple[float, int]]
    level: Level | None = None


class Sights:
    """Containers by stretch. Knows nothing until somebody looks."""

    def __init__(self, planogram: Planogram) -> None:
        self._stretches = {s.index: s for s in planogram.stretches if s.box is not None and s.lanes}
        self._seen: dict[int, _Seen] = {}
        self._levels: dict[int, deque[tuple[float, int]]] = {}  # when each believed level began

    def see(self, tracks: Tracks, hands: Hands) -> None:
        """One frame, after `hands` has seen it."""
        if tracks.goods is None:
            return
        counts = self._count(tracks.goods)
        for index, stretch in self._stretches.items():
            if not hands.inside(stretch, tracks.t):
                self._look(index, tracks.t, counts[index])

    def level(self, stretch: int) -> Level | None:
        """How many stand there; None while it is not known."""
        seen = self._seen.get(stretch)
        return None if seen is None else seen.level

    def change(self, stretch: int, since: float, until: float) -> int | None:
        """By how many containers it changed from before `since` to the looks after it; None where it was not seen on
        both sides."""
        seen = self._seen.get(stretch)
        if seen is None:
            return None
        after = [n for t, n in seen.looks if since < t <= until]
        before = [n for t, n in self._levels.get(stretch, ()) if t <= since]
        known = seen.level is not None and until - seen.level.seen < FORGET_S
        if len(after) < FEWEST_LOOKS or not before or not known:
            return None
        return _most(after)[0] - before[-1]

    def forget(self) -> None:
        """A new process: the shelf may have been filled meanwhile."""
        self._seen.clear()
        self._levels.clear()

    def _count(self, goods: Sequence[Good]) -> Counter[int]:
        counts: Counter[int] = Counter()
        for good in goods:
            off = {index: _off(good, stretch.box) for index, stretch in self._stretches.items()}
            at = min(off, key=lambda index: off[index], default=None)
            if at is not None and off[at] <= 1.0:
                counts[at] += 1
        return counts

    def _look(self, index: int, t: float, count: int) -> None:
        seen = self._seen.setdefault(index, _Seen(deque(maxlen=MOST_LOOKS)))
        seen.looks.append((t, count))
        while (
            len(seen.looks) > FEWEST_LOOKS and seen.looks[0][0] < t - WINDOW_S
        ):  # while nobody is there, looks are rare
            seen.looks.popleft()
        most, times = _most([n for _, n in seen.looks])
        if times < max(AGREE * len(seen.looks), FEWEST_LOOKS) or t - seen.looks[0][0] < REST_S:
            return
        if seen.level is None or seen.level.count != most:
            since = next(at for at, n in seen.looks if n == most)
            before = since if seen.level is None else min(seen.level.seen, since)
            seen.level = Level(most, before, since, t)
            self._levels.setdefault(index, deque(maxlen=MOST_LOOKS)).append((since, most))
        else:
            seen.level = replace(seen.level, seen=t)

    # -- restart ------------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        seen = [[i, [list(x) for x in s.looks], s.level and list(astuple(s.level))] for i, s in self._seen.items()]
        return {"seen": seen, "levels": [[i, [list(x) for x in kept]] for i, kept in self._levels.items()]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave for the same planogram."""
        self._seen = {
            i: _Seen(deque(((t, n) for t, n in looks), maxlen=MOST_LOOKS), None if level is None else Level(*level))
            for i, looks, level in state["seen"]
        }
        self._levels = {i: deque(((t, n) for t, n in kept), maxlen=MOST_LOOKS) for i, kept in state["levels"]}


def _off(good: Good, box: Box | None) -> float:
    """How far outside the box a foot is; 1 is as far as a foot of its goods may be seen."""
    if box is None:
        return float("inf")
    side = max(box.left - good.u_m, good.u_m - box.right, 0.0) / SIDE_M
    up = max(box.bottom - good.v_m, good.v_m - box.top, 0.0) / FOOT_M
    return max(side, up)


def _most(counts: Sequence[int]) -> tuple[int, int]:
    """The commonest count, the newer one of equals, and how often it is there."""
    tally = Counter(counts)
    newest = {n: i for i, n in enumerate(counts)}
    most = max(tally, key=lambda n: (tally[n], newest[n]))
    return most, tally[most]
