"""The whole strip as one picture: labels above their lanes, the area for content, the code of the online shelf.

Only labels that changed are drawn again. `complaints` say whatever a shop should know: a label without room, a font
without a character, a code too small. Used by one thread.
Not here: what plays in the content's area (stage.py, playlist.py), when the strip is shown (loop.py).
"""

from __future__ import annotations

import numpy as np

from agent.config.schema import Config
from agent.messages import Label
from agent.screen.card import draw_card
from agent.screen.fonts import INSTALL, Fonts, find_fonts
from agent.screen.geometry import Rect
from agent.screen.label import Drawn, draw_label
from agent.screen.layout import Layout, Place, lay_out
from agent.screen.protocol import Picture
from agent.screen.qr import CodeError, code_modules, draw_code
from agent.screen.saying import write_label
from agent.screen.text import Pen
from agent.screen.theme import Theme
from agent.shelf.labels import labelled
from wire.documents import Item

MOST_NAMED = 12  # characters without a font that a complaint lists
Key = tuple[Label, int, int]


class Face:
    """One strip of this configuration and size. `content`: where content plays, None where there is no room."""

    def __init__(self, config: Config, width: int, height: int, fonts: Fonts | None = None) -> None:
        self._config, self._width, self._height = config, width, height
        found, self._font_complaints = (fonts, ()) if fonts else find_fonts(config.screen.fonts, config.store.language)
        self._pen = Pen(found)
        self._theme = Theme.of(config.screen)
        self._drawn: dict[Key, Drawn] = {}
        self._labels: tuple[Label, ...] = ()
        self._code_complaints, self._modules = _modules(config.screen.link)
        self._places = tuple(Place(lane.name, lane.left_m, lane.right_m) for lane in labelled(config))
        self._layout = self._laid_out()
        self._picture = self._whole()

    @property
    def content(self) -> Rect | None:
        """Stays where it is as long as the lanes do."""
        return self._layout.content

    @property
    def complaints(self) -> tuple[str, ...]:
        """Sentences, of the strip as it is now."""
        found = [*self._font_complaints, *self._code_complaints, *self._layout.complaints]
        for label, rect in zip(self._labels, self._layout.labels, strict=False):
            if rect is not None:
                drawn = self._drawn[label, rect.width, rect.height]
                found += [f'label of lane "{label.lane}": {sentence}' for sentence in drawn.complaints]
        if self._pen.missing:
            some = "".join(sorted(self._pen.missing)[:MOST_NAMED])
            found.append(f"no font has {some}: {INSTALL}, or name a font in screen.fonts")
        return tuple(found)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Lanes of which the strip has no label: they are not above it, or there is no room."""
        return tuple(
            label.lane
            for label, rect in zip(self._labels, self._layout.labels, strict=False)
            if rect is None or self._drawn[label, rect.width, rect.height].empty
        )

    def set(self, labels: tuple[Label, ...]) -> None:
        """From here on these are the labels."""
        places = tuple(Place(label.lane, label.left_m, label.right_m) for label in labels)
        self._labels = labels
        if places != self._places:
            self._places = places
            self._layout = self._laid_out()
        wanted = [(x, r) for x, r in zip(labels, self._layout.labels, strict=True) if r is not None]
        keys = {(label, rect.width, rect.height) for label, rect in wanted}
        self._drawn = {key: drawn for key, drawn in self._drawn.items() if key in keys}
        for label, width, height in keys - set(self._drawn):
            text = write_label(label, self._config.store, self._pen)
            self._drawn[label, width, height] = draw_label(text, width, height, self._theme, self._pen)
        self._picture = self._whole()

    def picture(self) -> Picture:
        """The strip (height, width, 3), a copy; the content's area is empty."""
        return self._picture.copy()

    def card(self, item: Item, code: str | None = None) -> Picture:
        """An item without a file, as large as the content's area; `code`: the text of its code, else its link.
        CodeError where the code would be too small to be read, ValueError where nothing can play at all."""
        if self.content is None:
            raise ValueError("the strip has no area for content: mend screen.content")
        said = item.coupon.says if item.coupon is not None else ""
        lines = (item.headline or said, item.line or (said if item.headline else ""))
        width, height = self.content.width, self.content.height
        return draw_card(lines, code or item.link, width, height, self._theme, self._pen)

    def _laid_out(self) -> Layout:
        return lay_out(self._places, self._width, self._height, self._config.screen, self._modules)

    def _whole(self) -> Picture:
        picture = np.empty((self._height, self._width, 3), np.uint8)
        picture[:] = self._theme.ground
        for label, rect in zip(self._labels, self._layout.labels, strict=False):
            if rect is not None:
                picture[rect.top : rect.bottom, rect.left : rect.right] = self._drawn[
                    label, rect.width, rect.height
                ].picture
        if self._layout.code is not None:
            code = self._layout.code
            _put(picture, draw_code(self._config.screen.link, min(code.width, code.height)), code.left, code.top)
        return picture


def _put(picture: Picture, part: Picture, left: int, top: int) -> None:
    picture[top : top + part.shape[0], left : left + part.shape[1]] = part


def _modules(link: str) -> tuple[tuple[str, ...], int]:
    """Of the code of the online shelf; 0 for none."""
    if not link:
        return (), 0
    try:
        return (), code_modules(link)
    except CodeError as error:
        return (f"screen.link: {error}",), 0
