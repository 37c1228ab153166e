"""Files of content and models by their hash, in one folder of bounded size; the least recently used goes first.

A file is used only after its bytes were held to its name in this boot: whatever a power cut or a worn card made of it,
a damaged one is dropped and loaded again. What documents in force, before or on trial need is kept; room is made of the
rest, and so much of the disk stays free that the outbox never stands at its end.
Not here: how files come (download.py), which are needed (keeper.py).
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from agent.documents.findings import finding
from agent.documents.partial import sha256_of
from agent.files import sync_directory
from agent.recording.disk import free_bytes
from wire.documents import Asset
from wire.reported import Finding

RESERVE_BYTES = 64 << 20  # left free on the disk: twice what a recording leaves, so that the two do not take turns
NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)

log = logging.getLogger(__name__)


class AssetCache:
    """Of any thread. Nothing here raises for what lies on the disk; `add` raises OSError where the disk refuses."""

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        *,
        free: Callable[[Path], int] = free_bytes,
        reserve_bytes: int = RESERVE_BYTES,
    ) -> None:
        self.folder = folder
        self.max_bytes = max_bytes  # may be set anew; it holds from the next file on
        self._free = free
        self._reserve_bytes = reserve_bytes
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._verified: set[str] = set()
        self._kept: frozenset[str] = frozenset()
        self._look()

    def path(self, sha256: str) -> Path | None:
        """The file, if it is whole and was verified in this boot. Costs nothing."""
        return self.folder / sha256 if sha256 in self._verified else None

    def size(self, sha256: str) -> int | None:
        """Of a file on the disk, verified or not."""
        with self._lock:
            return self._sizes.get(sha256)

    def has(self, asset: Asset) -> bool:
        """Verified, and as long as the document says."""
        return asset.sha256 in self._verified and self.size(asset.sha256) == asset.bytes

    def total_bytes(self) -> int:
        with self._lock:
            return sum(self._sizes.values())

    def verify(self, sha256: str) -> bool:
        """Holds the file to its name, once in this boot; reads all of it. False: there is none, or it was dropped."""
        if sha256 in self._verified:
            return True
        if self.size(sha256) is None:
            return False
        try:
            whole = sha256_of(self.folder / sha256) == sha256
        except OSError as error:
            log.warning("file %s cannot be read: %s", sha256[:12], error)
            whole = False
        with self._lock:
            if whole and sha256 in self._sizes:
                self._verified.add(sha256)
                return True
        if not whole:
            log.warning("file %s is damaged and dropped; it is loaded again where it is wanted", sha256[:12])
            self._drop(sha256)
        return False

    def add(self, sha256: str, file: Path) -> Path:
        """Takes over a file that is whole, verified and synced, on the same disk. OSError."""
        place = self.folder / sha256
        size = file.stat().st_size
        file.replace(place)
        sync_directory(self.folder)
        with self._lock:
            self._sizes[sha256] = size
            self._verified.add(sha256)
        return place

    def keep(self, needed: Iterable[str]) -> None:
        """Only these may not go. All of them count as used now."""
        needed = frozenset(needed)
        for sha256 in sorted(needed ^ self._kept):
            with suppress(OSError):
                os.utime(self.folder / sha256)
        self._kept = needed

    def fits(self, wanted: tuple[Asset, ...], kept: tuple[Asset, ...]) -> list[Finding]:
        """Why `wanted` has no room beside `kept`; empty: there is room, once what is not needed has gone."""
        if not wanted:
            return []
        findings = [
            finding("", f"file {a.sha256[:12]} has {size} bytes, the document says {a.bytes}", "correct its `bytes`")
            for a in wanted
            if (size := self.size(a.sha256)) is not None and size != a.bytes and a.sha256 in self._verified
        ]
        needed = {asset.sha256: asset.bytes for asset in (*kept, *wanted)}
        beside = sum({a.sha256: a.bytes for a in kept}.values())
        if (total := sum(needed.values())) > self.max_bytes:
            findings.append(
                finding(
                    "",
                    f"its files take {_mb(total - beside)} MB beside {_mb(beside)} MB that are needed as well; "
                    f"{_mb(self.max_bytes)} MB are the most",
                    "raise documents.cache_mb, or send fewer or smaller files",
                )
            )
        room = self._room(frozenset(needed))
        missing = sum({a.sha256: a.bytes for a in wanted if self.size(a.sha256) is None}.values())
        if missing > room:
            findings.append(
                finding(
                    "",
                    f"{_mb(missing)} MB are to be loaded, and the disk has {_mb(max(0, room))} MB for them with "
                    f"{_mb(self._reserve_bytes)} MB left free",
                    "free some of the disk, or send fewer or smaller files",
                )
            )
        return findings

    def make_room(self, wanted_bytes: int) -> bool:
        """Drops the least recently used of what is not kept until so many more bytes have room, here and on the disk;
        False where that is not enough."""
        for sha256 in (*self._idle(), None):
            if self.total_bytes() + wanted_bytes <= self.max_bytes and self._disk_bytes() >= wanted_bytes:
                return True
            if sha256 is not None:
                log.info("file %s makes room", sha256[:12])
                self._drop(sha256)
        return False

    def _room(self, needed: frozenset[str]) -> int:
        """Bytes that the disk has for new files once all goes that is not needed."""
        with self._lock:
            idle = sum(size for sha256, size in self._sizes.items() if sha256 not in needed)
        return self._disk_bytes() + idle

    def _disk_bytes(self) -> int:
        try:
            return self._free(self.folder) - self._reserve_bytes
        except OSError:
            return 0

    def _idle(self) -> list[str]:
        """What is not kept, the least recently used first."""

        def used_s(sha256: str) -> float:
            with suppress(OSError):
                return (self.folder / sha256).stat().st_mtime
            return 0.0

        with self._lock:
            idle = [sha256 for sha256 in self._sizes if sha256 not in self._kept]
        return sorted(idle, key=lambda sha256: (used_s(sha256), sha256))

    def _drop(self, sha256: str) -> None:
        with self._lock:
            self._sizes.pop(sha256, None)
            self._verified.discard(sha256)
        with suppress(OSError):
            (self.folder / sha256).unlink()

    def _look(self) -> None:
        """What an earlier run left; only plain files that are named as ours are."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for entry in os.scandir(self.folder):
                if NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    self._sizes[entry.name] = entry.stat(follow_symlinks=False).st_size
        except OSError as error:
            log.warning("%s cannot be used for files of content and models: %s", self.folder, error)


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f}"
