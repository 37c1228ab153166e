"""A damaged file is set aside, kept for whoever wants to look, and what can still be read is taken along.

SD cards lose pages; a device must not lose its count of events, or a day of them, over one page. Reads forwards and
backwards, so that one bad page costs only what stood on it. Not here: noticing the damage (sql.py).
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from agent.files import sync_directory
from agent.outbox.protocol import Row
from agent.outbox.sql import MOST, MOST_WALL_S
from wire.envelope import TYPE_PREFIX, Envelope
from wire.topics import NAME

QUERY_S = 5.0  # for each of seven queries, within the limit of a start
MOST_ROWS = 100_000  # 64 MB of events
KEPT_FILES = 3  # damaged files kept beside the new one; more would fill the card that is failing already
SIDE_FILES = ("-wal", "-shm")

_NO_JSON = (ValueError, TypeError, RecursionError)  # no text, no JSON, no bytes at all, brackets without end

Event = tuple[int, str, str, bytes]  # sequence, boot, kind, body


@dataclass(slots=True)
class Salvaged:
    """Rows as the tables hold them."""

    events: dict[int, Event] = field(default_factory=dict)
    states: list[tuple[str, bytes]] = field(default_factory=list)
    results: list[tuple[int, str, bytes]] = field(default_factory=list)
    snapshots: list[tuple[bytes]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)

    def add_rows(self, rows: Iterable[Row]) -> None:
        """What memory still holds and the file does not."""
        for row in rows:
            self.events.setdefault(row.sequence, (row.sequence, row.boot, row.kind, row.body))

    def next_sequence(self, at_least: int) -> int:
        """The number to go on with: as the file says, and never one that was given already."""
        counted: int = self.meta.get("next", 1)
        return max(at_least, counted, max(self.events, default=0) + 1)

    def missing(self, oldest: int | None, next_sequence: int) -> list[tuple[int, int]]:
        """Ranges between the oldest waiting event and the next number of which no row is left. `oldest` None: as far
        as the rows that are left can tell."""
        start = min(self.events, default=next_sequence) if oldest is None else oldest
        ranges: list[tuple[int, int]] = []
        for sequence in sorted({*self.events, next_sequence}):
            if sequence > start:
                ranges.append((start, sequence - 1))
            start = max(start, sequence + 1)
        return ranges


def set_aside(path: Path) -> Path:
    """Renames the file (with its log) to `<name>.corrupt-<n>` and returns the new path. OSError when it cannot."""
    ends = (file.name.rpartition("-")[2] for file in path.parent.glob(path.name + ".corrupt-*"))
    taken = sorted(int(end) for end in ends if end.isascii() and end.isdigit())
    aside = path.with_name(f"{path.name}.corrupt-{taken[-1] + 1 if taken else 1}")
    path.rename(aside)
    for end in SIDE_FILES:
        side = path.with_name(path.name + end)
        if side.exists():
            side.rename(aside.with_name(aside.name + end))
    for number in taken[: max(0, len(taken) + 1 - KEPT_FILES)]:
        for end in ("", *SIDE_FILES):
            path.with_name(f"{path.name}.corrupt-{number}{end}").unlink(missing_ok=True)
    sync_directory(path.parent)
    return aside


def salvage(path: Path) -> Salvaged:
    """All rows that can be read. Never raises over the state of the file: what it cannot read it leaves."""
    found = Salvaged()
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=1.0)
    except sqlite3.Error:
        return found
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    except sqlite3.Error:
        connection.close()
        return found
    for order in ("ASC", "DESC"):
        for row in _rows(connection, f"SELECT rowid, boot, kind, body FROM event ORDER BY rowid {order}"):
            if _is_event(row):
                found.events.setdefault(row[0], row)
    found.states = [x for x in _rows(connection, "SELECT kind, body FROM state") if _is_name(x[0]) and _is_json(x[1])]
    results = _rows(connection, "SELECT rowid, id, body FROM result")
    found.results = [x for x in results if _is_number(x[0]) and _is_name(x[1]) and _is_json(x[2])]
    found.snapshots = [x for x in _rows(connection, "SELECT body FROM snapshot") if _is_packed_json(x[0])][:1]
    found.faults = [x for x in _rows(connection, "SELECT part, code FROM fault") if all(isinstance(y, str) for y in x)]
    found.meta = {key: value for key, value in _rows(connection, "SELECT key, value FROM meta") if _is_meta(key, value)}
    connection.close()
    return found


def _rows(connection: sqlite3.Connection, query: str) -> list[Any]:
    """What came before an error counts. Pages that lead in a circle give rows for ever, so there is an end to it."""
    rows: list[Any] = []
    until_s = time.monotonic() + QUERY_S
    connection.set_progress_handler(lambda: time.monotonic() > until_s, 10_000)
    try:
        for row in connection.execute(query):
            rows.append(row)
            if len(rows) >= MOST_ROWS:
                break
    except (sqlite3.Error, UnicodeDecodeError):
        pass
    return rows


def _is_event(row: Any) -> bool:
    """The row is the event that its number says, whole."""
    sequence, boot, kind, body = row
    try:
        envelope = msgspec.json.decode(body, type=Envelope[msgspec.Raw])
        whole = int(envelope.sequence) == sequence and envelope.type == TYPE_PREFIX + kind
        return whole and _is_number(sequence) and _is_name(kind) and _is_name(boot) and isinstance(body, bytes)
    except _NO_JSON:
        return False


def _is_json(body: Any) -> bool:
    try:
        msgspec.json.decode(body)
    except _NO_JSON:
        return False
    return isinstance(body, bytes)


def _is_packed_json(body: Any) -> bool:
    try:
        return isinstance(body, bytes) and _is_json(zlib.decompress(body))
    except zlib.error:
        return False


def _is_name(name: Any) -> bool:
    """One plain MQTT level."""
    return isinstance(name, str) and NAME.fullmatch(name) is not None


def _is_number(number: Any) -> bool:
    return isinstance(number, int) and 0 < number < MOST


def _is_meta(key: Any, value: Any) -> bool:
    if key == "wall_s":
        return value is None or (isinstance(value, int | float) and 0 <= value < MOST_WALL_S)
    return key in ("next", "commits") and _is_number(value)
