"""Words for tests of files from the hub: a hub that publishes parts, a line that loses and doubles them, a device with
a cache whose time stands until it is told to pass.

device = Device(tmp_path)
hub.publish(picture)
device.want(picture)
device.run()
assert device.cache.path(picture.asset.sha256).read_bytes() == picture.data
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from outbox_scene import TOPICS

from agent.documents.assets import AssetCache
from agent.documents.download import Download
from wire.documents import Asset
from wire.limits import PART_BYTES


@dataclass(frozen=True)
class File:
    """Somebody's picture, as bytes without meaning."""

    data: bytes

    @property
    def asset(self) -> Asset:
        return Asset(sha256=hashlib.sha256(self.data).hexdigest(), bytes=len(self.data))

    @property
    def sha256(self) -> str:
        return self.asset.sha256

    def parts(self) -> list[bytes]:
        return [self.data[at : at + PART_BYTES] for at in range(0, len(self.data), PART_BYTES)]


def file(size: int, seed: int = 0) -> File:
    return File(random.Random(seed).randbytes(size))


@dataclass
class Hub:
    """What stands retained at the broker."""

    retained: dict[str, bytes] = field(default_factory=dict)

    def publish(self, *files: File, parts: Callable[[int], bool] = lambda part: True) -> None:
        for one in files:
            for part, body in enumerate(one.parts()):
                if parts(part):
                    self.retained[TOPICS.asset(one.sha256, part)] = body


class Device:
    """`lose`: of the parts that are sent to it, these never arrive. Times are seconds of its own clock."""

    def __init__(
        self, folder: Path, hub: Hub, *, max_bytes: int = 100_000_000, free_bytes: int = 1 << 40, reserve_bytes: int = 0
    ) -> None:
        self.hub = hub
        self.now_s = 1000.0
        self.free_bytes = free_bytes
        self.cache = AssetCache(folder, max_bytes, free=lambda _: self.free_bytes, reserve_bytes=reserve_bytes)
        self.told = 0
        self.download = Download(
            self.cache, TOPICS, tell=self._tell, ask=lambda: None, clock=lambda: self.now_s
        )  # run by hand
        self.lose: Callable[[str, int], bool] = lambda sha256, part: False
        self.sent: list[tuple[str, int]] = []
        self.most_asked = 0
        self._asked: frozenset[str] = frozenset()

    def want(self, *files: File, kept: tuple[File, ...] = ()) -> None:
        self.download.want({"content": tuple(f.asset for f in files)}, tuple(f.asset for f in kept))

    def missing(self, *files: File) -> set[str]:
        return set(self.download.missing(tuple(f.asset for f in files)))

    def troubles(self, *files: File) -> list[str]:
        return [x.reason for x in self.download.troubles(tuple(f.asset for f in files))]

    def run(self, seconds: float = 0.0, most: int = 1_000_000) -> None:
        """Until nothing happens any more, and then for so long; at most so many parts are sent."""
        until_s = self.now_s + seconds
        while True:
            while most > 0 and self._turn():
                most -= 1
            if self.now_s >= until_s or most <= 0:
                return
            self.now_s += 1.0

    def send(self, sha256: str, part: int, body: bytes) -> None:
        """Straight into its hands, asked for or not."""
        self.download.part(sha256, part, body)
        self._drain()

    def _turn(self) -> bool:
        """One step; what is newly asked for comes at once. False: nothing happened."""
        busy = self.download.step(self.now_s)
        wanted = self.download.wanted()
        self.most_asked = max(self.most_asked, len(wanted))
        fresh, self._asked = wanted - self._asked, wanted
        for topic in sorted(fresh):
            asset = TOPICS.parse_asset(topic)
            assert asset is not None
            if topic in self.hub.retained and not self.lose(*asset):
                self.sent.append(asset)
                self.download.part(*asset, self.hub.retained[topic])
        return self._drain() or bool(fresh) or busy

    def _drain(self) -> bool:
        pieces = 0
        while not self.download._queue.empty():
            if (piece := self.download._queue.get_nowait()) is not None:
                self.download._take(*piece, self.now_s)
                pieces += 1
        return pieces > 0

    def _tell(self) -> None:
        self.told += 1
