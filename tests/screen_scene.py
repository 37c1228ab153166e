"""A strip under test: the real loop with the real labels on a fake panel, and a clock that the scene moves."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from agent.config.schema import Config, Device, Lane, Screen, Store
from agent.messages import CouponClaim, Label, Labels, Observation, Play, Shown, Tick
from agent.screen.fake import FakePanel
from agent.screen.loop import ScreenLoop
from agent.screen.protocol import Picture
from agent.screen.stage import Stage
from wire.documents import Item

RED, BLUE, GREEN = (200, 20, 30), (10, 30, 200), (20, 160, 60)
COLA, TEA = "06901234567892", "06901234567908"


def config(**screen: Any) -> Config:
    lanes = tuple(
        Lane(name=name, cells=(), gtin=gtin, left_m=left_m, right_m=left_m + 0.3, bottom_m=0.0, top_m=0.3)
        for name, gtin, left_m in (("cola", COLA, 0.0), ("tea", TEA, 0.3))
    )
    return Config(
        device=Device(store="shop", id="d1"),
        lanes=lanes,
        store=Store(country="DE", currency="EUR"),
        screen=Screen(**{"driver": "framebuffer", "device": "fake", **screen}),
    )


def labels(edition: int = 1, cola: str = "1.50") -> Labels:
    def label(lane: str, gtin: str, price: str, left_m: float) -> Label:
        return Label(lane, gtin, lane.title(), price, "", 0.0, "g", "ok", left_m, left_m + 0.3)

    return Labels(edition, (label("cola", COLA, cola, 0.0), label("tea", TEA, "2.00", 0.3)))


def play(content: str, decision: str = "d1-1", seconds: float = 5.0, coupon: CouponClaim | None = None) -> Play:
    return Play(0.0, decision, content, seconds, "hesitation", coupon)


class StripScene:
    """Time passes only by `pass_s` and `turn`."""

    def __init__(self, folder: Path, *, sign: Callable[[bytes], bytes] | None = None, **screen: Any) -> None:
        self.folder, self.now_s, self.beats = folder, 100.0, 0
        self.panel = FakePanel(480, 128, clock=self.clock, wait=self._wait, kept=4000)
        self.told: list[Observation] = []
        self.full = False  # the core takes nothing
        self.stage = Stage()
        self.config = config(**screen)
        self.loop = ScreenLoop(self.config, self.stage, self._put, sign, self._beat, self.clock, self.panel.open)

    def clock(self) -> float:
        return self.now_s

    def content(self, *items: Item) -> None:
        self.stage.content(items, self.path_of)

    def path_of(self, sha256: str) -> Path | None:
        path = self.folder / sha256
        return path if path.exists() else None

    def picture(self, name: str, colour: tuple[int, int, int], form: str = "PNG") -> str:
        """A file in one colour, in the form of the content's area; what an item names it by."""
        return self._kept(name, self._plain(colour), form)

    def animation(self, name: str, *colours: tuple[int, int, int], duration_ms: int = 200) -> str:
        first, *rest = (self._plain(colour) for colour in colours)
        return self._kept(name, first, "WEBP", save_all=True, append_images=rest, duration=duration_ms, lossless=True)

    def turn(self) -> None:
        """One round of the loop, with nothing to wait for."""
        self.loop.turn(0.0)

    def pass_s(self, seconds: float) -> None:
        """The loop runs for so long, and sleeps as it would."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.turn()
            self.now_s = min(end_s, self.now_s + max(0.001, self.loop._wait_s()))
        self.turn()

    def tick(self, wall_s: float | None, offset_s: int | None = 0) -> None:
        self.stage.wall(Tick(self.now_s, wall_s, wall_s is not None, utc_offset_s=offset_s))

    def take(self, kind: type[Any]) -> list[Any]:
        """What of this kind was told since the last time."""
        found = [x for x in self.told if isinstance(x, kind)]
        self.told = [x for x in self.told if not isinstance(x, kind)]
        return found

    def shown(self) -> list[tuple[str, str | None, float]]:
        return [(x.content, x.decision, round(x.visible_s, 1)) for x in self.take(Shown)]

    @property
    def area(self) -> Picture:
        """The pixels of the content's area."""
        return self.part(self.panel.picture)

    def part(self, picture: Picture) -> Picture:
        rect = self.loop._face.content  # type: ignore[union-attr]
        assert rect is not None
        return picture[rect.top : rect.bottom, rect.left : rect.right]

    @property
    def colour(self) -> tuple[int, ...]:
        """In the middle of the area."""
        middle = self.area[self.area.shape[0] // 2, self.area.shape[1] // 2]
        return tuple(int(x) for x in middle)

    def _plain(self, colour: tuple[int, int, int]) -> Image.Image:
        return Image.fromarray(np.full((64, 480, 3), colour, np.uint8))

    def _kept(self, name: str, image: Image.Image, form: str, **more: Any) -> str:
        data = io.BytesIO()
        image.save(data, form, **more)
        sha256 = name.encode().hex().rjust(64, "0")
        (self.folder / sha256).write_bytes(data.getvalue())
        return sha256

    def _put(self, observation: Observation) -> bool:
        if not self.full:
            self.told.append(observation)
        return not self.full

    def _beat(self) -> None:
        self.beats += 1

    def _wait(self, seconds: float) -> None:
        self.now_s += seconds
