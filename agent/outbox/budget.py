"""Keeps the file within its size: when it is full, parked events go first, then the oldest ones.

SQLite cannot delete on a full disk, so the cap lies below the disk's end and room is made before it is needed, in the
transaction that needs it. State, answers and the snapshot are bounded by their nature (one row a kind, one row, 256)
and stay: what is true now is small. What goes is told in gap events (ranges.py).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from agent.outbox.ranges import Dropped

CHUNK_ROWS = 64  # at least so many at once, so that a full outbox does not write a gap event for each new one
CHUNK_SHARE = 50  # or 1/50 of what waits
HEADROOM = 0.05  # of the budget, for b-tree overhead, gap events and what an estimate missed


@dataclass(slots=True)
class DroppedRows(Dropped):
    """Dropped events that had a row here."""

    own_sequences: tuple[int, ...] = ()
    own_parked: int = 0


class Budget:
    """Pages in use, against the pages allowed."""

    def __init__(self, connection: sqlite3.Connection, max_bytes: int) -> None:
        self._connection = connection
        (self._page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
        self._soft_bytes = int(max_bytes * (1 - HEADROOM))

    def used_bytes(self) -> int:
        """Without free pages: those are ours to use again."""
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        return int(pages - free) * int(self._page_bytes)

    def make_room(self, needed_bytes: int) -> DroppedRows:
        """Inside a transaction: deletes until `needed_bytes` fit, or no event is left."""
        dropped = DroppedRows()
        gone: list[int] = []
        while self.used_bytes() + needed_bytes > self._soft_bytes:
            rows = self._victims()
            if not rows:
                break
            for boot, sequence, kind, body, parked in rows:
                dropped.add_row(boot, sequence, kind, body)
                dropped.own_parked += parked is not None
            self._connection.executemany("DELETE FROM event WHERE sequence = ?", ((row[1],) for row in rows))
            gone.extend(row[1] for row in rows)
        dropped.own_sequences = tuple(gone)
        return dropped

    def _victims(self) -> list[tuple[str, int, str, bytes, str | None]]:
        (waiting,) = self._connection.execute("SELECT COUNT(*) FROM event").fetchone()
        count = max(CHUNK_ROWS, waiting // CHUNK_SHARE)
        query = "SELECT boot, sequence, kind, body, parked FROM event {} ORDER BY sequence LIMIT ?"
        for condition in ("WHERE parked IS NOT NULL", ""):
            if rows := self._connection.execute(query.format(condition), (count,)).fetchall():
                return rows
        return []
