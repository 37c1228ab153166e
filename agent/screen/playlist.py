"""The loop: which item plays next while nothing happens.

Of the loop's items those that may play now (agent/shelf/airtime.py), of these the ones of the highest priority, of
these the one that is furthest behind its share of voice. Shares are of time: what an item was really on the screen is
written down, so that they hold over the hours whatever interrupts. Pure and deterministic.
Not here: answers, which interrupt the loop (programme.py), pictures (clip.py), when anything is drawn (loop.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from agent.shelf.airtime import playable
from wire.documents import Item

CREDIT_DIGITS = 6  # of plays owed: what is behind is rounding, and must not change the order of equals


class Playlist:
    """A smooth weighted round robin in seconds: what plays pays with its time, all that might have played are given
    their part of it. `credits_s` sum up to zero, and the one that is owed most plays is next."""

    def __init__(self, items: tuple[Item, ...]) -> None:
        self.items = tuple(item for item in items if item.plays == "loop")
        self._credits_s: dict[str, float] = {item.name: 0.0 for item in self.items}

    def follow(self, before: Playlist) -> None:
        """Goes on where another list stood, for the items that both have."""
        kept = {name: before._credits_s[name] for name in self._credits_s if name in before._credits_s}
        middle_s = sum(kept.values()) / len(kept) if kept else 0.0
        self._credits_s |= {name: credit - middle_s for name, credit in kept.items()}

    def eligible(self, wall_s: float | None, utc_offset_s: int | None, broken: Collection[str] = ()) -> list[Item]:
        """Those among which the shares are divided at this moment, in the document's order."""
        may = [x for x in self.items if x.name not in broken and playable(x, wall_s, utc_offset_s)]
        highest = max((item.priority for item in may), default=0)
        part = shares(may, highest)
        return [item for item in may if part.get(item.name, 0.0) > 0]

    def next(self, wall_s: float | None, utc_offset_s: int | None, broken: Collection[str] = ()) -> Item | None:
        """The item that plays next; None where none may. Of equals the first in the document's order."""
        among = self.eligible(wall_s, utc_offset_s, broken)
        part = shares(among)
        turn_s = sum(item.seconds for item in among) / max(1, len(among))

        def plays_owed(item: Item) -> float:
            """With its part of the turn that comes: so plays of one item spread instead of following each other."""
            return round((self._credits_s[item.name] + part[item.name] * turn_s) / item.seconds, CREDIT_DIGITS)

        return max(among, key=plays_owed, default=None)

    def played(self, name: str, seconds: float, among: Collection[Item]) -> None:
        """`name` was on the screen so long, while these were eligible: it among them, or it was an answer."""
        among = [item for item in among if item.name in self._credits_s]
        if seconds <= 0 or name not in (item.name for item in among):
            return
        for other, share in shares(among).items():
            self._credits_s[other] += share * seconds
        self._credits_s[name] -= seconds

    @property
    def credits_s(self) -> Mapping[str, float]:
        """What each is owed of the time played so far."""
        return self._credits_s


def shares(items: Collection[Item], priority: int | None = None) -> dict[str, float]:
    """Part of the time of each of these (of one priority, where it is named), in all 1. Who names none has as many
    plays as the others that name none, of what the named ones leave. Where nobody names none, or where they name more
    than there is, the named shares are held against each other."""
    among = [item for item in items if priority is None or item.priority == priority]
    named = sum(item.share for item in among if item.share is not None)
    unnamed_s = sum(item.seconds for item in among if item.share is None)
    left = max(0.0, 1.0 - named) if named else 1.0
    scale = 1.0 / named if named and (not unnamed_s or named > 1.0) else 1.0
    return {item.name: left * item.seconds / unnamed_s if item.share is None else item.share * scale for item in among}


def never(items: Collection[Item]) -> list[str]:
    """Names of loop items for which the shares of their priority leave nothing: whoever signed should know."""
    loop = [item for item in items if item.plays == "loop"]
    return [item.name for item in loop if shares(loop, item.priority)[item.name] <= 0]
