"""Whose hand is it? A hand belongs to the person whose box it is in or nearest to, and stays with them.

Many shelf cameras see hands and goods and nobody's body. Then hands make the visitor: two at most at a time, the same
one again after a short absence, for who takes one thing mostly comes back for another, and nobody else was seen. A
person who comes into the picture behind their hands has their name. Not here: following boxes (tracker.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from agent.messages import Snapshot
from agent.tracking.track import Track

HANDS = 2  # of one visitor
ARM = 0.6  # of a person's height: as far beside the body an arm reaches
BETTER = 2.0  # times nearer must another person be before a new hand changes its owner
SETTLED_S = 0.5  # a hand seen for so long changes its owner no more while they are near: who passes by does not take it
ASIDE = 0.1  # among people whose boxes a hand is in: how much its place between their sides counts
AWAY_S = 12.0  # hands that come back sooner, with nobody else at the shelf, are the same visitor's
MOST_VISITORS = 64  # remembered


class People:
    """Names for tracks: `v1`, `v2`... in the order in which they were seen."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}  # track -> visitor, of tracks that live
        self._bodiless: dict[str, float] = {}  # visitors without a body in the picture -> last seen
        self._count = 0

    def owners(self, t: float, persons: Sequence[Track], hands: Sequence[Track]) -> dict[int, str]:
        """Track number -> visitor, for all of them."""
        self._keep(t, {track.number for track in (*persons, *hands)})
        for person in persons:
            if person.number not in self._names:
                self._names[person.number] = self._of_hands(person, persons, hands) or self._new()
        bodies = {self._names[person.number] for person in persons}
        self._bodiless = {name: seen for name, seen in self._bodiless.items() if name not in bodies}
        for hand in hands:
            owner = self._owner(t, hand, persons)
            if owner is not None:
                self._names[hand.number] = owner
            elif hand.number not in self._names:
                self._names[hand.number] = self._nobodys(t, hands)
        for hand in hands:
            if hand.seen == t and self._names[hand.number] not in bodies:
                self._bodiless[self._names[hand.number]] = t
        return dict(self._names)

    def _keep(self, t: float, alive: set[int]) -> None:
        """Names of tracks that live; those of others are remembered for hands that come back."""
        gone = [name for number, name in self._names.items() if number not in alive]
        self._names = {number: name for number, name in self._names.items() if number in alive}
        remembered = {**dict.fromkeys(gone, t), **self._bodiless}
        recent = sorted((-seen, name) for name, seen in remembered.items() if 0.0 <= t - seen <= AWAY_S)
        self._bodiless = {name: -seen for seen, name in recent[:MOST_VISITORS]}

    def _of_hands(self, person: Track, persons: Sequence[Track], hands: Sequence[Track]) -> str | None:
        """The name of hands that were seen before the body they hang from."""
        bodies = {self._names.get(other.number) for other in persons}
        names = {hand.number: self._names.get(hand.number) for hand in hands}
        off = {hand.number: _off(hand, person) for hand in hands if names[hand.number] not in (None, *bodies)}
        nearest = min(off, key=lambda number: off[number], default=None)
        return None if nearest is None or off[nearest] > 1.0 else names[nearest]

    def _owner(self, t: float, hand: Track, persons: Sequence[Track]) -> str | None:
        """The person it belongs to; None where nobody is near."""
        off = {self._names[person.number]: _off(hand, person) for person in persons}
        near = {name: d for name, d in off.items() if d <= 1.0 + ASIDE}
        if not near:
            return None
        best = min(near, key=lambda name: near[name])
        mine = self._names.get(hand.number)
        if mine is None or mine not in near:
            return best
        stays = t - hand.began >= SETTLED_S or near[mine] <= BETTER * near[best] + 2.0 * ASIDE
        return mine if stays else best

    def _nobodys(self, t: float, hands: Sequence[Track]) -> str:
        """A hand whose body is not seen: the visitor seen last who has a hand free, or a new one."""
        busy = [self._names[hand.number] for hand in hands if hand.seen == t and hand.number in self._names]
        free = [name for name in self._bodiless if busy.count(name) < HANDS]
        name = max(free, key=lambda name: self._bodiless[name]) if free else self._new()
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
    """How far outside the person's box, 1 being as far as an arm reaches; inside, how far from its middle, to ASIDE."""
    reach = ARM * person.height
    aside = abs(hand.x - person.x)
    x = max(aside - 0.5 * person.width, 0.0) / reach
    y = max(abs(hand.y - person.y) - 0.5 * person.height, 0.0) / reach
    return math.hypot(x, y) + ASIDE * min(aside / (0.5 * person.width), 1.0)
