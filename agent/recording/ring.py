"""The folder of a ring of segments: which file comes next, and which must go.

Segments carry growing numbers, so that their order survives a clock that jumps. Not here: what stands in a file.
"""

from __future__ import annotations

from pathlib import Path

from agent.recording.protocol import SUFFIX


def segments(folder: Path) -> list[Path]:
    """The segments of `folder`, oldest first; other files are none of ours."""
    found = [path for path in folder.glob("*" + SUFFIX) if _number(path) is not None]
    return sorted(found, key=lambda path: _number(path) or 0)


def next_segment(folder: Path) -> Path:
    """The name after the newest one."""
    existing = segments(folder)
    number = (_number(existing[-1]) or 0) + 1 if existing else 1
    return folder / f"{number:08d}{SUFFIX}"


def trim(folder: Path, room_bytes: int) -> list[Path]:
    """Deletes the oldest segments until the rest fits into `room_bytes`; returns what went."""
    sizes = [(path, path.stat().st_size) for path in segments(folder)]
    total = sum(size for _, size in sizes)
    gone = []
    for path, size in sizes:
        if total <= room_bytes:
            break
        path.unlink(missing_ok=True)
        total -= size
        gone.append(path)
    return gone


def _number(path: Path) -> int | None:
    stem = path.name.removesuffix(SUFFIX)
    return int(stem) if stem.isascii() and stem.isdigit() else None
