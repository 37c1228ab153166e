"""Faults of the outbox and the uplink: told once when they begin, cleared once when they end.

They are events like all others and outlive a restart: what an earlier boot told and never cleared is known here
again (the store keeps the list), so that it is cleared when its cause is gone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from agent.messages import Event
from agent.outbox.protocol import Batch, Stamp
from wire.events import Cleared, Fault

OWN_PARTS = ("outbox", "uplink")

log = logging.getLogger(__name__)


class Faults:
    """Which faults are open. Used by the writer thread and the uplink."""

    def __init__(self, put: Callable[[Batch], object], stamp: Callable[[], Stamp]) -> None:
        self._put = put
        self._stamp = stamp
        self._lock = threading.Lock()
        self._open: set[tuple[str, str]] = set()

    def seed(self, told: Iterable[tuple[str, str]]) -> None:
        """What an earlier boot left open."""
        with self._lock:
            self._open.update(x for x in told if x[0] in OWN_PARTS)

    def open(self, part: str) -> set[str]:
        """The codes open now for `part`."""
        with self._lock:
            return {code for known, code in self._open if known == part}

    def names(self) -> tuple[str, ...]:
        """Every fault open now, as `uplink/not_authorised`, sorted."""
        with self._lock:
            return tuple(sorted(f"{part}/{code}" for part, code in self._open))

    def raise_fault(self, part: str, code: str, message: str, *, again: bool = False) -> None:
        """Tells it unless it is known; `again`: tells it anyway, as each time it is about something else."""
        with self._lock:
            if (part, code) in self._open and not again:
                return
            self._open.add((part, code))
        log.warning("%s: %s", part, message)
        stamp = self._stamp()
        fault = Fault(part=part, code=code, message=message, at_s=stamp.at_s, clock=stamp.clock)
        self._put(Batch(events=(Event(fault, stamp.wall_s),)))

    def clear(self, part: str, *codes: str) -> None:
        """Tells that these are over, as far as they were open."""
        for code in codes:
            with self._lock:
                if (part, code) not in self._open:
                    continue
                self._open.discard((part, code))
            log.info("%s: %s is over", part, code)
            stamp = self._stamp()
            cleared = Cleared(part=part, code=code, at_s=stamp.at_s, clock=stamp.clock)
            self._put(Batch(events=(Event(cleared, stamp.wall_s),)))
