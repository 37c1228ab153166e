"""Brings the files that documents need from the broker, part by part; the thread "assets".

    uplink --part--> bounded queue --> PartialFile --> AssetCache        wanted <-- Window

What is there already is verified, what is missing is asked for, a window of parts at once. A file whose parts make
another than was meant is dropped, said, and tried again later and later; a disk that refuses gives a pause. What plays
meanwhile is none of this file's business: nothing is put in force here (keeper.py).
"""

from __future__ import annotations

import logging
import math
import queue
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.documents.assets import AssetCache
from agent.documents.partial import DATA, JOURNAL, PartialFile, drop
from agent.documents.protocol import Beat
from agent.documents.window import WINDOW, Window
from wire.documents import Asset
from wire.reported import Finding
from wire.topics import Topics

QUEUED_MOST = 2 * WINDOW  # parts between uplink and disk: a megabyte
AGAIN_S = 30.0  # after a file that was wrong, twice as long each time
AGAIN_MOST_S = 3600.0
DISK_AGAIN_S = 30.0
TELL_S = 2.0  # progress is told so often
LOOK_S = 1.0
FOR_NOW = math.inf

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rest:
    """A file that was wrong and is not asked for until then; FOR_NOW: it is asked for once more."""

    until_s: float
    pause_s: float


