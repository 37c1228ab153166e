"""Space kept back for the day the disk is full: SQLite needs room even to delete.

A file of real blocks beside the database. When a commit fails for want of space the file is given up, and what it
held is enough to store the fault that says so and to go on emptying the outbox. It is laid down again when the disk
has room to spare.
"""

from __future__ import annotations

import os
from pathlib import Path

RESERVE_BYTES = 1_048_576  # the WAL's own limit (store.py): one full round of writing and deleting
MARGIN = 4  # free space, in reserves, before it is laid down again; less would take the room and fail the next commit


class Reserve:
    """The file `<database>.reserve`. Used by the writer thread alone."""

    def __init__(self, database: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self.path = database.with_name(database.name + ".reserve")
        self.size_bytes = size_bytes

    @property
    def held(self) -> bool:
        return self.path.exists()

    def lay_down(self) -> bool:
        """True when the reserve is there afterwards; False when the disk has no room to spare or refuses."""
        try:
            if self.held and self.path.stat().st_size >= self.size_bytes:
                return True
            space = os.statvfs(self.path.parent)
            if space.f_bavail * space.f_frsize < MARGIN * self.size_bytes:
                return False
            with self.path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self.size_bytes)
        except OSError:
            self.give_up()
            return False
        return True

    def give_up(self) -> bool:
        """Frees the space. True when there was something to free."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
