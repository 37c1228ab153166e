"""Brings the file back when somebody takes it away while the agent runs: SQLite still holds what nobody else can see.

Without it all goes on as before, and everything that waits is lost with the next restart. While the file cannot be
written again the connection stays open: it is the only hold on what is in it. Not here: files that are there but
damaged (salvage.py).
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

from agent.files import sync_directory
from agent.outbox import sql
from agent.outbox.protocol import OutboxError
from agent.outbox.salvage import SIDE_FILES, set_aside

RETRY_S = 30.0  # a rewrite costs as much as the file is large
MOST_RESCUES = 3  # in a boot: two agents that take each other's file away must not wear out the card


class Rescues:
    """How often in this boot, and when it may be tried again."""

    def __init__(self) -> None:
        self.done = 0
        self._again_s = 0.0

    def may_try(self) -> bool:
        """Not again at once after a try that failed, and not without end."""
        if self.done >= MOST_RESCUES or time.monotonic() < self._again_s:
            return False
        self._again_s = time.monotonic() + RETRY_S
        return True

    def try_now(self) -> None:
        """The process ends: the last chance."""
        self._again_s = 0.0

    def succeeded(self) -> None:
        """The next one may follow at once."""
        self.done += 1
        self._again_s = 0.0


class Anchor:
    """Which files a connection has open: the database, and its log as soon as there is one."""

    def __init__(self, path: Path, rescues: Rescues) -> None:
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._rescues = rescues
        self._known = self._find()

    def _find(self) -> dict[Path, tuple[int, int]]:
        return {path: identity for path in (self._path, self._log) if (identity := _identity(path)) is not None}

    def hold(self, connection: sqlite3.Connection) -> OutboxError | None:
        """None while the files are where they were. OutboxError `file_gone` is raised when they were not: all has been
        written there again, and is to be opened again. One that is returned says why that cannot be done yet: go on
        with this connection."""
        found = self._find()
        if self._path in found and all(found.get(path) == known for path, known in self._known.items()):
            self._known = found
            return None
        gone = f"outbox {self._path}: the file was taken away while the agent runs"
        if not self._rescues.may_try():
            return OutboxError("file_gone", f"{gone}; what waits is lost at the next restart: stop whatever removes it")
        try:
            with sql.told(self._path):
                _write_again(connection, self._path)
        except (OSError, OutboxError) as error:
            return OutboxError("file_gone", f"{gone} and cannot be written again: {error}")
        self._rescues.succeeded()
        raise OutboxError("file_gone", f"{gone}: it was written again, leave it")


def take_up(path: Path) -> None:
    """At a start: a rewrite that a power cut ended just before its last step is taken, if it is the newer one."""
    beside = _beside(path)
    if not beside.is_file():
        return
    written = _commits(beside)
    with contextlib.suppress(OSError):
        if written is not None and written > (_commits(path) or -1):
            _put_in_place(beside, path)
        else:
            beside.unlink()


def _commits(path: Path) -> int | None:
    """Transactions in a sound file; None for any other."""
    if not path.is_file():
        return None
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=sql.BUSY_S)) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return None
            (commits,) = connection.execute("SELECT value FROM meta WHERE key = 'commits'").fetchone()
            return int(commits)
    except (sqlite3.Error, TypeError, ValueError):
        return None


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".rescued")


def _write_again(connection: sqlite3.Connection, path: Path) -> None:
    beside = _beside(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", (str(beside),))
    beside.chmod(0o640)
    _put_in_place(beside, path)


def _put_in_place(beside: Path, path: Path) -> None:
    if path.exists():
        set_aside(path)  # another one, put there meanwhile
    for end in SIDE_FILES:  # a log of the old file would be read as one of the new
        path.with_name(path.name + end).unlink(missing_ok=True)
    beside.replace(path)
    sync_directory(path.parent)
