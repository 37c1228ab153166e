"""The outbox on disk: one transaction takes everything a step of the core left behind.

Numbers. `meta.next` counts events for the life of the device, not of the boot: it is raised in the transaction that
stores the events, so a transaction that fails uses no number, and the numbers of `<device>/<boot>/<number>` have no
hole across restarts. Only a damaged file can end the count (salvage.py).

Not here: the thread (writer.py), room (budget.py), what SQLite's errors mean (sql.py).
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from agent.messages import Event, Snapshot
from agent.outbox import sql
from agent.outbox.budget import Budget
from agent.outbox.envelope import seal
from agent.outbox.inbox import MOST_RESULTS, Group
from agent.outbox.protocol import OutboxError, Receipt, ResultRow, Row, Stamp, Waiting
from agent.outbox.ranges import Dropped
from agent.outbox.rescue import Anchor, Rescues
from agent.outbox.salvage import Salvaged
from wire.events import Cleared, Fault
from wire.topics import Topics

OVER_BUDGET = "the outbox is full and the broker has been away too long: the oldest events were dropped"
OVER_MEMORY = "the disk refused and memory was full: the oldest events were dropped before they had a number"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """What one transaction did: a receipt for each batch, the new rows, the numbers of dropped ones."""

    receipts: tuple[Receipt, ...]
    rows: tuple[Row, ...]
    dropped: tuple[int, ...]


class Store:
    """One open file. Used by one thread. Every method raises OutboxError when the file cannot be used."""

    next_sequence: int  # the number of the next event
    commits: int  # transactions so far
    committed_wall_s: float | None  # unix time of the newest one
    waiting: Waiting

    def __init__(
        self,
        path: Path,
        topics: Topics,
        boot: str,
        *,
        max_bytes: int,
        check: bool = True,
        rescues: Rescues | None = None,
    ) -> None:
        self.path = path
        self.topics = topics
        self.boot = boot
        self.connection = sql.connect(path, check=check)
        self._anchor = Anchor(path, rescues or Rescues())
        self._budget = Budget(self.connection, max_bytes)
        self._read_counts()

    def close(self) -> None:
        """Also moves what is in the log into the file, as far as the disk lets it."""
        self.connection.close()

    def write(self, group: Group, stamp: Stamp) -> Written:
        """The whole group in one transaction, on the medium when this returns."""
        with self._transaction():
            accepted, parked = self._forget(group)
            dropped = self._budget.make_room(_estimate_bytes(group))
            events = dropped.events(OVER_BUDGET, stamp)
            events += Dropped(unnumbered=group.unnumbered).events(OVER_MEMORY, stamp)
            first = self.next_sequence
            receipts, number = [], first + len(events)
            for pending in group.batches:
                events.extend(pending.events)
                receipts.append(Receipt.of(number, len(pending.events)))
                number += len(pending.events)
            rows = self._insert(events, first)
            self._keep(group)
            self._set_meta("next", number)
            self._set_meta("commits", self.commits + 1)
            self._set_meta("wall_s", stamp.wall_s)
        self.next_sequence, self.commits = number, self.commits + 1
        self.waiting = Waiting(
            events=self.waiting.events - accepted - len(dropped.own_sequences) + len(rows),
            parked=self.waiting.parked + parked - dropped.own_parked,
        )
        return Written(tuple(receipts), rows, dropped.own_sequences)

    def hold(self) -> OutboxError | None:
        """Is the file still there? OutboxError `file_gone` is raised when it was written again: open it. One that is
        returned says why it cannot be: go on with what is open."""
        return self._anchor.hold(self.connection)

    def after(self, sequence: int, limit: int) -> list[Row]:
        """The next waiting events beyond `sequence`, parked ones left out."""
        with sql.told(self.path):
            found = self.connection.execute(
                "SELECT sequence, boot, kind, body FROM event WHERE sequence > ? AND parked IS NULL ORDER BY 1 LIMIT ?",
                (sequence, limit),
            )
            return [Row(*row) for row in found]

    def states(self) -> dict[str, bytes]:
        """The newest body of each kind of retained state."""
        with sql.told(self.path):
            return dict(self.connection.execute("SELECT kind, body FROM state ORDER BY kind"))

    def results(self) -> list[ResultRow]:
        """Answers that no broker has accepted yet, oldest first."""
        with sql.told(self.path):
            found = self.connection.execute("SELECT number, id, body FROM result ORDER BY 1")
            return [ResultRow(*row) for row in found]

    def snapshot(self) -> Snapshot | None:
        """The core as it was when the last commit returned. ValueError when it cannot be read."""
        with sql.told(self.path):
            row = self.connection.execute("SELECT body FROM snapshot").fetchone()
        if row is None:
            return None
        try:
            return msgspec.json.decode(zlib.decompress(row[0]), type=dict[str, Any])
        except (zlib.error, TypeError) as error:
            raise ValueError(f"snapshot: {error}") from error

    def faults(self) -> set[tuple[str, str]]:
        """Part and code of every fault told and not yet cleared."""
        with sql.told(self.path):
            return {(part, code) for part, code in self.connection.execute("SELECT part, code FROM fault")}

    def offer_parked_again(self) -> None:
        """Parked events wait like all others: at a start, as the broker may have been mended."""
        with self._transaction():
            self.connection.execute("UPDATE event SET parked = NULL WHERE parked IS NOT NULL")
        self.waiting = Waiting(self.waiting.events, 0)

    def adopt(self, found: Salvaged, next_sequence: int) -> None:
        """What could be read from a damaged file, into this empty one."""
        with self._transaction():
            self._adopt_rows("event(sequence, boot, kind, body) VALUES (?, ?, ?, ?)", found.events.values())
            self._adopt_rows("meta VALUES (?, ?)", [*found.meta.items(), ("next", next_sequence)])
            self._adopt_rows("snapshot VALUES (1, ?)", found.snapshots)
            self._adopt_rows("state VALUES (?, ?)", found.states)
            self._adopt_rows("result VALUES (?, ?, ?)", found.results)
            self._adopt_rows("fault VALUES (?, ?)", found.faults)
        self._read_counts()

    def _adopt_rows(self, into: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """A row that does not fit is left out: it must not cost the others."""
        for row in rows:
            try:
                self.connection.execute(f"INSERT OR REPLACE INTO {into}", row)
            except sqlite3.IntegrityError as error:
                log.warning("outbox: a row of the damaged file is left out of %s: %s", into.partition(" ")[0], error)

    def _read_counts(self) -> None:
        with sql.told(self.path):
            self.next_sequence = int(self._meta("next", 1))
            self.commits = int(self._meta("commits", 0))
            self.committed_wall_s = self._meta("wall_s", None)
            counts = self.connection.execute("SELECT COUNT(*), COUNT(parked) FROM event").fetchone()
            self.waiting = Waiting(*counts)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with sql.told(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # SQLite has rolled back by itself when the disk failed
                    self.connection.execute("ROLLBACK")
                raise

    def _forget(self, group: Group) -> tuple[int, int]:
        """How many events left, how many were parked."""
        run = self.connection.executemany
        why = ((why, x) for x, why in group.parked.items())
        accepted = run("DELETE FROM event WHERE sequence = ?", ((x,) for x in group.accepted)).rowcount
        parked = run("UPDATE event SET parked = ? WHERE sequence = ? AND parked IS NULL", why).rowcount
        run("DELETE FROM result WHERE number = ?", ((x,) for x in group.answered))
        return max(accepted, 0), max(parked, 0)  # -1: there was nothing to run

    def _insert(self, events: list[Event], first: int) -> tuple[Row, ...]:
        rows = tuple(
            Row(number, self.boot, event.payload.kind, seal(event, self.topics, self.boot, number))
            for number, event in enumerate(events, first)
        )
        self.connection.executemany(
            "INSERT INTO event(sequence, boot, kind, body) VALUES (?, ?, ?, ?)",
            ((row.sequence, row.boot, row.kind, row.body) for row in rows),
        )
        for event in events:
            self._note_fault(event)
        return rows

    def _note_fault(self, event: Event) -> None:
        match event.payload:
            case Fault(part=part, code=code):
                self.connection.execute("INSERT OR IGNORE INTO fault VALUES (?, ?)", (part, code))
            case Cleared(part=part, code=code):
                self.connection.execute("DELETE FROM fault WHERE part = ? AND code = ?", (part, code))
            case _:
                pass

    def _keep(self, group: Group) -> None:
        run = self.connection.executemany
        encode = msgspec.json.encode
        run("INSERT OR REPLACE INTO state VALUES (?, ?)", ((k, encode(x)) for k, x in group.states.items()))
        run("INSERT INTO result(id, body) VALUES (?, ?)", ((x.id, encode(x)) for x in group.results))
        run("DELETE FROM result WHERE number <= (SELECT MAX(number) FROM result) - ?", [(MOST_RESULTS,)])
        if group.snapshot is not None:
            packed = zlib.compress(encode(group.snapshot), level=1)
            self.connection.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?)", (packed,))

    def _meta(self, key: str, default: Any) -> Any:
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if row is None else row[0]

    def _set_meta(self, key: str, value: float | None) -> None:
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _estimate_bytes(group: Group) -> int:
    """An upper guess of the room that the new rows take: a pick with alternatives is about 700 bytes."""
    return 1024 * sum(len(pending.events) for pending in group.batches) + 4096
