"""Which parts to ask the broker for now: a few at once, so that neither a slow card nor a slow line is flooded.

A part that has not come keeps its place while others do: on a slow line it may just be late. When nothing at all has
come for a while, the broker has none of those that were asked for (the hub has not published them, or has cleared
them): they go to the end of the row and the next ones are asked for, around and around, more slowly each time. A part
that was lost on its way through here comes again in the same manner, as a broker tells what it has retained only to a
new subscription.
Pure: no clock, no files. Not here: what is missing (partial.py), who subscribes (agent/uplink/ears.py).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice

WINDOW = 8  # parts: half a megabyte, what a card of class 4 writes in an eighth of a second
PATIENCE_S = 15.0  # a part on a line of 64 kbit/s takes 8 s
PATIENCE_MOST_S = 120.0
APART_S = 3.0  # between letting go of a part and asking for it again: longer than the uplink looks away (courier.py)

Part = tuple[str, int]  # sha256, number


class Window:
    """Times are monotonic seconds, given by the caller."""

    def __init__(self, size: int = WINDOW) -> None:
        self._size = size
        self._row: OrderedDict[Part, None] = OrderedDict()
        self._let_go: frozenset[Part] = frozenset()
        self._let_go_until_s = 0.0
        self._heard_s = 0.0
        self._patience_s = PATIENCE_S

    def want(self, parts: Iterable[Part], now_s: float) -> None:
        """All parts that are missing, in the order in which they are wanted."""
        self._row = OrderedDict.fromkeys(parts)
        self._heard(now_s)

    def add(self, parts: Iterable[Part], now_s: float) -> None:
        """Behind the others; what is in the row keeps its place."""
        self._row.update(OrderedDict.fromkeys(parts))
        self._heard(now_s)

    def came(self, part: Part, now_s: float) -> None:
        """It is there."""
        self._row.pop(part, None)
        self._heard(now_s)

    def turn(self, now_s: float) -> tuple[Part, ...]:
        """The parts to ask for from now on, a change only where some came or none did for long."""
        if now_s - self._heard_s >= self._patience_s:
            self._let_go, self._let_go_until_s = frozenset(self._first()), now_s + APART_S
            for part in sorted(self._let_go):
                self._row.move_to_end(part)
            self._heard_s = now_s
            self._patience_s = min(PATIENCE_MOST_S, 2 * self._patience_s)
        if now_s >= self._let_go_until_s:
            self._let_go = frozenset()
        return self._first()

    def _first(self) -> tuple[Part, ...]:
        return tuple(islice((part for part in self._row if part not in self._let_go), self._size))

    def _heard(self, now_s: float) -> None:
        self._heard_s, self._patience_s = now_s, PATIENCE_S
