"""How SQLite is opened and what its errors mean here.

WAL with `synchronous=FULL`: each commit is on the medium before it returns (measured by power cut: NORMAL lost 665 of
3,380 rows, FULL none). `locking_mode=EXCLUSIVE`: two agents on one file would give the same numbers twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.outbox.protocol import OutboxError

FORMAT = 1  # PRAGMA user_version of files written by this code
PAGE_BYTES = 4096
BUSY_S = 0.2  # who holds the file exclusively will not let go of it soon
WAL_PAGES = 256  # checkpoint each MB, so that the log next to the file stays within the reserve

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event(
    sequence INTEGER PRIMARY KEY, boot TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL, parked TEXT);
CREATE TABLE IF NOT EXISTS state(kind TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS result(number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS snapshot(one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS fault(part TEXT, code TEXT, PRIMARY KEY (part, code)) WITHOUT ROWID;
"""

_MEANINGS = {
    sqlite3.SQLITE_FULL: ("disk_full", "the disk is full: free some space"),
    sqlite3.SQLITE_IOERR: ("io_error", "the disk refuses to read or write: look at the kernel's log, replace the card"),
    sqlite3.SQLITE_READONLY: ("read_only", "the disk is mounted read-only: look at the kernel's log, replace the card"),
    sqlite3.SQLITE_CANTOPEN: ("cannot_open", "the file cannot be opened: create its directory, give it to the agent"),
    sqlite3.SQLITE_PERM: ("cannot_open", "the file cannot be opened: give it to the agent's user"),
    sqlite3.SQLITE_BUSY: ("locked", "another process holds the file: stop the second shelfd"),
    sqlite3.SQLITE_CORRUPT: ("corrupt", "the file is damaged"),
    sqlite3.SQLITE_NOTADB: ("corrupt", "the file is no SQLite database"),
}


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into OutboxErrors; an error of ours in the SQL stays what it is."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        meaning = _MEANINGS.get((getattr(error, "sqlite_errorcode", None) or 0) & 0xFF)
        if meaning is None:
            raise
        code, sentence = meaning
        raise OutboxError(code, f"outbox {path}: {sentence} ({error})") from error


def connect(path: Path, *, check: bool) -> sqlite3.Connection:
    """An open file with our tables. `check` reads it whole, as is wise after a power cut. Raises OutboxError."""
    with told(path):
        connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)
        try:
            _prepare(connection, path, check=check)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, *, check: bool) -> None:
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit={WAL_PAGES * PAGE_BYTES}")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > FORMAT:
        sentence = f"outbox {path}: written by a newer shelfd (format {version}): install that one"
        raise OutboxError("newer_format", sentence)
    if check:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise OutboxError("corrupt", f"outbox {path}: the file is damaged ({verdict})")
    if version < FORMAT:
        connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version={FORMAT}; COMMIT;")
