"""A segment's file: gzip members, each written whole, put on the disk and checked as one.

`flush` ends a member with its CRC, so a power cut costs what came after the last flush and nothing before it, and a
reader never takes the remains of a torn write for readings. `zcat` reads the file as it stands.
Not here: when to flush and when to begin anew (disk.py), what the lines mean (reader.py).
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from agent.recording.protocol import RecordingError

GZIP = 31  # zlib's wbits for a gzip header, and a CRC at the end
LEVEL = 3  # 6 is 15 % smaller at twice the time; docs/decisions/recording.md
MEMBER_BYTES = 64 << 20  # of text; ten seconds of 1000 cells at 80 Hz are 16 MB


class SegmentFile:
    """Append-only. Every method may raise OSError; after one, only `close` is allowed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written_bytes = 0  # on disk, compressed
        self._member_bytes = 0  # of text, in the member that is not yet ended
        self._compress = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)

    def write_line(self, line: bytes) -> None:
        """Adds a line; it is safe after the next `flush`."""
        if self._member_bytes + len(line) >= MEMBER_BYTES:
            self.flush()
        self._member_bytes += len(line) + 1
        self._write(self._compress.compress(line + b"\n"))

    def flush(self) -> None:
        """Everything so far is on the disk when this returns."""
        if self._member_bytes:
            self._write(self._compress.flush(zlib.Z_FINISH))
            self._compress = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
            self._member_bytes = 0
        os.fdatasync(self._fd)

    def close(self) -> None:
        """Lets go of the file, whatever its state; may be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            count = os.write(self._fd, view)
            self.written_bytes += count
            view = view[count:]


def read_members(file: BinaryIO) -> Iterator[bytes]:
    """The text of each whole, undamaged member. RecordingError where a member is torn, damaged or too large."""
    inflate = zlib.decompressobj(GZIP)
    text = bytearray()
    began = False
    while chunk := file.read(1 << 16):
        while chunk:
            began = True
            try:
                text += inflate.decompress(chunk, MEMBER_BYTES + 1 - len(text))
            except zlib.error as error:
                raise RecordingError(f"damaged ({error})") from error
            if len(text) > MEMBER_BYTES:
                raise RecordingError(f"more than {MEMBER_BYTES >> 20} MB in one piece")
            if not inflate.eof:
                break
            yield bytes(text)
            chunk, inflate, text, began = inflate.unused_data, zlib.decompressobj(GZIP), bytearray(), False
    if began:
        raise RecordingError("torn: the writer was stopped, or is still writing")
