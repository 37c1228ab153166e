"""The font files of the strip, in the order in which they are asked for a character.

First those of `screen.fonts`, then the usual places, last the small Latin font that Pillow brings: so there is always
one. Pillow cannot read a font's table of characters; one that draws as the font's "missing" sign, or not at all, counts
as missing. Why which font: docs/decisions/fonts.md. Not here: lines of text (text.py).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import ImageFont, features

CHINESE = ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "")
NOTO = "/usr/share/fonts/opentype/noto/NotoSansCJK-{}.ttc"
USUAL = (  # regular, and bold where it is a file of its own
    CHINESE,
    (NOTO.format("Regular"), NOTO.format("Bold")),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", ""),
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"),
)
NOTO_FACES = {"zh": 2, "ja": 0}  # in the collection: the same character is drawn otherwise in China and in Japan
NEVER_A_CHARACTER = "\U0010fffe"
PROBE_PX = 20
BOLDER = 0.025  # of the size: how much a font without a bold file is thickened on each side
MOST_SIZES = 96  # of all fonts together, kept open
INSTALL = "sudo apt install fonts-wqy-microhei"

Loaded = ImageFont.FreeTypeFont


@dataclass(frozen=True, slots=True)
class FontFile:
    """One font; path "": Pillow's own."""

    path: str
    bold: str = ""
    face: int = 0  # in a collection


BUILT_IN = FontFile("")


class Fonts:
    """Several fonts, asked in turn. Used by one thread."""

    def __init__(self, files: Iterable[FontFile], *, shaped: bool = True) -> None:
        self._files = tuple(files)
        shaper = shaped and features.check("raqm")
        self._engine = ImageFont.Layout.RAQM if shaper else ImageFont.Layout.BASIC
        self._loaded: dict[tuple[int, int, bool], Loaded] = {}
        self._known: dict[tuple[int, str], bool] = {}
        self._missing = [_drawn(self.at(n, PROBE_PX), NEVER_A_CHARACTER) for n in range(len(self._files))]

    def __len__(self) -> int:
        return len(self._files)

    def at(self, number: int, px: int, bold: bool = False) -> Loaded:
        """The font of this number in this size."""
        bold = bold and bool(self._files[number].bold)
        found = self._loaded.get((number, px, bold))
        if found is None:
            if len(self._loaded) >= MOST_SIZES:
                self._loaded.clear()
            found = self._loaded[number, px, bold] = self._load(self._files[number], px, bold)
        return found

    def thicker_px(self, number: int, px: int, bold: bool) -> float:
        """What a bold text of a font without a bold file is thickened by, on each side."""
        return round(px * BOLDER, 1) if bold and not self._files[number].bold else 0.0

    def number_for(self, character: str) -> int | None:
        """The first font that has the character; None: no font has it."""
        return next((n for n in range(len(self._files)) if self.has(n, character)), None)

    def has(self, number: int, character: str) -> bool:
        """Does this font draw it? Spaces and marks that combine with others are drawn by any."""
        known = self._known.get((number, character))
        if known is None:
            known = character.isspace() or unicodedata.category(character) in ("Mn", "Me", "Cf")
            if not known:
                drawn = _drawn(self.at(number, PROBE_PX), character)
                known = any(drawn) and drawn != self._missing[number]
            self._known[number, character] = known
        return known

    def _load(self, file: FontFile, px: int, bold: bool) -> Loaded:
        if not file.path:
            built_in = ImageFont.load_default(px)
            if not isinstance(built_in, Loaded):
                raise TypeError("this Pillow was built without FreeType: install it from its wheel")
            return built_in
        return ImageFont.truetype(file.bold if bold else file.path, px, file.face, layout_engine=self._engine)


def find_fonts(wanted: Iterable[str], language: str) -> tuple[Fonts, tuple[str, ...]]:
    """Those that are there, and what is wrong with those that were named."""
    files, complaints = [], []
    for path in wanted:
        reason = _unusable(path)
        if reason:
            complaints.append(f"screen.fonts: {path} {reason}")
        else:
            files.append(FontFile(path))
    for path, bold in USUAL:
        if path not in wanted and not _unusable(path):
            face = NOTO_FACES.get(language, 0) if "NotoSansCJK" in path else 0
            files.append(FontFile(path, bold if bold and not _unusable(bold) else "", face))
    return Fonts((*files, BUILT_IN)), tuple(complaints)


def _unusable(path: str) -> str | None:
    if not Path(path).is_file():
        return "is not there: correct the path, or leave it out"
    try:
        ImageFont.truetype(path, PROBE_PX)
    except OSError:
        return "is no font that can be read: use a .ttf, .otf or .ttc file"
    return None


def _drawn(font: Loaded, character: str) -> bytes:
    mask = font.getmask(character, mode="L")
    return bytes(mask)
