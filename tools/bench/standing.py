"""What stood where and when, and what was in whose hand: for eyes that look at the shop, not only weigh it.

A layout with places has room for one thing at each. Not here: deeds (stage.py), how it looks (camera/).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tools.bench.goods import Item
from tools.bench.hands import Reach

SAME_M = 0.01  # two places nearer than this are one
ANY = 1_000
AFTER_S = 1.0  # between a thing's coming and somebody's going for it, or its going and another's coming


@dataclass(frozen=True, slots=True)
class Stand:
    """One thing on the shelf; `until_s` infinite: it was never taken."""

    gtin: str | None
    lane: str
    u_m: float
    since_s: float = -math.inf
    until_s: float = math.inf


@dataclass(frozen=True, slots=True)
class Held:
    """One thing in the hand of a reach."""

    reach: Reach
    gtin: str | None
    since_s: float = -math.inf
    until_s: float = math.inf


class Places:
    """Kept while a play is written."""

    def __init__(self, places: Mapping[str, Sequence[float]]) -> None:
        """`places`: lane -> metres; empty where things may stand anywhere, then nothing ever waits."""
        self.stands: list[Stand] = []
        self._places = places
        self._at: dict[int, int] = {}  # item -> its newest stand

    def room(self, lane: str, things: int) -> int:
        """For how many more, beside so many."""
        return len(self._places[lane]) - things if self._places else ANY

    def choose(self, lane: str, u_m: float, taken_m: Sequence[float]) -> float:
        """The free place nearest to `u_m`; any, where a hand does not stand but presses."""
        free = [place for place in self._places[lane] if all(abs(place - x) > SAME_M for x in taken_m)]
        return min(free or self._places[lane], key=lambda place: abs(place - u_m))

    def stand(self, item: Item, t_s: float = -math.inf) -> None:
        """It stands where the item says, from now on."""
        self._at[id(item)] = len(self.stands)
        self.stands.append(Stand(item.gtin, item.lane, item.u_m, t_s))

    def leave(self, item: Item, t_s: float) -> None:
        """A hand has it."""
        number = self._at.pop(id(item))
        self.stands[number] = replace(self.stands[number], until_s=t_s)

    def there_s(self, item: Item) -> float:
        """From when on this item can be taken."""
        number = self._at.get(id(item))
        return -math.inf if number is None or not self._places else self.stands[number].since_s + AFTER_S

    def free_s(self, item: Item) -> float:
        """From when on its place is free."""
        if not self._places:
            return -math.inf
        gone = [x.until_s for x in self.stands if x.lane == item.lane and abs(x.u_m - item.u_m) < SAME_M]
        return max((t_s + AFTER_S for t_s in gone if t_s < math.inf), default=-math.inf)
