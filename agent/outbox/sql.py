"""How SQLite is opened and what its errors mean here.

WAL with `synchronous=FULL`: each commit is on the medium before it returns (measured by power cut: NORMAL lost 665 of
3,380 rows, FULL none). `locking_mode=EXCLUSIVE`: two agents on one file would give the same numbers twice.
"""

from __future__ import annotations

import os
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

MOST = 2**53  # numbers beyond it were never given
MOST_WALL_S = 1e11

# What this code writes into no file; a sound page can hold it all the same, as one bit makes a `#` of a letter.
_FOREIGN_ROWS = (
    "SELECT 1 FROM event WHERE typeof(sequence) <> 'integer' OR sequence NOT BETWEEN 1 AND :most"
    " OR typeof(body) <> 'blob' OR typeof(boot) <> 'text' OR boot = '' OR boot GLOB :no_name"
    " OR typeof(kind) <> 'text' OR kind = '' OR kind GLOB :no_name",
    "SELECT 1 FROM event WHERE sequence >= coalesce((SELECT value FROM meta WHERE key = 'next'), 1)",
    "SELECT 1 FROM state WHERE typeof(body) <> 'blob' OR typeof(kind) <> 'text' OR kind = ''"
    " OR (kind GLOB :no_name AND kind NOT IN"
    " ('config/reported', 'content/reported', 'model/reported', 'policy/reported'))",
    "SELECT 1 FROM result WHERE typeof(number) <> 'integer' OR number NOT BETWEEN 1 AND :most"
    " OR typeof(body) <> 'blob' OR typeof(id) <> 'text' OR id = '' OR id GLOB :no_name",
    "SELECT 1 FROM sqlite_sequence WHERE typeof(seq) <> 'integer' OR seq > :most",
    "SELECT 1 FROM snapshot WHERE typeof(body) <> 'blob'",
    "SELECT 1 FROM fault WHERE typeof(part) <> 'text' OR typeof(code) <> 'text' OR part GLOB :no_text"
    " OR code GLOB :no_text",
    "SELECT 1 FROM meta WHERE CASE WHEN key IN ('next', 'commits') THEN typeof(value) <> 'integer'"
    " OR value NOT BETWEEN 0 AND :most WHEN key = 'wall_s' THEN typeof(value) NOT IN ('null', 'integer', 'real')"
    " OR value NOT BETWEEN 0 AND :most_wall_s ELSE 1 END",
)
_FOREIGN = {
    "most": MOST,
    "most_wall_s": MOST_WALL_S,
    "no_name": "*[^A-Za-z0-9_.-]*",
    "no_text": "*[^ -~]*",
}

_MEANINGS = {
    sqlite3.SQLITE_FULL: ("disk_full", "the disk is full: free some space"),
    sqlite3.SQLITE_IOERR: ("io_error", "the disk refuses to read or write: look at the kernel's log, replace the card"),
    sqlite3.SQLITE_READONLY: ("read_only", "the disk is mounted read-only: look at the kernel's log, replace the card"),
    sqlite3.SQLITE_CANTOPEN: ("cannot_open", "the file cannot be opened: create its directory, give it to the agent"),
    sqlite3.SQLITE_PERM: ("cannot_open", "the file cannot be opened: give it to the agent's user"),
    sqlite3.SQLITE_BUSY: ("locked", "another process holds the file: stop the second shelfd"),
    sqlite3.SQLITE_CORRUPT: ("corrupt", "the file is damaged"),
    sqlite3.SQLITE_NOTADB: ("corrupt", "the file is no SQLite database"),
    # A bit that flipped in a table's definition, a key or a text. A mistake in our own SQL would come here too: it
    # costs a salvage, and the tests, not the shelf, are there to find it.
    sqlite3.SQLITE_ERROR: ("corrupt", "the file holds other tables than it should"),
    sqlite3.SQLITE_CONSTRAINT: ("corrupt", "the file holds rows that cannot be"),
    sqlite3.SQLITE_MISMATCH: ("corrupt", "the file holds rows that cannot be"),
    sqlite3.SQLITE_SCHEMA: ("corrupt", "the file holds other tables than it should"),
    sqlite3.SQLITE_TOOBIG: ("corrupt", "the file holds rows that cannot be"),
}
_NO_TEXT = ("corrupt", "the file holds text that is none")  # Python's own complaint, without a code of SQLite's


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into OutboxErrors; a wrong use of the library stays what it is."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise OutboxError("corrupt", f"outbox {path}: {_NO_TEXT[1]} ({error.reason})") from error
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        undecodable = code is None and isinstance(error, sqlite3.OperationalError)
        meaning = _NO_TEXT if undecodable else _MEANINGS.get((code or 0) & 0xFF)
        if meaning is None:
            raise
        name, sentence = meaning
        raise OutboxError(name, f"outbox {path}: {sentence} ({error})") from error


def connect(path: Path, *, check: bool) -> sqlite3.Connection:
    """An open file with our tables. `check` reads it whole, as is wise after a power cut. Raises OutboxError."""
    if path.exists() and not path.is_file():
        raise OutboxError("cannot_open", f"outbox {path}: this is no file; remove it or name another outbox.path")
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise OutboxError("cannot_open", f"outbox {path}: it is not ours to write: give it to the agent's user")
    with told(path):
        _look_at_header(path)
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
    if check:
        _look_at_rows(connection, path)


def _look_at_header(path: Path) -> None:
    """SQLite calls a file of an unknown write version read-only, which would be blamed on the disk."""
    try:
        with path.open("rb") as file:
            header = file.read(20)
    except OSError:
        return  # SQLite tells it better
    if len(header) == 20 and header[18] not in (1, 2):
        raise OutboxError("corrupt", f"outbox {path}: the file is damaged (write version {header[18]})")


def _look_at_rows(connection: sqlite3.Connection, path: Path) -> None:
    for query in _FOREIGN_ROWS:
        if connection.execute(query + " LIMIT 1", _FOREIGN).fetchone():
            raise OutboxError("corrupt", f"outbox {path}: the file is damaged (found by: {query})")
