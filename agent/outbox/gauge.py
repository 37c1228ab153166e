"""What health shows of the outbox: how much waits, coarsely, and which faults of its own and of the uplink are open.

Retained state goes past the queue of events, so a hub reads here why no event comes. Coarse, and only what has waited
for a while: each change is told, and each telling is a write to the card.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from agent.messages import Tick
from agent.outbox.faults import Faults
from agent.outbox.protocol import Waiting

TICKS = 5  # what is accepted within so many seconds has not waited


class Box(Protocol):
    """The side of the outbox that is looked at (outbox.py)."""

    faults: Faults

    def waiting(self) -> Waiting: ...


class Gauge:
    """Read once a second, by the thread `clock`."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._seen: deque[Waiting] = deque(maxlen=TICKS)

    def read(self, tick: Tick) -> Tick:
        """The tick with what the outbox holds."""
        self._seen.append(self._box.waiting())
        return replace(
            tick,
            outbox_waiting=self._least(seen.events for seen in self._seen),
            outbox_parked=self._least(seen.parked for seen in self._seen),
            outbox_faults=self._box.faults.names(),
        )

    def _least(self, counts: Iterable[int]) -> int | None:
        """The least in all the ticks looked back on, coarsely; None before there were so many."""
        return coarse(min(counts)) if len(self._seen) == TICKS else None


def coarse(count: int) -> int:
    """The largest of 0, 1, 2, 5, 10, 20, 50, ... that is not above `count`."""
    if count <= 0:
        return 0
    decade: int = 10 ** (len(str(count)) - 1)
    return next(step for step in (5 * decade, 2 * decade, decade) if step <= count)
