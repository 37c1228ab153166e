"""Writes lines of mixed Chinese and Latin, and makes them fit.

A line is cut into runs, each in the first font that has its characters; what no font has is left out and remembered in
`missing`, so that it can be said: there are no boxes on a price label. Shaping is raqm's where Pillow has it.
Not here: font files (fonts.py), what is written where (label.py, card.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageDraw

from agent.screen.colours import RGB
from agent.screen.fonts import Fonts

LINE = 1.22  # from one baseline to the next, in sizes
ASCENT = 0.88  # of the size: from the top of a Chinese character to its baseline
DIGIT = 0.74  # of the size: height of a digit, about; of the fonts named in fonts.py none is higher
SMALLEST_PX = 11  # of any text: Chinese characters fill up below it
MEASURED_PX = 40  # a size whose advances are hardly rounded
ELLIPSIS = "\u2026"
CJK = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
PIECES = re.compile(  # what a line may end behind; a no-break space is no end
    r"[0-9][0-9.,]*[毫千公]?[克升斤米片包支个枚本袋瓶罐盒条]"  # 80克 stays together
    rf"|[{CJK}][、。，．）」』：；？！·ー]*"  # a Chinese character, with what may not begin a line
    rf"|[^ \t\u3000{CJK}]+|[ \t\u3000]+"
)


def sizes(largest: float, smallest: int) -> Iterator[int]:
    """The sizes that are used, downwards: a few, so that labels look alike and few are opened."""
    for px in range(int(largest), smallest - 1, -1):
        if px <= 24 or (px <= 48 and px % 2 == 0) or px % 4 == 0:
            yield px


@dataclass(frozen=True, slots=True)
class Lines:
    """Text in lines of one size. `cut`: it ends in an ellipsis."""

    px: int
    lines: tuple[str, ...]
    cut: bool

    @property
    def height(self) -> float:
        """Of all lines, from the top of the first to the foot of the last."""
        return self.px * (1.0 + LINE * (len(self.lines) - 1))


class Pen:
    """Measures and writes. `missing` collects characters that no font has."""

    def __init__(self, fonts: Fonts) -> None:
        self.fonts = fonts
        self.missing: set[str] = set()
        self._runs = lru_cache(maxsize=512)(self._cut_into_runs)
        self._extents = lru_cache(maxsize=512)(self._measure_extent)
        self._widths = lru_cache(maxsize=4096)(self._measure)

    def can(self, text: str) -> bool:
        """Is there a font for each of its characters?"""
        return all(self.fonts.number_for(character) is not None for character in text)

    def width(self, text: str, px: int, bold: bool = False) -> float:
        """In pixels."""
        return self._widths(text, px, bold)

    def about(self, text: str, px: int, bold: bool = False) -> float:
        """The same, to a pixel or two: taken from one size, since each size of a font that is opened costs memory."""
        return self._widths(text, MEASURED_PX, bold) * px / MEASURED_PX

    def extent(self, text: str, bold: bool = False) -> tuple[float, float]:
        """How far its ink reaches above and below the line, in sizes."""
        return self._extents(text, bold)

    def write(
        self, draw: ImageDraw.ImageDraw, left: float, baseline: float, text: str, px: int, ink: RGB, bold: bool = False
    ) -> float:
        """Writes one line and returns where it ends."""
        for number, run in self._runs(text):
            font, thicker = self.fonts.at(number, px, bold), self.fonts.thicker_px(number, px, bold)
            draw.text(
                (round(left + thicker), baseline), run, ink, font, anchor="ls", stroke_width=thicker, stroke_fill=ink
            )
            left += font.getlength(run) + 2 * thicker
        return left

    def lines(self, text: str, width: float, height: float, largest: int, smallest: int, most: int) -> Lines | None:
        """The text in at most `most` lines, as large as fits; cut in the smallest size where it must be. None where
        not even some of it can stand there."""
        for px in sizes(min(largest, int(height)), smallest):
            count = min(most, 1 + int((height / px - 1.0) / LINE + 1e-9))
            lines = self._wrapped(text, width, px)
            fits = len(lines) <= count and all(self.about(line, px) <= width for line in lines)
            if fits and all(self.width(line, px) <= width for line in lines):
                return Lines(px, tuple(lines), cut=False)
        if smallest > height:
            return None
        count = min(most, 1 + int((height / smallest - 1.0) / LINE + 1e-9))
        return self._cut(text, width, smallest, count)

    def _wrapped(self, text: str, width: float, px: int) -> list[str]:
        """Lines that are about so wide; a piece that is wider stands alone."""
        lines, line = [], ""
        for piece in PIECES.findall(text):
            if line and self.about((line + piece).rstrip(), px) > width:
                lines.append(line.strip())
                line = ""
            line += piece if line else piece.lstrip()
        return [*lines, line.strip()] if line.strip() else lines

    def _cut(self, text: str, width: float, px: int, most: int) -> Lines | None:
        lines: list[str] = []
        rest = text.strip()
        while rest and len(lines) < most:
            last = len(lines) == most - 1
            taken = self._prefix(rest, width, px, ELLIPSIS if last else "")
            if not taken:
                return None
            if not last and len(taken) < len(rest):
                taken = _whole_pieces(taken, rest)
            left = rest[len(taken) :].lstrip()
            lines.append(taken.rstrip() + (ELLIPSIS if last and left else ""))
            rest = left
        return Lines(px, tuple(lines), cut=True) if lines else None

    def _prefix(self, text: str, width: float, px: int, tail: str) -> str:
        """As many characters as fit; with `tail` behind them where they are not all."""
        if self.width(text, px) <= width:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self.width(text[:middle].rstrip() + tail, px) <= width
            low, high = (middle, high) if fits else (low, middle - 1)
        return text[:low]

    def _measure(self, text: str, px: int, bold: bool) -> float:
        total = 0.0
        for number, run in self._runs(text):
            total += self.fonts.at(number, px, bold).getlength(run) + 2 * self.fonts.thicker_px(number, px, bold)
        return total

    def _measure_extent(self, text: str, bold: bool) -> tuple[float, float]:
        above = below = 0.0
        for number, run in self._runs(text):
            _, top, _, bottom = self.fonts.at(number, MEASURED_PX, bold).getbbox(run, anchor="ls")
            thicker = self.fonts.thicker_px(number, MEASURED_PX, bold)
            above, below = max(above, thicker - top), max(below, bottom + thicker)
        return above / MEASURED_PX, below / MEASURED_PX

    def _cut_into_runs(self, text: str) -> tuple[tuple[int, str], ...]:
        runs: list[tuple[int, str]] = []
        for character in text:
            character = " " if character.isspace() else character  # few fonts have the no-break space
            number = self.fonts.number_for(character)
            if runs and self.fonts.has(runs[-1][0], character) and not character.isalnum():
                number = runs[-1][0]  # a space or a comma is no reason to change
            if number is None:
                self.missing.add(character)
            elif runs and runs[-1][0] == number:
                runs[-1] = (number, runs[-1][1] + character)
            else:
                runs.append((number, character))
        return tuple(runs)


def _whole_pieces(taken: str, text: str) -> str:
    """`taken`, the beginning of `text`, without a piece that it breaks; as it is where it is a single piece."""
    end = 0
    for piece in PIECES.finditer(text):
        if piece.end() > len(taken):
            break
        end = piece.end()
    return taken[:end] or taken