class Download:
    """Implements Files (protocol.py) for the keeper; `part` and `wanted` are the uplink's (ears.py). `tell`: a file has
    become whole, or news of the way; `ask`: other parts are wanted now. Both are called in the thread "assets"."""

    def __init__(
        self,
        cache: AssetCache,
        topics: Topics,
        *,
        tell: Callable[[], None],
        ask: Callable[[], None],
        beat: Beat = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache, self._topics = cache, topics
        self._tell, self._ask, self._beat, self._clock = tell, ask, beat, clock
        self._queue: queue.Queue[tuple[str, int, bytes] | None] = queue.Queue(QUEUED_MOST)
        self._stopping = False
        self._order: tuple[Asset, ...] = ()  # wanted, each once; set by the keeper's thread
        self._kept: tuple[Asset, ...] = ()  # verified, too, but not loaded
        self._taken: tuple[Asset, ...] | None = ()  # the order that is being carried out; None: begin it anew
        self._open: dict[str, PartialFile] = {}
        self._there: dict[str, int] = {}  # bytes of files on the way; read by any thread
        self._troubles: dict[str, str] = {}  # read by any thread
        self._rests: dict[str, Rest] = {}
        self._window = Window()
        self._wanted: frozenset[str] = frozenset()
        self._pause_until_s = 0.0
        self._told_s = 0.0
        self._news = False

    # Of the uplink's thread

    def wanted(self) -> frozenset[str]:
        """Topics of the parts to subscribe to."""
        return self._wanted

    def part(self, sha256: str, part: int, body: bytes) -> None:
        """One part; dropped where the disk does not keep up, and asked for again."""
        try:
            self._queue.put_nowait((sha256, part, body))
        except queue.Full:
            log.debug("part %d of %s is dropped: the disk does not keep up", part, sha256[:12])

    # Of the keeper's thread

    def fits(self, wanted: tuple[Asset, ...], kept: tuple[Asset, ...]) -> list[Finding]:
        return self._cache.fits(wanted, kept)

    def want(self, wanted: Mapping[str, tuple[Asset, ...]], kept: tuple[Asset, ...]) -> None:
        assets = [asset for kind in sorted(wanted) for asset in wanted[kind]]
        self._cache.keep(asset.sha256 for asset in (*assets, *kept))
        self._order, self._kept = tuple({asset.sha256: asset for asset in assets}.values()), kept
        self._wake()

    def missing(self, assets: tuple[Asset, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(asset.sha256 for asset in assets if not self._cache.has(asset)))

    def progress(self, assets: tuple[Asset, ...]) -> float:
        there = self._there
        whole = sum(asset.bytes for asset in assets)
        done = sum(a.bytes if self._cache.has(a) else min(a.bytes, there.get(a.sha256, 0)) for a in assets)
        return done / whole if whole else 1.0

    def cache_bytes(self) -> int:
        return self._cache.total_bytes()

    def troubles(self, assets: tuple[Asset, ...]) -> list[Finding]:
        """What stands in the way of these; it is tried again all the same."""
        troubles = self._troubles
        return [Finding(path="", reason=troubles[a.sha256]) for a in assets if a.sha256 in troubles]

    # The thread "assets"

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopping:
            self._beat()
            busy = self.step(self._clock())
            try:
                piece = self._queue.get(block=not busy, timeout=LOOK_S)
            except queue.Empty:
                continue
            if piece is not None:
                self._take(*piece, self._clock())

    def stop(self) -> None:
        """From any thread; `run` returns within a second."""
        self._stopping = True
        self._wake()

    def step(self, now_s: float) -> bool:
        """One round, without waiting: new orders, one file verified, the window moved on. True: there is more to do."""
        if self._order != self._taken and now_s >= self._pause_until_s:
            self._take_order(self._order, now_s)
        busy = self._verify_one(now_s)
        for sha256 in [s for s, rest in self._rests.items() if now_s >= rest.until_s and s in self._open]:
            self._ask_for(sha256, now_s)
        asked = () if now_s < self._pause_until_s else self._window.turn(now_s)
        wanted = frozenset(self._topics.asset(sha256, part) for sha256, part in asked)
        if wanted != self._wanted:
            self._wanted = wanted
            self._ask()
        if self._news and now_s - self._told_s >= TELL_S:
            self._tell_now(now_s)
        return busy

    def _take_order(self, order: tuple[Asset, ...], now_s: float) -> None:
        """What nobody wants any more is forgotten; what an earlier run began goes on."""
        self._taken = order
        self._news = True
        self._open.clear()
        self._window.want((), now_s)
        shas = {asset.sha256 for asset in order}
        self._troubles = {sha256: trouble for sha256, trouble in self._troubles.items() if sha256 in shas}
        self._rests = {sha256: rest for sha256, rest in self._rests.items() if sha256 in shas}
        self._sweep(shas)
        for asset in order:
            if not self._cache.has(asset) and self._cache.size(asset.sha256) is None:
                self._begin(asset, now_s)
        self._there = {sha256: file.bytes_there for sha256, file in self._open.items()}

    def _begin(self, asset: Asset, now_s: float) -> None:
        self._open[asset.sha256] = PartialFile(self._cache.folder, asset)
        rest = self._rests.get(asset.sha256)
        if rest is None or rest.until_s == FOR_NOW:
            self._ask_for(asset.sha256, now_s)

    def _ask_for(self, sha256: str, now_s: float) -> None:
        file = self._open[sha256]
        if rest := self._rests.get(sha256):
            self._rests[sha256] = Rest(FOR_NOW, rest.pause_s)
        self._window.add(((sha256, part) for part in file.missing), now_s)
        if not file.missing:
            self._finish(file, now_s)

    def _verify_one(self, now_s: float) -> bool:
        """Holds the next file that lies there from an earlier boot to its name. True: there may be more."""
        for asset in (*(self._taken or ()), *self._kept):
            if self._cache.path(asset.sha256) is None and self._cache.size(asset.sha256) is not None:
                if self._cache.verify(asset.sha256):
                    self._tell_now(now_s)
                else:
                    self._taken = None  # it was damaged, and is to be loaded
                return True
            if (size := self._cache.size(asset.sha256)) is not None and size != asset.bytes:
                self._trouble(asset, f"it has {size} bytes, and not {asset.bytes} as the document says")
        return False

    def _take(self, sha256: str, part: int, body: bytes, now_s: float) -> None:
        file = self._open.get(sha256)
        if file is None:
            return
        if len(body) != file.length(part):
            self._trouble(
                file.asset, f"part {part} has {len(body)} bytes, and not {file.length(part)}: publish it anew"
            )
            return
        try:
            if not file.bytes_there and not self._cache.make_room(self._begun_bytes() + file.asset.bytes):
                self._disk_refuses(file.asset, "no room is left on the disk or in the cache", now_s)
                return
            file.put(part, body)
        except OSError as error:
            self._disk_refuses(file.asset, str(error.strerror), now_s)
            return
        self._window.came((sha256, part), now_s)
        self._there[sha256] = file.bytes_there
        self._news = True
        if not file.missing:
            self._finish(file, now_s)

    def _finish(self, file: PartialFile, now_s: float) -> None:
        """All parts are there: is it the file that was meant?"""
        asset = file.asset
        try:
            whole = file.finish()
            if whole is not None:
                self._cache.add(asset.sha256, whole)
                file.drop()
        except OSError as error:
            self._disk_refuses(asset, str(error.strerror), now_s)
            return
        if whole is None:
            self._was_wrong(asset, now_s)
            return
        del self._open[asset.sha256]
        self._there.pop(asset.sha256, None)
        self._rests.pop(asset.sha256, None)
        self._troubles.pop(asset.sha256, None)
        log.info("file %s is whole, %d bytes", asset.sha256[:12], asset.bytes)
        self._tell_now(now_s)

    def _was_wrong(self, asset: Asset, now_s: float) -> None:
        before = self._rests.get(asset.sha256)
        pause_s = AGAIN_S if before is None else min(AGAIN_MOST_S, 2 * before.pause_s)
        self._rests[asset.sha256] = Rest(now_s + pause_s, pause_s)
        self._there[asset.sha256] = 0
        self._trouble(asset, f"its parts make another file than this; publish it anew (again in {pause_s:.0f} s)")

    def _begun_bytes(self) -> int:
        """What the files on the way will take, of the cache at most."""
        return sum(file.asset.bytes for file in self._open.values() if file.bytes_there)

    def _disk_refuses(self, asset: Asset, why: str, now_s: float) -> None:
        """All wait for a while; what has been written stays and is verified when it goes on."""
        self._pause_until_s = now_s + DISK_AGAIN_S
        self._taken = None  # begin again behind the pause, with what the disk has
        self._trouble(asset, f"it cannot be stored: {why}; tried again in {DISK_AGAIN_S:.0f} s")

    def _trouble(self, asset: Asset, why: str) -> None:
        sentence = f"file {asset.sha256[:12]}: {why}"
        if self._troubles.get(asset.sha256) != sentence:
            log.warning("%s", sentence)
            self._troubles = {**self._troubles, asset.sha256: sentence}
            self._news = True

    def _sweep(self, wanted: set[str]) -> None:
        """Removes what was begun and is not wanted any more."""
        try:
            names: list[Path] = [p for p in self._cache.folder.iterdir() if p.suffix in (DATA, JOURNAL)]
            for path in names:
                if path.stem not in wanted:
                    drop(self._cache.folder, path.stem)
        except OSError as error:
            log.warning("files that nobody wants any more stay: %s", error)

    def _tell_now(self, now_s: float) -> None:
        self._told_s, self._news = now_s, False
        self._tell()

    def _wake(self) -> None:
        with suppress(queue.Full):  # it is awake
            self._queue.put_nowait(None)
