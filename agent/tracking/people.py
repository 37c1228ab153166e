"""Whose hand is it? A hand belongs to the person whose box it is in or nearest to, and stays with them.

Many shelf cameras see hands and goods and nobody's body. Then hands make the visitor: two at most at a time, the same
one again after a short absence, for who takes one thing mostly comes back for another, and nobody else was seen.
Not here: following boxes (tracker.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from agent.messages import Snapshot
from agent.tracking.track import Track

HANDS = 2  # of one visitor
ARM = 0.6  # of a person's height: as far beside the body an arm reaches
BETTER = 2.0  # times nearer must another person be before a hand changes its owner
AWAY_S = 12.0  # hands that come back sooner, with nobody else at the shelf, are the same visitor's
MOST_VISITORS = 64  # remembered


class People:
    """Names for tracks: `v1`, `v2`... in the order in which they were seen."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}  # track -> visitor, of tracks that live
        self._bodiless: dict[str, float] = {}  # visitors known by hands alone -> last seen
        self._count = 0

    def owners(self, t: float, persons: Sequence[Track], hands: Sequence[Track]) -> dict[int, str]:
        """Track number -> visitor, for all of them."""
        alive = {track.number for track in (*persons, *hands)}
        self._names = {number: name for number, name in self._names.items() if number in alive}
        for person in persons:
            if person.number not in self._names:
                self._names[person.number] = self._new()
        for hand in hands:
            owner = self._owner(hand, persons)
            if owner is not None:
                self._names[hand.number] = owner
            elif hand.number not in self._names:
                self._names[hand.number] = self._nobodys(t, hands)
        for hand in hands:
            if self._names[hand.number] in self._bodiless:
                self._bodiless[self._names[hand.number]] = t
        return dict(self._names)

    def _owner(self, hand: Track, persons: Sequence[Track]) -> str | None:
        """The person it belongs to; None where nobody is near."""
        off = {self._names[person.number]: _off(hand, person) for person in persons}
        near = {name: d for name, d in off.items() if d <= 1.0}
        if not near:
            return None
        best = min(near, key=lambda name: near[name])
        mine = self._names.get(hand.number)
        stays = mine in near and near[mine] <= BETTER * near[best] + 0.1
        return mine if stays else best

    def _nobodys(self, t: float, hands: Sequence[Track]) -> str:
        """A hand whose body is not seen: the visitor seen last who has a hand free, or a new one."""
        busy = [self._names[hand.number] for hand in hands if hand.number in self._names]
        recent = {name: seen for name, seen in self._bodiless.items() if t - seen <= AWAY_S}
        free = [name for name in recent if busy.count(name) < HANDS]
        self._bodiless = dict(sorted(recent.items(), key=lambda item: -item[1])[: MOST_VISITORS - 1])
        name = max(free, key=lambda name: recent[name]) if free else self._new()
        self._bodiless[name] = t
        return name

    def _new(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def snapshot(self) -> Snapshot:
        """Plain values."""
        names = [[number, name] for number, name in self._names.items()]
        return {"names": names, "bodiless": dict(self._bodiless), "count": self._count}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._names = {number: name for number, name in state["names"]}
        self._bodiless, self._count = dict(state["bodiless"]), state["count"]


def _off(hand: Track, person: Track) -> float:
    """How far outside the person's box, 1 being as far as an arm reaches."""
    reach = ARM * person.height
    x = max(abs(hand.x - person.x) - 0.5 * person.width, 0.0) / reach
    y = max(abs(hand.y - person.y) - 0.5 * person.height, 0.0) / reach
    return math.hypot(x, y)
