"""One file on its way: parts in any order, doubled, cut off by a power cut, until they make the file that was meant.

Two files a download: `<sha256>.part` holds the bytes in their places, `<sha256>.parts` a line for each part that was
written: its number and CRC-32. Nothing is synced on the way, which would wear the card: at the next start a part counts
only if its bytes still have their CRC, whatever order the disk chose to write in; all others are asked for again. At
the end the sha256 of the whole decides.
Not here: which parts to ask for (window.py), where whole files are kept (assets.py).
"""

from __future__ import annotations

import hashlib
import os
import zlib
from contextlib import suppress
from pathlib import Path

from wire.documents import Asset
from wire.limits import MAX_ASSET_BYTES, PART_BYTES

JOURNAL_BYTES = 65_536  # read of a journal: the largest file has 256 parts, a line 12 bytes; doubles are not written
DATA, JOURNAL = ".part", ".parts"
CHUNK_BYTES = 1 << 18


class PartialFile:
    """Of `asset`, in `folder`. OSError of any method: the disk refuses. Used by one thread."""

    def __init__(self, folder: Path, asset: Asset) -> None:
        if not 1 <= asset.bytes <= MAX_ASSET_BYTES:
            raise ValueError(f"a file of {asset.bytes} bytes; {MAX_ASSET_BYTES} are the most")
        self.asset = asset
        self.parts = parts_of(asset)
        self._data = folder / (asset.sha256 + DATA)
        self._journal = folder / (asset.sha256 + JOURNAL)
        self._there = self._recall()

    @property
    def missing(self) -> list[int]:
        """Numbers of the parts that are still wanted, in order."""
        return [part for part in range(self.parts) if part not in self._there]

    @property
    def bytes_there(self) -> int:
        return sum(self.length(part) for part in self._there)

    def length(self, part: int) -> int:
        """How many bytes this part has to have; 0 for one beyond the end."""
        return max(0, min(PART_BYTES, self.asset.bytes - part * PART_BYTES)) if part >= 0 else 0

    def put(self, part: int, body: bytes) -> bool:
        """False for a part that is there already, that the file has not got, or of a wrong length: it changes
        nothing."""
        if part in self._there or not body or len(body) != self.length(part):
            return False
        with os.fdopen(os.open(self._data, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "wb") as data:
            data.seek(part * PART_BYTES)
            data.write(body)
        with self._journal.open("ab") as journal:
            journal.write(b"\n%d %08x\n" % (part, zlib.crc32(body)))  # a line feed first: the last one may be torn
        self._there.add(part)
        return True

    def finish(self) -> Path | None:
        """The whole file, on the medium, under its name on the way; None where it is not the one that was meant: then
        all of it is dropped, as nothing tells which part was wrong."""
        if self.missing:
            raise ValueError(f"{len(self.missing)} parts are missing")
        with self._data.open("rb+") as data:
            data.truncate(self.asset.bytes)
            os.fsync(data.fileno())
        if sha256_of(self._data) != self.asset.sha256:
            self.drop()
            return None
        return self._data

    def drop(self) -> None:
        """Nothing of it is left."""
        self._there.clear()
        drop(self._data.parent, self.asset.sha256)

    def _recall(self) -> set[int]:
        """The parts of an earlier run whose bytes are as they were written."""
        there: set[int] = set()
        with suppress(OSError, ValueError), self._journal.open("rb") as journal, self._data.open("rb") as data:
            for line in journal.read(JOURNAL_BYTES).split(b"\n"):
                number, _, crc = line.partition(b" ")
                if not (number.isdigit() and len(number) <= 6 and len(crc) == 8):
                    continue
                part = int(number)
                data.seek(part * PART_BYTES)
                body = data.read(self.length(part))
                if body and len(body) == self.length(part) and crc == b"%08x" % zlib.crc32(body):
                    there.add(part)
        return there


def parts_of(asset: Asset) -> int:
    """How many parts the file has."""
    return -(-asset.bytes // PART_BYTES)


def drop(folder: Path, sha256: str) -> None:
    """Removes what was there of a download; OSError where the disk refuses."""
    for suffix in (JOURNAL, DATA):
        with suppress(FileNotFoundError):
            (folder / (sha256 + suffix)).unlink()


def sha256_of(path: Path) -> str:
    """Of a file, read piece by piece; OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()
