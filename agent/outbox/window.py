"""The oldest waiting events in memory, so that sending never waits for the disk nor reads it twice.

The writer thread fills it, the uplink reads and empties it; one lock, held for microseconds.
Not here: who is parked or accepted on disk (store.py).
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from agent.outbox.protocol import Row

FULL = 512  # rows; about 0.4 MB, thirty times what is in flight at once
LOW = 128  # below this the writer reads on


class Window:
    """Rows in ascending order; `loaded_to` is the newest number that was ever offered to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._order: list[int] = []
        self._rows: dict[int, Row] = {}
        self.loaded_to = 0

    def __len__(self) -> int:
        return len(self._order)

    @property
    def low(self) -> bool:
        return len(self._order) < LOW

    @property
    def space(self) -> int:
        return max(0, FULL - len(self._order))

    def load(self, rows: Iterable[Row]) -> None:
        """Rows beyond `loaded_to`, ascending, none left out but parked ones."""
        with self._lock:
            for row in rows:
                if row.sequence > self.loaded_to:
                    self._order.append(row.sequence)
                    self._rows[row.sequence] = row
                    self.loaded_to = row.sequence

    def reset(self, loaded_to: int = 0) -> None:
        """Empty; the next load starts after `loaded_to`."""
        with self._lock:
            self._order.clear()
            self._rows.clear()
            self.loaded_to = loaded_to

    def remove(self, sequence: int) -> bool:
        """True when it was there."""
        with self._lock:
            if self._rows.pop(sequence, None) is None:
                return False
            del self._order[bisect_left(self._order, sequence)]
            return True

    def after(self, sequence: int, limit: int) -> list[Row]:
        """The next `limit` rows beyond `sequence`."""
        with self._lock:
            start = bisect_right(self._order, sequence)
            return [self._rows[x] for x in self._order[start : start + limit]]
