"""The frames of items, ready before anybody asks: from their files, or set as a card where there is none.

First frames are made when content arrives, answers before the loop, so that nothing is decoded between a decision and
its pixels. Later frames of an animation are decoded as it plays, and kept where they fit. All within `most_bytes`: what
was not used for longest goes first, later frames before first ones, the loop's before the answers'.
Not here: decoding (pictures.py), cards (face.py), when they play (programme.py).
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from agent.screen.containers import PictureError
from agent.screen.coupon import text_like
from agent.screen.pictures import Frame, Look, frames
from agent.screen.protocol import Picture
from wire.documents import Item

MOST_BYTES = 16_000_000  # 35 first frames of 1920 x 79, or 170 of 480 x 64
CLIP_BYTES = 8_000_000  # of one animation whose frames are all kept

Card = Callable[[Item, str | None], Picture]
PathOf = Callable[[str], Path | None]

log = logging.getLogger(__name__)


class Clip:
    """The frames of one item. Those decoded so far are kept while they are few."""

    def __init__(self, item: Item, source: Callable[[], Iterator[Frame]]) -> None:
        """PictureError where there is no first frame."""
        self.item, self._source = item, source
        self._kept: list[Frame] = []
        self._whole = False
        for frame in source():
            self._kept.append(frame)
            self._whole = frame.hold_s is None
            break
        if not self._kept:
            raise PictureError("the picture has no frame")

    @property
    def first(self) -> Picture:
        return self._kept[0].picture

    @property
    def bytes(self) -> int:
        return sum(frame.picture.nbytes for frame in self._kept)

    def play(self) -> Iterator[Frame]:
        """Frame after frame, an animation over and over again; each is decoded when it is asked for. PictureError."""
        while True:
            if self._whole:
                yield from self._kept
            else:
                yield from self._decoded()
            if self._kept[0].hold_s is None:
                return

    def forget_rest(self) -> None:
        """Keeps the first frame alone."""
        self._whole = self._whole and len(self._kept) == 1
        del self._kept[1:]

    def _decoded(self) -> Iterator[Frame]:
        """The first frame at once, as it is there; the others from the file, kept where they fit."""
        kept, fits = [self._kept[0]], True
        yield kept[0]
        for index, frame in enumerate(self._source()):
            if index:
                yield frame
                fits = fits and (len(kept) + 1) * frame.picture.nbytes <= CLIP_BYTES
                kept = [*kept, frame] if fits else kept[:1]
        if fits:
            self._kept, self._whole = kept, True


class Clips:
    """The clips of the content in force."""

    def __init__(self, look: Look, card: Card, most_bytes: int = MOST_BYTES) -> None:
        self._look, self._card, self._most_bytes = look, card, most_bytes
        self._items: dict[str, Item] = {}
        self._path_of: PathOf = lambda sha256: None
        self._ready: OrderedDict[str, Clip] = OrderedDict()  # the least recently used first
        self._waiting: deque[Item] = deque()
        self._silent: set[str] = set()  # items that were said to be broken
        self.broken: set[str] = set()

    def set(self, items: tuple[Item, ...], path_of: PathOf) -> None:
        """The content from here on. Clips of items that are as they were are kept."""
        before, self._items = self._items, {item.name: item for item in items}
        self._path_of, self.broken = path_of, set()
        for name in [name for name in self._ready if self._items.get(name) != before.get(name)]:
            del self._ready[name]
        self._silent = {name for name in self._silent if self._items.get(name) == before.get(name)}
        answers_first = sorted(items, key=lambda item: item.plays != "answer")
        self._waiting = deque(x for x in answers_first if x.name not in self._ready)

    def item(self, name: str) -> Item | None:
        return self._items.get(name)

    def get(self, item: Item, code: str | None = None) -> Clip | None:
        """Its frames; None where it cannot be drawn, which is said once. With a `code` they are for this time only."""
        if code is None and item.name in self._ready:
            self._ready.move_to_end(item.name)
            return self._ready[item.name]
        clip = self._made(item, code)
        if clip is not None and code is None:
            self._ready[item.name] = clip
            self.trim()
        return clip

    def prepare(self) -> bool:
        """Makes one first frame ahead of its time. False: there is nothing to make, or no room for it."""
        if not self._waiting or self.bytes + self._frame_bytes > self._most_bytes:
            return False
        item = self._waiting.popleft()
        if item.coupon is not None:  # whether its code has room, before a shopper waits for it
            self.get(item, text_like(item.coupon))
        elif item.name not in self._ready:
            self.get(item)
        return True

    def broke(self, item: Item, error: PictureError) -> None:
        """It could not be drawn: left out until the content changes, or its file may have come back."""
        self.broken.add(item.name)
        self._ready.pop(item.name, None)
        if item.name not in self._silent:
            self._silent.add(item.name)
            log.warning("content %s is left out: %s", item.name, error)

    def trim(self) -> None:
        """Down to the bound, but for the newest; animations grow while they play."""
        spare = self.bytes - self._most_bytes
        for clip in list(self._ready.values())[:-1] if spare > 0 else []:
            before = clip.bytes
            clip.forget_rest()
            spare -= before - clip.bytes
            if spare <= 0:
                return
        for answers in (False, True) if spare > 0 else ():
            for name, clip in list(self._ready.items())[:-1]:
                if spare > 0 and (clip.item.plays == "answer") is answers:
                    del self._ready[name]
                    spare -= clip.bytes

    @property
    def bytes(self) -> int:
        return sum(clip.bytes for clip in self._ready.values())

    @property
    def _frame_bytes(self) -> int:
        return 3 * self._look.width_px * self._look.height_px

    def _made(self, item: Item, code: str | None) -> Clip | None:
        try:
            return Clip(item, self._source(item, code))
        except PictureError as error:
            self.broke(item, error)
            return None

    def _source(self, item: Item, code: str | None) -> Callable[[], Iterator[Frame]]:
        if item.asset is None:
            card = self._card(item, code)
            return lambda: iter((Frame(card, None),))
        path = self._path_of(item.asset)
        if path is None:
            raise PictureError("its file is not on the device")
        if code is not None:
            beside = self._beside_code(item, code, path)
            return lambda: iter((Frame(beside, None),))
        return lambda: frames(path, self._look)

    def _beside_code(self, item: Item, code: str, path: Path) -> Picture:
        """The picture where a card has its words, small enough that nothing of it is under the code."""
        card, look = self._card(item, code), self._look
        wide = look.width_px >= look.height_px
        square = look.height_px if wide else min(look.width_px, look.height_px // 2)
        width, height = (look.width_px - square, look.height_px) if wide else (look.width_px, look.height_px - square)
        room = replace(look, width_px=width, height_px=height)
        card[:height, :width] = next(frames(path, room)).picture
        return card
