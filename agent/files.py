"""What the file system has to be told so that a change outlives a power cut."""

from __future__ import annotations

import os
from pathlib import Path

UNFINISHED = ".unfinished"  # ends the name of a file that is being written; what a power cut left of it can go


def sync_directory(directory: Path) -> None:
    """Which files it holds, and under which names, is on the medium when this returns."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """The file holds `data`, or what it held before, whatever happens; it is on the medium when this returns. OSError
    where it cannot be written; then it is as before."""
    beside = path.with_name(path.name + UNFINISHED)
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)
