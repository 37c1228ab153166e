"""Brings the file back when somebody takes it away while the agent runs: SQLite still holds what nobody else can see.

Without it all goes on as before, and everything that waits is lost with the next restart. Not here: files that are
there but damaged (salvage.py).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from agent.files import sync_directory
from agent.outbox import sql
from agent.outbox.protocol import OutboxError
from agent.outbox.salvage import SIDE_FILES, set_aside


class Anchor:
    """Which files a connection has open: the database, and its log as soon as there is one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._known: dict[Path, tuple[int, int]] = {}
        self._moor()

    def _moor(self) -> bool:
        """Are all files where they were?"""
        found = {path: identity for path in (self._path, self._log) if (identity := _identity(path)) is not None}
        moored = all(found.get(path) == identity for path, identity in self._known.items())
        self._known = found if moored else self._known
        return moored

    def hold(self, connection: sqlite3.Connection) -> None:
        """Nothing while the file is where it was. OutboxError `file_gone` when it was not: all of it has been written
        there again, and is to be opened again."""
        if self._moor():
            return
        with sql.told(self._path):
            _write_again(connection, self._path)
        sentence = f"outbox {self._path}: the file was taken away while the agent runs: it was written again, leave it"
        raise OutboxError("file_gone", sentence)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _write_again(connection: sqlite3.Connection, path: Path) -> None:
    beside = path.with_name(path.name + ".rescued")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        connection.execute("VACUUM INTO ?", (str(beside),))
        if path.exists():
            set_aside(path)  # another one, put in its place
        for end in SIDE_FILES:  # a log of the old file would be read as one of the new
            path.with_name(path.name + end).unlink(missing_ok=True)
        beside.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        raise OutboxError("cannot_open", f"outbox {path}: the file is gone and cannot be written: {error}") from error
